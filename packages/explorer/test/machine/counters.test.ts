import { boot } from '@pagewalk/mm';
import { expect, test } from 'vitest';
import { termOf } from '../../src/glossary/glossary.ts';
import { countersOf } from '../../src/machine/counters.ts';
import { SampleStore } from '../../src/machine/sample-store.ts';

test.each(['2.4.22', '2.4.20', '2.4.0'])('every counter of a machine is explained, %s', (release) => {
  const kernel = boot({ memory: 1024 * 2 ** 20, release, contentFree: true });
  const names = countersOf(kernel).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(termOf(`counter:${name}`)?.name, name).toBe(name);
});

test('samples thin out, and stay at regular turns', () => {
  const kernel = boot({ memory: 16 * 2 ** 20 });
  const samples = new SampleStore();
  for (let turn = 0; turn < 20_000; turn++) if (turn === samples.next) samples.take(kernel, turn);
  expect(samples.turns.length).toBeGreaterThan(500);
  expect(samples.turns.length).toBeLessThanOrEqual(1024);
  expect(samples.turns).toEqual(samples.turns.map((_, i) => i * samples.interval));
  const free = samples.values[samples.names.indexOf('nr_free_pages')];
  expect(free?.at(-1)).toBe(kernel.allocator.nrFreePages());
  samples.truncate(1000);
  expect(samples.turns.at(-1)).toBeLessThanOrEqual(1000);
  expect(samples.values.every((column) => column.length === samples.turns.length)).toBe(true);
});

test.each(['2.4.22', '2.4.0'])('counters are of the machine that is asked about, %s', (release) => {
  const [one, other] = [16, 32].map((megabytes) => boot({ memory: megabytes * 2 ** 20, release }));
  if (one === undefined || other === undefined) throw new Error('two machines');
  const samples = new SampleStore();
  samples.take(one, 0);
  const free = samples.names.indexOf('free DMA');
  const dma = other.allocator.zones[0];
  other.allocator.allocPages(1, 3);
  expect(samples.present(other)[free]).toBe(dma?.freePages);
  expect(samples.present(one)[free]).toBe(one.allocator.zones[0]?.freePages);
  expect(dma?.freePages).not.toBe(one.allocator.zones[0]?.freePages);
});
