import { describe, expect, it } from 'vitest';
import { KernelBug } from '../../src/kernel-bug.ts';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { ClassZoneAllocator } from '../../src/page-allocator/class-zone-allocator.ts';
import {
  GFP,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_USER,
  gfpToString,
} from '../../src/page-allocator/gfp.ts';
import { type PageAllocator, PF } from '../../src/page-allocator/page-allocator.ts';
import { NO_RECLAIM, type PageAllocatorPorts } from '../../src/page-allocator/ports.ts';
import { PG } from '../../src/physical/mem-map.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { Trace } from '../../src/trace/trace.ts';
import { boot, freshAllocator, MIB } from './machine.ts';

/** Allocates from a zone until exactly `left` pages are free. */
function drain(allocator: PageAllocator, zone: Zone, left: number): void {
  while (zone.freePages > left) {
    const order = Math.min(9, Math.floor(Math.log2(zone.freePages - left)));
    let wanted = order;
    while (allocator.rmqueue(zone, wanted) === 0) wanted--;
  }
}

/** The marks that a request is weighed against, as `pass zone > mark`, read from the trace. */
function marks(allocator: PageAllocator, trace: Trace, gfp: number, order: number): string[] {
  trace.on = true;
  const from = trace.seq;
  allocator.allocPages(gfp, order);
  trace.on = false;
  const events = [...trace.events()].filter(
    (event) => event.seq > from && event.name === 'zone_watermark_ok',
  );
  return events.map(
    ({ values }) => `${values.pass} ${allocator.zones[values.zone as number]?.name}>${values.mark}`,
  );
}

function drainedMachine(options: { machine: string; memoryBytes: number }) {
  const machine = boot(options);
  const trace = new Trace(() => 0, 64);
  for (const zone of machine.node.zones) drain(machine.allocator, zone, 0);
  return { trace, allocator: new ClassZoneAllocator(machine.node, trace) };
}

describe('watermarks (sheet 1, section 10)', () => {
  const small = drainedMachine({ machine: 'ref-h4g', memoryBytes: 512 * MIB });
  const big = drainedMachine({ machine: 'ref-h4g', memoryBytes: 1024 * MIB });
  it.each([
    [
      '512M GFP_KERNEL',
      small,
      GFP_KERNEL,
      0,
      '1 Normal>511,1 DMA>575,2 Normal>256,2 DMA>288,3 Normal>256,3 DMA>288',
    ],
    ['512M GFP_ATOMIC', small, GFP_ATOMIC, 0, '1 Normal>511,1 DMA>575,2 Normal>64,2 DMA>72'],
    ['512M GFP_ATOMIC order 3', small, GFP_ATOMIC, 3, '1 Normal>518,1 DMA>582,2 Normal>71,2 DMA>79'],
    [
      '1G GFP_HIGHUSER',
      big,
      GFP_HIGHUSER & ~GFP.WAIT,
      0,
      '1 HighMem>511,1 Normal>1021,1 DMA>1085,2 HighMem>64,2 Normal>127,2 DMA>135',
    ],
    [
      '1G GFP_HIGHUSER, waiting',
      big,
      GFP_HIGHUSER,
      0,
      '1 HighMem>511,1 Normal>1021,1 DMA>1085,2 HighMem>256,2 Normal>511,2 DMA>543,3 HighMem>256,3 Normal>511,3 DMA>543',
    ],
    ['GFP_DMA|GFP_KERNEL', big, GFP_DMA | GFP_KERNEL, 0, '1 DMA>65,2 DMA>33,3 DMA>33'],
    ['GFP_DMA alone', big, GFP_DMA, 0, '1 DMA>65,2 DMA>9'],
  ])('%s', (_, { allocator, trace }, gfp, order, expected) => {
    expect(marks(allocator, trace, gfp, order).join()).toBe(expected);
  });

  it('a zone must exceed its mark', () => {
    const { allocator } = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB });
    const [dma, normal] = allocator.zones as [Zone, Zone];
    drain(allocator, normal, 512);
    expect(allocator.zoneOf(allocator.allocPages(GFP_KERNEL, 0))).toBe(normal);
    expect(normal.freePages).toBe(511);
    expect(allocator.zoneOf(allocator.allocPages(GFP_KERNEL, 0))).toBe(dma);
    expect(normal.needBalance).toBe(false);
    drain(allocator, dma, 575);
    expect(allocator.zoneOf(allocator.allocPages(GFP_KERNEL, 0))).toBe(normal);
    expect([normal.needBalance, dma.needBalance]).toEqual([true, false]);
  });

  it('a zone without a large enough block passes the request on', () => {
    const allocator = freshAllocator([4096, 4096]);
    const [dma, normal] = allocator.zones as [Zone, Zone];
    const pages: number[] = [];
    while (normal.freePages > 0) pages.push(allocator.rmqueue(normal, 0));
    for (const pfn of pages) if (pfn % 2 === 0) allocator.freePages(pfn, 0);
    expect(normal.freePages).toBe(2048);
    expect(allocator.zoneOf(allocator.allocPages(GFP_KERNEL, 1))).toBe(dma);
    expect(checkPageAllocator(allocator)).toEqual([]);
  });
});

