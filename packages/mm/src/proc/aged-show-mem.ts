import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import { census, freeListLines, kib6, type ShowMemCounters } from './show-mem.ts';

/** What SysRq-m of 2.4.0 shows beside the rest: pages by age, and the sums of the watermarks. */
export interface AgedCounters {
  readonly inactiveDirty: number;
  readonly inactiveClean: number;
  /** @linux 2.4.0 freepages.min, freepages.low, freepages.high */
  readonly min: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What SysRq-m prints in 2.4.0. On a machine of several nodes the blocks are those of the first of pgdat_list.
 *
 * @linux 2.4.0 mm/page_alloc.c show_free_areas_core(); arch/i386/mm/init.c show_mem()
 */
export function formatAgedShowMem(
  allocator: PageAllocator,
  counters: ShowMemCounters,
  aged: AgedCounters,
): string {
  const c = counters;
  const free = allocator.nrFreePages();
  const frames = census(allocator, c.swapperSpace);
  return [
    'Mem-info:\n',
    `Free pages:      ${kib6(free)} (${kib6(allocator.nrFreeHighpages())} HighMem)\n`,
    `( Active: ${c.active}, inactive_dirty: ${aged.inactiveDirty}, inactive_clean: ${aged.inactiveClean}, ` +
      `free: ${free} (${aged.min} ${aged.low} ${aged.high}) )\n`,
    freeListLines(allocator),
    `Swap cache: add ${c.swapCacheAdd}, delete ${c.swapCacheDelete}, ` +
      `find ${c.swapCacheFindSuccess}/${c.swapCacheFindTotal}\n`,
    `Free swap:       ${kib6(c.freeSwap)}\n`,
    `${frames.total} pages of RAM\n`,
    `${frames.highmem} pages of HIGHMEM\n`,
    `${frames.reserved} reserved pages\n`,
    `${frames.shared} pages shared\n`,
    `${frames.swapCached} pages swap cached\n`,
    `${c.pageTableCache} pages in page table cache\n`,
    `Buffer memory:   ${kib6(c.buffermem)}\n`,
  ].join('');
}
