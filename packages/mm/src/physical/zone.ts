import type { Pfn } from '../types.ts';
import type { MemMap } from './mem-map.ts';

/** Free lists of a zone: orders 0 .. 9, the largest block is 512 pages (2 MiB). @linux MAX_ORDER */
export const MAX_ORDER = 10;
/** Pages of a block of the highest order. */
export const MAX_ORDER_PAGES = 1 << (MAX_ORDER - 1);

export const ZONE_DMA = 0;
export const ZONE_NORMAL = 1;
export const ZONE_HIGHMEM = 2;
export const MAX_NR_ZONES = 3;
/** Nodes that the zone number in `page->flags` has room for: 255 / 3. @linux MAX_NR_NODES */
export const MAX_NR_NODES = 85;
/** @linux mm/page_alloc.c zone_names */
export const ZONE_NAMES = ['DMA', 'Normal', 'HighMem'] as const;

/** The hash of wait queues for locked pages of a zone. */
export interface WaitTable {
  /** Queues, a power of two. 0: the zone is empty. */
  readonly size: number;
  /** Right shift of the 32-bit hash: 32 - log2(size). */
  readonly shift: number;
  /** Physical address of the table, bytes. */
  readonly address: number;
}

/**
 * A zone: a range of page frames of one kind, with its free lists.
 *
 * The free list of order `o` is a circular list in `memMap.next/prev` whose head is `freeListHeads + o`. The list of order 9
 * may go on *implicitly*: behind its explicit blocks come the untouched blocks from {@link frontier} up to
 * {@link frontierEnd} and then those of {@link laterRanges}, all ascending. Boot frees high memory descending, so that is
 * exactly the order in which the kernel's list stands; and blocks of order 9 never merge upwards, so nothing but an
 * allocation ever looks at them.
 *
 * @linux 2.4.22 include/linux/mmzone.h zone_t
 */
export class Zone {
  /** 0 DMA, 1 Normal, 2 HighMem. */
  readonly index: number;
  readonly name: string;
  /** Node that it belongs to. @linux zone_pgdat->node_id */
  readonly nodeId: number;
  /** Number among the zones of all nodes, `3 * nodeId + index`. @linux zone_table's index */
  readonly number: number;
  /** Page frames, holes included. */
  readonly size: number;
  /** First page frame. @linux zone_start_mapnr */
  readonly startPfn: Pfn;
  /** Pages in the free lists, implicit blocks included. */
  freePages = 0;
  /** Watermarks, in pages. */
  pagesMin = 0;
  pagesLow = 0;
  pagesHigh = 0;
  /** 2.4.0: pages of the zone that are inactive and clean, or still to be cleaned. */
  inactiveCleanPages = 0;
  inactiveDirtyPages = 0;
  /** Set when an allocation found all zones low; kswapd clears it. */
  needBalance = false;
  /** Head of the free list of order 0; those of the other orders follow. */
  readonly freeListHeads: number;
  /** First block of the implicit tail of the order-9 list; equals {@link frontierEnd} when there is none. */
  frontier = 0;
  frontierEnd = 0;
  /** Further implicit ranges, `[start, end)` pairs in list order. */
  laterRanges: number[] = [];
  waitTable: WaitTable = { size: 0, shift: 32, address: 0 };
  /** Bytes of the pair bitmaps of orders 0 .. 8, in 2.4.0 of order 9 too (empty for an empty zone). */
  mapBytes: readonly number[] = [];
  /** Physical addresses of those bitmaps. */
  mapAddresses: readonly number[] = [];

  constructor(memMap: MemMap, index: number, startPfn: Pfn, size: number, nodeId = 0) {
    this.index = index;
    this.name = ZONE_NAMES[index] as string;
    this.nodeId = nodeId;
    this.number = nodeId * MAX_NR_ZONES + index;
    this.size = size;
    this.startPfn = startPfn;
    this.freeListHeads = memMap.newListHead();
    for (let order = 1; order < MAX_ORDER; order++) memMap.newListHead();
  }

  /** Physical address of the zone's first byte. @linux zone_start_paddr */
  get startAddress(): number {
    return this.startPfn * 4096;
  }

  /** First page frame past the zone. */
  get endPfn(): Pfn {
    return this.startPfn + this.size;
  }
}

/** @linux 2.4.22 include/linux/mmzone.h memclass(): whether a page of `pageZone` serves an allocation whose class zone is `classzone` */
export function memclass(pageZone: Zone, classzone: Zone): boolean {
  return pageZone.nodeId === classzone.nodeId && pageZone.index <= classzone.index;
}
