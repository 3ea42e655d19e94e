import { expect, it } from 'vitest';
import { boot } from '../../src/kernel.ts';
import { GFP_ATOMIC } from '../../src/page-allocator/gfp.ts';
import {
  type DeepSleep,
  type Sleep,
  type Sleeper,
  waitAlone,
  waitHere,
} from '../../src/reclaim/thread-sleep.ts';

it('a thread in deep sleep is not woken by calls, but by the clock or by the end of its I/O', () => {
  const { paging, clock, cpus } = boot({ memory: 16 * 2 ** 20 });
  const { daemons, events } = paging;
  const log: string[] = [];
  let ioEnded = false;
  function* body(): Generator<Sleep, Sleep, void> {
    yield Number.POSITIVE_INFINITY;
    log.push('woken');
    yield { until: clock.now + 1e9, done: null };
    log.push('rested');
    yield { until: Number.POSITIVE_INFINITY, done: () => ioEnded };
    log.push('read');
    yield clock.now + 1e9;
    log.push('woken early');
    return Number.POSITIVE_INFINITY;
  }
  const idle = cpus.idle[0];
  if (idle === undefined) throw new Error('a machine without a CPU');
  const daemon = daemons.start(idle, body);
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

it('work that must wait for pages: the running task sleeps for it, a thread is left where it waits', () => {
  const log: string[] = [];
  function* work(): Sleeper<string> {
    yield 7;
    yield 8;
    return 'done';
  }
  const allocator = {
    getPage: (pfn: number) => void log.push(`get ${pfn}`),
    putPage: (pfn: number) => void log.push(`put ${pfn}`),
  };
  expect(waitHere(work(), { allocator, waitOnPage: (pfn) => void log.push(`wait ${pfn}`) })).toBe('done');
  expect(log.splice(0)).toEqual(['get 7', 'wait 7', 'put 7', 'get 8', 'wait 8', 'put 8']);

  const locked = new Set([7, 8]);
  const thread = waitAlone(work(), {
    hold: allocator.getPage,
    release: allocator.putPage,
    isLocked: (pfn) => locked.has(pfn),
    runTqDisk: () => void log.push('unplug'),
  });
  for (const pfn of [7, 8]) {
    const sleep = thread.next().value as DeepSleep;
    expect(sleep.until).toBe(Number.POSITIVE_INFINITY);
    expect(sleep.done?.()).toBe(false);
    locked.delete(pfn);
    expect(sleep.done?.()).toBe(true);
  }
  expect(thread.next()).toEqual({ value: 'done', done: true });
  expect(log).toEqual(['get 7', 'unplug', 'put 7', 'get 8', 'unplug', 'put 8']);
});

it('2.4.0: while bdflush waits since too much of swap is under I/O, programs go on', () => {
  const kernel = boot({ release: '2.4.0', memory: 16 * 2 ** 20, swap: [{ size: 32 * 2 ** 20 }] });
  const process = kernel.spawn('program');
  const pages = 5000;
  const address = process.mmap2(0, pages * 4096, 3, 0x22, -1, 0);
  let besides = 0;
  for (let pass = 0; pass < 2; pass++) {
    for (let page = 0; page < pages; page++) {
      if (!process.store8(address + page * 4096, page)) throw new Error('killed');
      // Between two accesses a thread holds a page for whose write it waits.
      if (kernel.paging.held.length > 0) besides++;
    }
  }
  expect(besides).toBeGreaterThan(0);
  kernel.checkInvariants();
});
