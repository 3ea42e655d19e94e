import type { MemMap } from '../physical/mem-map.ts';
import { MAX_ORDER, MAX_ORDER_PAGES, type Zone } from '../physical/zone.ts';
import type { Pfn } from '../types.ts';

const TOP = MAX_ORDER - 1;

/** First frames of the free blocks of one order, in list order, those of the implicit tail included. */
export function* freeBlocks(memMap: MemMap, zone: Zone, order: number): Generator<Pfn> {
  const head = zone.freeListHeads + order;
  for (let pfn = memMap.next[head] as number; pfn !== head; pfn = memMap.next[pfn] as number) yield pfn;
  if (order !== TOP) return;
  for (const [start, end] of implicitRanges(zone)) {
    for (let pfn = start; pfn < end; pfn += MAX_ORDER_PAGES) yield pfn;
  }
}

/** The untouched tail of the list of the highest order, as ranges `[start, end)` in list order. */
export function implicitRanges(zone: Zone): [start: Pfn, end: Pfn][] {
  const ranges: [Pfn, Pfn][] = [];
  if (zone.frontier !== zone.frontierEnd) ranges.push([zone.frontier, zone.frontierEnd]);
  for (let i = 0; i < zone.laterRanges.length; i += 2) {
    ranges.push([zone.laterRanges[i] as number, zone.laterRanges[i + 1] as number]);
  }
  return ranges;
}

/** Free blocks of each order, 0 .. 9. Takes time in proportion to the blocks that were ever touched. */
export function freeBlockCounts(memMap: MemMap, zone: Zone): number[] {
  const counts = Array.from({ length: MAX_ORDER }, (_, order) => {
    const head = zone.freeListHeads + order;
    let count = 0;
    for (let pfn = memMap.next[head] as number; pfn !== head; pfn = memMap.next[pfn] as number) count++;
    return count;
  });
  for (const [start, end] of implicitRanges(zone)) {
    counts[TOP] = (counts[TOP] as number) + (end - start) / MAX_ORDER_PAGES;
  }
  return counts;
}

/**
 * External fragmentation for requests of 2^`order` pages: the share of the free pages that lie in smaller blocks, 0 .. 1
 * (0 when nothing is free).
 */
export function fragmentation(memMap: MemMap, zone: Zone, order: number): number {
  if (zone.freePages === 0) return 0;
  const counts = freeBlockCounts(memMap, zone);
  let unusable = 0;
  for (let smaller = 0; smaller < order; smaller++) unusable += (counts[smaller] as number) << smaller;
  return unusable / zone.freePages;
}
