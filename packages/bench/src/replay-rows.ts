/** Rows about replaying a recording of a real program through the whole memory manager. */
import { readFileSync } from 'node:fs';
import { EventHub, Replay, traceFromBytes } from '@pagewalk/lab';
import { boot } from '@pagewalk/mm';
import { cpuNs } from './cpu-time.ts';
import type { Row } from './row.ts';

/**
 * CPU time of one recorded page reference: decoding the recording, its system calls, TLB, walk, faults. The second run is
 * measured, on a machine of its own.
 */
function replay(recording: string): number {
  const bytes = readFileSync(new URL(`../../lab/recordings/${recording}.pwt`, import.meta.url));
  let perReference = 0;
  for (let round = 0; round < 2; round++) {
    const kernel = boot({ memory: 2 ** 28, contentFree: true });
    const start = cpuNs();
    const replay = new Replay(kernel, traceFromBytes(bytes), new EventHub(kernel.trace));
    // The hub switches events on; faults by class are not asked for here.
    kernel.trace.on = false;
    while (replay.step(1_000_000));
    perReference = (cpuNs() - start) / replay.references;
  }
  return perReference;
}

export const replayRows: readonly Row[] = ['perl', 'sort'].map((name) => ({
  name: `replay-${name}`,
  what: `replay of ${name}.pwt, per recorded page reference`,
  peer: null,
  goal: { kind: 'none', bound: 0 },
  run: () => replay(name),
}));
