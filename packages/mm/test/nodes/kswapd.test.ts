import { expect, it } from 'vitest';
import { bootPhysical, type PhysicalBoot } from '../../src/page-allocator/boot.ts';
import { NO_RECLAIM } from '../../src/page-allocator/ports.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { Kswapd } from '../../src/reclaim/kswapd.ts';
import { physicalBootConfig } from '../../src/release/machine-config.ts';
import { Trace } from '../../src/trace/trace.ts';

it('kswapd goes over pgdat_list, on each node from the highest zone down, until none is short', () => {
  const asked: number[] = [];
  function* rounds(zone: Zone): Generator<number, 0 | 1, void> {
    asked.push(zone.number);
    // Node 1 takes three rounds; on node 0 nothing can be freed for DMA.
    if (zone.number === 4 && asked.filter((number) => number === 4).length === 3) {
      for (let pfn = zone.startPfn; pfn <= zone.startPfn + zone.pagesHigh; pfn++) {
        machine.allocator.freeToLists(pfn, 0);
      }
    }
    return zone.number === 0 ? 0 : 1;
  }
  const config = physicalBootConfig({ machine: 'ref-h4g', memoryBytes: 96 * 2 ** 20, nodes: 2 });
  const machine: PhysicalBoot = bootPhysical(config, new Trace(() => 0, 64), NO_RECLAIM);
  for (const zone of machine.allocator.zones) while (machine.allocator.rmqueue(zone, 0) !== 0);
  const kswapd = new Kswapd(machine.allocator, () => 5, {
    rounds,
    runTqDisk: () => {},
    isLocked: () => false,
    hold: () => {},
    release: () => {},
  });
  // Nobody asked: it sleeps until it is woken.
  expect(kswapd.body(true).next()).toEqual({ done: true, value: Number.POSITIVE_INFINITY });
  for (const number of [0, 4]) {
    (machine.allocator.zones.find((zone) => zone.number === number) as Zone).needBalance = true;
  }
  expect(kswapd.canSleep()).toBe(false);
  // In vain for the DMA zone of node 0: a second of rest, from which nothing wakes it, then on with the next round.
  expect(kswapd.body(false).next()).toEqual({ done: true, value: { until: 5 + 1e9, done: null } });
  expect(kswapd.body(false).next()).toEqual({ done: true, value: Number.POSITIVE_INFINITY });
  expect(asked).toEqual([4, 0, 4, 4]);
  expect(kswapd.canSleep()).toBe(true);
});
