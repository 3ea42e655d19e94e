import { expect, it } from 'vitest';
import { boot } from '../../src/kernel.ts';
import { GFP_ATOMIC } from '../../src/page-allocator/gfp.ts';
import type { Sleep } from '../../src/reclaim/thread-sleep.ts';

it('a thread in deep sleep is not woken by calls, but by the clock or by the end of its I/O', () => {
  const { paging, clock, cpus } = boot({ memory: 16 * 2 ** 20 });
  const { daemons, events } = paging;
  const log: string[] = [];
  let ioEnded = false;
  function* body(): Generator<Sleep, void, void> {
    yield Number.POSITIVE_INFINITY;
    log.push('woken');
    yield { until: clock.now + 1e9, done: null };
    log.push('rested');
    yield { until: Number.POSITIVE_INFINITY, done: () => ioEnded };
    log.push('read');
    yield clock.now + 1e9;
    log.push('woken early');
    yield Number.POSITIVE_INFINITY;
  }
  const idle = cpus.idle[0];
  if (idle === undefined) throw new Error('a machine without a CPU');
  const daemon = daemons.start(idle, body());
  const callIt = (): void => {
    daemons.wake(daemon);
    while (daemons.runOne());
  };
  callIt();
  expect(log).toEqual(['woken']);
  callIt();
  expect(log).toEqual(['woken']);
  clock.advance(1e9);
  events.runDue();
  while (daemons.runOne());
  expect(log).toEqual(['woken', 'rested']);
  callIt();
  expect(log).toEqual(['woken', 'rested']);
  ioEnded = true;
  while (daemons.runOne());
  expect(log).toEqual(['woken', 'rested', 'read']);
  callIt();
  expect(log).toEqual(['woken', 'rested', 'read', 'woken early']);
});

it('kswapd that could free nothing rests for a second, and allocations reclaim for themselves meanwhile', () => {
  const kernel = boot({ memory: 16 * 2 ** 20 });
  const { allocator, paging } = kernel;
  // Nothing can be freed: the pages are the kernel's, no list knows them.
  const low = allocator.zones.reduce((sum, zone) => sum + zone.pagesLow, 0);
  while (allocator.nrFreePages() > low - 10) allocator.allocPages(GFP_ATOMIC, 0);
  paging.catchUp();
  const zone = allocator.zones[0];
  if (zone === undefined) throw new Error('a machine without memory');
  expect(zone.needBalance).toBe(false);
  allocator.allocPages(GFP_ATOMIC, 0);
  expect(zone.needBalance).toBe(true);
  paging.catchUp();
  // It did not look: nobody can wake it now.
  expect(zone.needBalance).toBe(true);
  kernel.clock.advance(1e9);
  paging.catchUp();
  expect(zone.needBalance).toBe(false);
});
