import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { testGuest } from './run-guest.ts';

it('adhoc', () => {
  const { guest, run, text } = testGuest({
    memory: Number(process.env.MEM ?? 32),
    swap: Number(process.env.SWAP ?? 0),
    release: process.env.REL ?? '2.4.22',
  });
  for (const p of (process.env.PROG ?? '').split(',')) {
    const [f, ...args] = p.split(' ');
    try {
      console.log(f, run(readFileSync(f), ...args));
    } catch (e) {
      console.log(String(e), (e as Error).stack);
    }
    guest.kernel.checkInvariants();
  }
  console.log(
    text(),
    JSON.stringify([...guest.counts.unknownCalls]),
    guest.tasks.length,
    guest.scheduler.deepest,
    guest.kernel.clock.now / 1e6,
  );
}, 200000);
