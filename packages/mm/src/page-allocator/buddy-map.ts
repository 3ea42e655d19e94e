import type { MemMap } from '../physical/mem-map.ts';
import { MAX_ORDER, type Zone } from '../physical/zone.ts';
import { freeBlocks } from './free-lists.ts';

/**
 * The bits that are set in the kernel's pair bitmap of one order, ascending.
 *
 * 2.4 keeps a bit for each pair of buddies: 1 = exactly one of the two is a free block of this order. A freed block merges iff
 * its pair's bit was 1. "The buddy's `freeOrder` is this order" says the same, so we keep no bitmap; this derives it for
 * display.
 *
 * @returns bit numbers: page offset in the zone >> (order + 1). Empty for order 9, which has no bitmap.
 * @linux 2.4.22 include/linux/mmzone.h free_area_struct.map; mm/page_alloc.c MARK_USED()
 */
export function pairBits(memMap: MemMap, zone: Zone, order: number): number[] {
  if (order >= MAX_ORDER - 1) return [];
  const bits: number[] = [];
  for (const pfn of freeBlocks(memMap, zone, order)) bits.push((pfn - zone.startPfn) >> (order + 1));
  return bits.sort((a, b) => a - b);
}