/** An allocator with nothing above its watermarks, whose reclaim does what the test says. */
function tightAllocator(ports: Partial<PageAllocatorPorts>): PageAllocator {
  const allocator = freshAllocator([4096], { ...NO_RECLAIM, ...ports });
  const zone = allocator.zones[0] as Zone;
  Object.assign(zone, { pagesMin: 32, pagesLow: 64, pagesHigh: 96 });
  drain(allocator, zone, 33);
  return allocator;
}

describe('when all zones are low (sheet 1, section 10)', () => {
  it('wakes kswapd on the class zone', () => {
    const woken: string[] = [];
    const allocator = tightAllocator({ wakeupKswapd: (zone) => woken.push(zone.name) });
    expect(allocator.allocPages(GFP_ATOMIC, 0)).not.toBe(0);
    expect(woken).toEqual(['DMA']);
    expect(allocator.zones[0]?.needBalance).toBe(true);
  });

  it('gives an atomic request a quarter of pages_min, then nothing', () => {
    const allocator = tightAllocator({});
    while (allocator.allocPages(GFP_ATOMIC, 0) !== 0);
    expect(allocator.zones[0]?.freePages).toBe(9);
  });

  it('gives up at once on a machine without reclaim', () => {
    const allocator = tightAllocator({});
    expect(allocator.allocPages(GFP_KERNEL, 0)).toBe(0);
    expect(allocator.zones[0]?.freePages).toBe(33);
  });

  it.each([PF.MEMALLOC, PF.MEMDIE])('task flag %i opens the last reserves', (flag) => {
    const allocator = tightAllocator({});
    allocator.currentFlags = flag;
    for (let left = 33; left > 0; left--) expect(allocator.allocPages(GFP_KERNEL, 0)).not.toBe(0);
    expect(allocator.allocPages(GFP_KERNEL, 0)).toBe(0);
    expect(allocator.currentFlags).toBe(flag);
  });

  it('reclaims once for orders above 3, else until the scheduler gives up', () => {
    let reclaims = 0;
    let yields = 0;
    const allocator = tightAllocator({
      tryToFreePagesZone: () => {
        reclaims++;
        return 0;
      },
      yieldAndRetry: () => ++yields < 3,
    });
    expect(allocator.allocPages(GFP_KERNEL, 4)).toBe(0);
    expect([reclaims, yields]).toEqual([1, 0]);
    expect(allocator.allocPages(GFP_KERNEL, 3)).toBe(0);
    expect([reclaims, yields]).toEqual([4, 3]);
  });

  it('the block freed first goes to the task that reclaims, if order and zone fit and reclaim succeeded', () => {
    let allocator: PageAllocator;
    let victims: number[] = [];
    let result: 0 | 1 = 1;
    let flags = 0;
    const ports: Partial<PageAllocatorPorts> = {
      tryToFreePagesZone: () => {
        flags = allocator.currentFlags;
        for (const pfn of victims) allocator.freePages(pfn, 0);
        return result;
      },
    };
    const make = () => {
      allocator = tightAllocator(ports);
      victims = [
        allocator.rmqueue(allocator.zones[0] as Zone, 0),
        allocator.rmqueue(allocator.zones[0] as Zone, 0),
      ];
      return allocator.zones[0] as Zone;
    };
    let zone = make();
    expect(zone.freePages).toBe(31);
    expect(allocator!.allocPages(GFP_KERNEL, 0)).toBe(victims[0]);
    expect(flags).toBe(PF.MEMALLOC | PF.FREE_PAGES);
    expect(allocator!.currentFlags).toBe(0);
    expect(zone.freePages).toBe(32);
    expect((allocator! as ClassZoneAllocator).localBlock).toBeNull();

    result = 0;
    zone = make();
    expect(allocator!.allocPages(GFP_KERNEL, 0)).toBe(0);
    expect(zone.freePages).toBe(33);

    result = 1;
    zone = make();
    expect(allocator!.allocPages(GFP_KERNEL, 1)).toBe(0);
    expect(zone.freePages).toBe(33);
    expect(checkPageAllocator(allocator!)).toEqual([]);
  });

  it('a block of a zone above the class zone is no help', () => {
    let victim = 0;
    const allocator: PageAllocator = freshAllocator([4096, 4096], {
      ...NO_RECLAIM,
      tryToFreePagesZone: () => {
        allocator.freePages(victim, 0);
        return 1;
      },
    });
    const [dma, normal] = allocator.zones as [Zone, Zone];
    drain(allocator, dma, 0);
    victim = allocator.rmqueue(normal, 0);
    const free = normal.freePages;
    expect(allocator.allocPages(GFP_KERNEL | GFP_DMA, 0)).toBe(0);
    expect(normal.freePages).toBe(free + 1);
  });

  it('an interrupt handler must not wait', () => {
    const allocator = tightAllocator({});
    allocator.inInterrupt = true;
    expect(() => allocator.allocPages(GFP_KERNEL, 0)).toThrow(KernelBug);
  });

  it('takes a page off the LRU through the port', () => {
    const deleted: number[] = [];
    const allocator: PageAllocator = freshAllocator([1024], {
      ...NO_RECLAIM,
      lruCacheDel: (pfn) => {
        deleted.push(pfn);
        allocator.memMap.flags[pfn] = 0;
      },
    });
    const pfn = allocator.allocPages(GFP_USER, 0);
    allocator.memMap.flags[pfn] = PG.lru | PG.active;
    allocator.putPage(pfn);
    expect(deleted).toEqual([pfn]);
  });
});

