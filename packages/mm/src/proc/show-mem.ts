import { freeBlockCounts } from '../page-allocator/free-lists.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import { PG } from '../physical/mem-map.ts';
import type { PhysicalNode } from '../physical/node.ts';

const KIB_PER_PAGE = 4;

/** Counters of the rooms above the page allocator that the dump shows. Pages, unless it says otherwise. */
export interface ShowMemCounters {
  readonly active: number;
  readonly inactive: number;
  /** Free swap slots. @linux nr_swap_pages */
  readonly freeSwap: number;
  /** @linux swap_cache_info */
  readonly swapCacheAdd: number;
  readonly swapCacheDelete: number;
  readonly swapCacheFindSuccess: number;
  readonly swapCacheFindTotal: number;
  readonly swapCacheNoentRace: number;
  readonly swapCacheExistRace: number;
  /** Page tables kept for reuse. @linux pgtable_cache_size */
  readonly pageTableCache: number;
  readonly buffermem: number;
  /** Page cache with buffers. @linux page_cache_size */
  readonly pageCache: number;
  /** Id of the swap cache's mapping in `memMap.mapping`; 0: there is no swap cache. */
  readonly swapperSpace: number;
}

/** Counters of a machine on which nothing but the page allocator works. */
export const NO_COUNTERS: ShowMemCounters = {
  active: 0,
  inactive: 0,
  freeSwap: 0,
  swapCacheAdd: 0,
  swapCacheDelete: 0,
  swapCacheFindSuccess: 0,
  swapCacheFindTotal: 0,
  swapCacheNoentRace: 0,
  swapCacheExistRace: 0,
  pageTableCache: 0,
  buffermem: 0,
  pageCache: 0,
  swapperSpace: 0,
};

/**
 * Free memory by zone and by block size. The stray `)` is the kernel's. On a machine of several nodes there is a line a zone
 * for the node and all that follow it in pgdat_list, but blocks are counted of the node itself only.
 *
 * @param node default: the first of pgdat_list, i.e. the last that was set up
 * @linux 2.4.22 mm/page_alloc.c show_free_areas(), show_free_areas_core(); mm/numa.c show_free_areas_node()
 */
export function formatFreeAreas(
  allocator: PageAllocator,
  counters: ShowMemCounters,
  node: PhysicalNode = allocator.pgdatList[0] as PhysicalNode,
): string {
  const { pgdatList } = allocator;
  const free = allocator.nrFreePages();
  let text = `Free pages:      ${kib6(free)} (${kib6(allocator.nrFreeHighpages())} HighMem)\n`;
  for (const zone of pgdatList.slice(pgdatList.indexOf(node)).flatMap(({ zones }) => zones)) {
    text +=
      `Zone:${zone.name} freepages:${kib6(zone.freePages)} min:${kib6(zone.pagesMin)} ` +
      `low:${kib6(zone.pagesLow)} high:${kib6(zone.pagesHigh)}\n`;
  }
  text += `( Active: ${counters.active}, inactive: ${counters.inactive}, free: ${free} )\n`;
  text += freeListLines(allocator, node);
  const c = counters;
  return (
    `${text}Swap cache: add ${c.swapCacheAdd}, delete ${c.swapCacheDelete}, ` +
    `find ${c.swapCacheFindSuccess}/${c.swapCacheFindTotal}, race ${c.swapCacheNoentRace}+${c.swapCacheExistRace}\n`
  );
}

/** The blocks of a node's free lists, a line a zone; an empty zone has none. @param node default: the first of pgdat_list */
export function freeListLines(
  allocator: PageAllocator,
  node: PhysicalNode = allocator.pgdatList[0] as PhysicalNode,
): string {
  let text = '';
  for (const zone of node.zones) {
    let total = 0;
    if (zone.size !== 0) {
      freeBlockCounts(allocator.memMap, zone).forEach((count, order) => {
        text += `${count}*${KIB_PER_PAGE << order}kB `;
        total += count * 2 ** order;
      });
    }
    text += `= ${total * KIB_PER_PAGE}kB)\n`;
  }
  return text;
}

/**
 * What SysRq-m prints: free areas, then a census of all page frames.
 *
 * @linux 2.4.22 arch/i386/mm/init.c show_mem()
 */
export function formatShowMem(allocator: PageAllocator, counters: ShowMemCounters): string {
  const frames = census(allocator, counters.swapperSpace);
  return [
    'Mem-info:\n',
    formatFreeAreas(allocator, counters),
    `Free swap:       ${kib6(counters.freeSwap)}\n`,
    `${frames.total} pages of RAM\n`,
    `${frames.highmem} pages of HIGHMEM\n`,
    `${frames.reserved} reserved pages\n`,
    `${frames.shared} pages shared\n`,
    `${frames.swapCached} pages swap cached\n`,
    `${counters.pageTableCache} pages in page table cache\n`,
    `Buffer memory:   ${kib6(counters.buffermem)}\n`,
    `Cache memory:   ${kib6(counters.pageCache - counters.buffermem)}\n`,
  ].join('');
}

/** Frames by use. A frame of the swap cache is not counted as shared, whoever else maps it. */
export function census(allocator: PageAllocator, swapperSpace: number) {
  const { flags, count, mapping, frames } = allocator.memMap;
  // High memory belongs to the last node.
  const highmem = allocator.nodes.at(-1)?.zones[2];
  const highStart = highmem === undefined || highmem.size === 0 ? frames : highmem.startPfn;
  const counted = { total: frames, highmem: 0, reserved: 0, shared: 0, swapCached: 0 };
  for (let pfn = 0; pfn < frames; pfn++) {
    if (((flags[pfn] as number) & PG.reserved) !== 0) {
      counted.reserved++;
      continue;
    }
    if (pfn >= highStart) counted.highmem++;
    if (swapperSpace !== 0 && mapping[pfn] === swapperSpace) counted.swapCached++;
    else if (count[pfn] !== 0) counted.shared += (count[pfn] as number) - 1;
  }
  return counted;
}

/** Pages as kB, in six columns or more. */
export function kib6(pages: number): string {
  return `${String(pages * KIB_PER_PAGE).padStart(6)}kB`;
}
