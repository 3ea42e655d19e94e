import { describe, expect, it } from 'vitest';
import { KernelBug } from '../../src/kernel-bug.ts';
import type { AgingPageAllocator } from '../../src/page-allocator/aging-page-allocator.ts';
import { bootPhysical } from '../../src/page-allocator/boot.ts';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import {
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_NOIO,
  GFP_USER,
  gfpWord240,
} from '../../src/page-allocator/gfp.ts';
import { MemoryPressure } from '../../src/page-allocator/memory-pressure.ts';
import { PF } from '../../src/page-allocator/page-allocator.ts';
import { type AgingAllocatorPorts, NOTHING_AGES } from '../../src/page-allocator/ports.ts';
import { PG } from '../../src/physical/mem-map.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { Trace } from '../../src/trace/trace.ts';
import { boot, MIB } from './machine.ts';

/** The recorded 64 MiB machine with so many free and inactive clean pages a zone, and what its ports were asked. */
function machine(
  dma: readonly [free: number, clean: number],
  normal: readonly [free: number, clean: number],
  ports: Partial<AgingAllocatorPorts> = {},
) {
  const booted = boot({ release: '2.4.0', memoryBytes: 64 * MIB });
  const allocator = booted.allocator as AgingPageAllocator;
  const [dmaZone, normalZone] = allocator.zones as [Zone, Zone];
  for (const [zone, [free, clean]] of [
    [dmaZone, dma],
    [normalZone, normal],
  ] as const) {
    while (zone.freePages > free) allocator.rmqueue(zone, 0);
    zone.inactiveCleanPages = clean;
  }
  const asked: string[] = [];
  const log = (name: string) => asked.push(name);
  allocator.aging = {
    ...NOTHING_AGES,
    wakeupKswapd: (block) => log(block ? 'kswapd, waiting' : 'kswapd'),
    wakeupBdflush: () => log('bdflush'),
    wakeKreclaimd: () => log('kreclaimd'),
    reclaimPage: (zone) => {
      log(`reclaim ${zone.name}`);
      if (zone.inactiveCleanPages === 0) return 0;
      zone.inactiveCleanPages--;
      // Any page that is nobody's: these were taken off the free lists above.
      return zone.startPfn + 600;
    },
    pageLaunder: () => log('launder'),
    tryToFreePages: () => log('try_to_free_pages'),
    yieldCpu: () => log('yield'),
    ...ports,
  };
  return { booted, allocator, dma: dmaZone, normal: normalZone, asked };
}

describe('sheet 7, section 19, vector 7: shortages of the recorded machine with 64 MiB', () => {
  const zone = (size: number, marks: number, freePages: number) => ({
    size,
    pagesMin: marks,
    pagesLow: marks * 2,
    pagesHigh: marks * 3,
    freePages,
    inactiveCleanPages: 0,
  });
  const balance = (dma: number, normal: number) =>
    new MemoryPressure([zone(4096, 128, dma), zone(12256, 95, normal)] as Zone[], 16352);

  it('the sums of the watermarks are those of SysRq-m', () => {
    const { min, low, high } = balance(0, 0);
    expect([min, low, high]).toEqual([223, 446, 669]);
  });

  it('high pressure', () => {
    const { allocator, asked } = machine([400, 30], [100, 0], { nrInactiveDirtyPages: () => 50 });
    allocator.pressure.value = 6400;
    expect(allocator.pressure.inactiveTarget).toBe(100);
    expect(allocator.pressure.inactiveShortage(50)).toBe(189);
    expect(allocator.pressure.freeShortage()).toBe(172);
    allocator.allocPages(GFP_KERNEL, 0);
    expect(asked[0]).toBe('kswapd');
  });

  it('no pressure: enough in all, or too little in one zone', () => {
    expect(balance(300, 400).freeShortage()).toBe(0);
    expect(balance(100, 700).freeShortage()).toBe(29);
  });

  it('many inactive dirty pages: bdflush is to clean them', () => {
    const { allocator, asked } = machine([300, 0], [300, 0], { nrInactiveDirtyPages: () => 700 });
    expect(allocator.pressure.inactiveShortage(700)).toBe(0);
    allocator.allocPages(GFP_KERNEL, 0);
    expect(asked).toEqual(['bdflush']);
  });

  it('the target is a quarter of memory at most', () => {
    const { allocator } = machine([300, 0], [300, 0], { nrActivePages: () => 160 });
    allocator.pressure.value = 2 ** 30;
    expect(allocator.pressure.inactiveTarget).toBe(16352 / 4);
    expect(allocator.nrFreeBufferPages()).toBe(669 + 16352 / 4 + 10);
  });
});

describe('sheet 7, section 19, vector 8: which page a request gets', () => {
  const zoneOfNext = (world: ReturnType<typeof machine>, gfp = GFP_KERNEL) => {
    const pfn = world.allocator.allocPages(gfp, 0);
    return pfn === 0 ? null : world.allocator.zoneOf(pfn).name;
  };

  it('DMA has plenty', () => {
    expect(zoneOfNext(machine([256, 0], [180, 150]))).toBe('DMA');
  });

  it('free and clean pages of Normal are above its high mark: a free page', () => {
    const world = machine([200, 0], [180, 150]);
    expect(zoneOfNext(world)).toBe('Normal');
    expect(world.normal.freePages).toBe(179);
    expect(world.asked).not.toContain('reclaim Normal');
  });

  it('and few are free: a clean page', () => {
    const world = machine([200, 0], [100, 250]);
    expect(zoneOfNext(world)).toBe('Normal');
    expect([world.normal.freePages, world.normal.inactiveCleanPages]).toEqual([100, 249]);
    expect(world.asked).toContain('reclaim Normal');
  });

  it('who may not wait, or is in reclaim, gets a free page all the same', () => {
    for (const prepare of [GFP_ATOMIC, PF.MEMALLOC]) {
      const world = machine([200, 0], [100, 250]);
      if (prepare === PF.MEMALLOC) world.allocator.currentFlags = PF.MEMALLOC;
      expect(zoneOfNext(world, prepare === PF.MEMALLOC ? GFP_KERNEL : prepare)).toBe('Normal');
      expect(world.normal.freePages).toBe(99);
    }
  });

  it('Normal below its low mark wakes kreclaimd', () => {
    const world = machine([200, 0], [60, 0]);
    zoneOfNext(world);
    expect(world.asked).toContain('kreclaimd');
  });
});