describe('injected failures and events', () => {
  it('fails exactly the n-th call', () => {
    const allocator = freshAllocator([1024]);
    allocator.failAlloc(2);
    const results = [0, 3, 0].map((order) => allocator.allocPages(GFP_KERNEL, order) !== 0);
    expect(results).toEqual([true, false, true]);
    allocator.failAlloc(1);
    expect(allocator.failAllocPending).toBe(1);
    allocator.failAlloc(0);
    expect(allocator.allocPages(GFP_KERNEL, 0)).not.toBe(0);
  });

  it('records allocations, frees and the owner of a page', () => {
    const trace = new Trace(() => 0, 64);
    const allocator = freshAllocator([1024], undefined, trace);
    trace.on = true;
    const pfn = allocator.allocPages(GFP_KERNEL, 1);
    const seq = trace.seq;
    allocator.freePages(pfn, 1);
    allocator.failAlloc(1);
    allocator.allocPages(GFP_KERNEL, 0);
    const lines = [...trace.events()].map((event) => trace.format(event).split(': ').slice(1).join(' '));
    expect(lines).toEqual([
      'zone_watermark_ok zone=0 free=1023 mark=2 order=1 gfp=1f0 pass=1 outcome=1',
      `mm_page_alloc pfn=${pfn} order=1 gfp=1f0 zone=0`,
      `mm_page_free pfn=${pfn} order=1`,
      'mm_page_alloc pfn=0 order=0 gfp=1f0 zone=-1',
    ]);
    expect([...allocator.memMap.owner.subarray(pfn, pfn + 2)]).toEqual([seq, seq]);
  });

  it.each([
    [GFP_KERNEL, 'GFP_KERNEL'],
    [GFP_KERNEL | GFP_DMA, 'GFP_KERNEL|GFP_DMA'],
    [GFP_HIGHUSER, 'GFP_HIGHUSER'],
    [GFP_ATOMIC, 'GFP_ATOMIC'],
    [0x1f2, 'GFP_KERNEL|__GFP_HIGHMEM'],
    [0x400, '0x400'],
    [0, '0'],
  ])('names gfp %i', (gfp, name) => {
    expect(gfpToString(gfp)).toBe(name);
  });
});
