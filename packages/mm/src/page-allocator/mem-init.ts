import type { MemorySetup } from '../boot-memory/setup-memory.ts';
import { type BootLog, KERN } from '../physical/boot-log.ts';
import type { PfnRun } from '../physical/e820.ts';
import type { KernelImage, PhysicalRelease } from '../physical/machine.ts';
import { PG } from '../physical/mem-map.ts';
import { MAX_ORDER, MAX_ORDER_PAGES, type Zone } from '../physical/zone.ts';
import type { Pfn } from '../types.ts';
import type { PageAllocator } from './page-allocator.ts';

const TOP = MAX_ORDER - 1;

/** Counters of RAM, in pages. */
export interface RamTotals {
  /** Pages that the allocator was ever given. @linux totalram_pages */
  totalram: number;
  /** Those of high memory. @linux totalhigh_pages */
  readonly totalhigh: number;
  /** Low RAM that the allocator was not given at mem_init(). */
  readonly reserved: number;
}

/**
 * Gives all RAM that boot left free to the page allocator: low memory ascending, then the frames of the boot bitmap, then
 * high memory, *descending* (2.4.0: ascending). Frames that stay out get PG_reserved.
 *
 * @linux 2.4.22 arch/i386/mm/init.c mem_init(), free_pages_init()
 */
export function memInit(
  allocator: PageAllocator,
  setup: MemorySetup,
  image: KernelImage,
  log: BootLog,
  release: Pick<PhysicalRelease, 'infoLevel' | 'highMemoryAscends'>,
): RamTotals {
  const { memMap } = allocator;
  const low = setup.maxLowPfn;
  const ram = setup.map.ramRuns();
  memMap.flags.fill(PG.reserved, 0, low);
  const totallow = setup.bootmem.freeAll((start, end) => {
    memMap.flags.fill(0, start, end);
    freeAscending(allocator, start, end);
  });
  let reserved = -totallow;
  for (const run of ram) reserved += Math.max(0, Math.min(run.end, low) - run.start);
  const totalhigh = freeHighMemory(
    allocator,
    ram,
    setup.highStartPfn,
    setup.highEndPfn,
    release.highMemoryAscends,
  );
  log.print(
    `Memory: ${allocator.nrFreePages() * 4}k/${memMap.frames * 4}k available (${kib(image.etext - image.text)} kernel code, ` +
      `${reserved * 4}k reserved, ${kib(image.edata - image.etext)} data, ` +
      `${kib(image.initEnd - image.initBegin)} init, ${totalhigh * 4}k highmem)`,
    release.infoLevel,
  );
  return { totalram: totallow + totalhigh, totalhigh, reserved };
}

/**
 * Frees the frames `start` .. `end` - 1, with the result of freeing them one by one, ascending: blocks within the run that
 * are aligned go to the lists whole, since their parts could have met nobody else on the way.
 */
export function freeAscending(allocator: PageAllocator, start: Pfn, end: Pfn): void {
  for (let pfn = start; pfn < end; ) {
    const zone = allocator.zoneOf(pfn);
    const index = pfn - zone.startPfn;
    const room = Math.min(end, zone.endPfn) - pfn;
    let order = 0;
    while (order < TOP && (index & (1 << order)) === 0 && 2 << order <= room) order++;
    allocator.freeToLists(pfn, order);
    pfn += 1 << order;
  }
}

/** Frees the frames `start` .. `end` - 1 one by one, descending. */
function freeDescending(allocator: PageAllocator, start: Pfn, end: Pfn): void {
  for (let pfn = end - 1; pfn >= start; pfn--) allocator.freeToLists(pfn, 0);
}

/**
 * Frees a run of one zone with the result of freeing its frames one by one, descending. Whole blocks of the highest order
 * are not touched: they are put in front of the implicit tail of the zone's list. The zone may have no explicit block of that
 * order yet, and runs must come in descending order.
 */
export function freeDescendingUntouched(allocator: PageAllocator, zone: Zone, start: Pfn, end: Pfn): void {
  const base = zone.startPfn;
  const firstBlock = base + Math.ceil((start - base) / MAX_ORDER_PAGES) * MAX_ORDER_PAGES;
  const blocksEnd = base + Math.floor((end - base) / MAX_ORDER_PAGES) * MAX_ORDER_PAGES;
  if (firstBlock >= blocksEnd) {
    freeDescending(allocator, start, end);
    return;
  }
  freeDescending(allocator, blocksEnd, end);
  if (zone.frontier !== zone.frontierEnd) zone.laterRanges.unshift(zone.frontier, zone.frontierEnd);
  zone.frontier = firstBlock;
  zone.frontierEnd = blocksEnd;
  zone.freePages += blocksEnd - firstBlock;
  freeDescending(allocator, start, firstBlock);
}

/** Frees the RAM between two frames; returns how much. @linux one_highpage_init() for each frame */
function freeHighMemory(
  allocator: PageAllocator,
  ram: readonly PfnRun[],
  from: Pfn,
  to: Pfn,
  ascending: boolean,
): number {
  if (ascending) return freeHighMemoryUpwards(allocator, ram, from, to);
  const { flags } = allocator.memMap;
  let freed = 0;
  let upper = to;
  for (let i = ram.length - 1; i >= 0; i--) {
    const run = ram[i] as PfnRun;
    const start = Math.max(run.start, from);
    const end = Math.min(run.end, to);
    if (start >= end) continue;
    flags.fill(PG.reserved, end, upper);
    freeDescendingUntouched(allocator, allocator.zoneOf(start), start, end);
    freed += end - start;
    upper = start;
  }
  if (upper > from) flags.fill(PG.reserved, from, upper);
  return freed;
}

function freeHighMemoryUpwards(allocator: PageAllocator, ram: readonly PfnRun[], from: Pfn, to: Pfn): number {
  const { flags } = allocator.memMap;
  let freed = 0;
  flags.fill(PG.reserved, from, to);
  for (const run of ram) {
    const start = Math.max(run.start, from);
    const end = Math.min(run.end, to);
    if (start >= end) continue;
    flags.fill(0, start, end);
    freeAscending(allocator, start, end);
    freed += end - start;
  }
  return freed;
}

/**
 * Frees the code and data that only boot needed, page by page.
 *
 * @param level priority of the line in the log
 * @linux 2.4.22 arch/i386/mm/init.c free_initmem()
 */
export function freeInitmem(
  allocator: PageAllocator,
  totals: RamTotals,
  image: KernelImage,
  log: BootLog,
  level: number = KERN.INFO,
): void {
  const { flags, count } = allocator.memMap;
  for (let pfn = image.initBegin / 4096; pfn < image.initEnd / 4096; pfn++) {
    flags[pfn] = (flags[pfn] as number) & ~PG.reserved;
    count[pfn] = 1;
    allocator.freePages(pfn, 0);
    totals.totalram++;
  }
  log.print(`Freeing unused kernel memory: ${kib(image.initEnd - image.initBegin)} freed`, level);
}

function kib(bytes: number): string {
  return `${bytes >> 10}k`;
}