describe('when memory is short (sheet 7, section 4)', () => {
  it('one page waits for kswapd and begins again; a larger block does so once', () => {
    let tries = 0;
    const world = machine([20, 0], [20, 0], { mayTryAgain: () => ++tries < 3 });
    expect(world.allocator.allocPages(GFP_KERNEL, 0)).toBe(0);
    expect(world.asked.filter((what) => what === 'kswapd, waiting')).toHaveLength(3);
    expect(world.asked.filter((what) => what === 'yield')).toHaveLength(3);
    // One at the start, one a wait.
    expect(world.allocator.pressure.value).toBe(4);
  });

  it('a larger block is looked for among pages that are freed for it, then refused', () => {
    const world = machine([20, 0], [20, 0]);
    while (world.allocator.rmqueue(world.normal, 0) !== 0);
    while (world.allocator.rmqueue(world.dma, 0) !== 0);
    expect(world.allocator.allocPages(GFP_KERNEL, 1)).toBe(0);
    expect(world.asked).toContain('launder');
    expect(world.booted.log.lines.at(-1)).toEqual({
      level: 3,
      text: '__alloc_pages: 1-order allocation failed.',
    });
  });

  it('without I/O the task reclaims itself', () => {
    const world = machine([20, 0], [20, 0]);
    expect(world.allocator.allocPages(GFP_NOIO, 0)).toBe(0);
    expect(world.asked).toContain('try_to_free_pages');
    expect(world.asked).not.toContain('kswapd, waiting');
  });

  it('an atomic request goes down to a quarter of pages_min, a task in reclaim to the last page', () => {
    const world = machine([40, 0], [40, 0]);
    while (world.allocator.allocPages(GFP_ATOMIC, 0) !== 0);
    expect([world.dma.freePages, world.normal.freePages]).toEqual([31, 22]);
    world.allocator.currentFlags = PF.MEMALLOC;
    while (world.allocator.allocPages(GFP_USER, 0) !== 0);
    expect(world.allocator.nrFreePages()).toBe(0);
    expect(checkPageAllocator(world.allocator)).toEqual([]);
  });
});

describe('freeing a page (sheet 7, section 4)', () => {
  it('makes it new and takes pressure away, once a call', () => {
    const { allocator } = machine([400, 0], [400, 0]);
    const pfn = allocator.allocPages(GFP_KERNEL, 2);
    allocator.memMap.age[pfn] = 0;
    allocator.pressure.value = 2;
    allocator.freePages(pfn, 2);
    expect(allocator.memMap.age[pfn]).toBe(2);
    expect(allocator.pressure.value).toBe(1);
    allocator.freePages(allocator.allocPages(GFP_KERNEL, 0), 0);
    expect(allocator.pressure.value).toBe(1);
  });

  it.each([
    ['inactiveDirty'],
    ['inactiveClean'],
    ['locked'],
  ] as const)('a page with PG_%s is a bug', (flag) => {
    const { allocator } = machine([400, 0], [400, 0]);
    const pfn = allocator.allocPages(GFP_KERNEL, 0);
    allocator.memMap.flags[pfn] = PG[flag];
    expect(() => allocator.freePages(pfn, 0)).toThrow(KernelBug);
  });
});

describe('page->flags as 2.4.0 writes it', () => {
  it('has other numbers and no zone', () => {
    const { booted } = machine([400, 0], [400, 0]);
    expect(booted.pageFlags(0)).toBe(0x80000000);
    booted.memMap.flags[5000] = PG.active | PG.inactiveClean | PG.dirty;
    expect(booted.pageFlags(5000)).toBe(0x40 | 0x800 | 0x10);
  });
});

describe('gfp masks of 2.4.0 (sheet 7, section 2)', () => {
  it.each([
    ['GFP_BUFFER', GFP_NOIO, 3],
    ['GFP_ATOMIC', GFP_ATOMIC, 2],
    ['GFP_USER', GFP_USER, 5],
    ['GFP_HIGHUSER', GFP_HIGHUSER, 0x15],
    ['GFP_KERNEL', GFP_KERNEL, 7],
    ['GFP_DMA', GFP_DMA, 8],
  ])('%s', (_name, gfp, word) => {
    expect(gfpWord240(gfp)).toBe(word);
  });

  it('are what the event stream shows', () => {
    const { allocator, booted } = machine([400, 0], [400, 0]);
    const trace = new Trace(() => 0, 64);
    const again = bootPhysical(booted.config, trace).allocator;
    trace.on = true;
    again.allocPages(GFP_HIGHUSER, 0);
    expect([...trace.events()].map((event) => trace.format(event)).at(-1)).toContain('gfp=15 ');
    expect(allocator.nrFreePages()).toBe(800);
  });
});
