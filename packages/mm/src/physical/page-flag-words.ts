/** The word that `page->flags` holds in the kernel, release by release. */
import { PG } from './mem-map.ts';

/** What a release makes of our bits, the number of the page's zone, and whether the page is RAM of high memory. */
export type PageFlagWord = (flags: number, zoneNumber: number, highRam: boolean) => number;

/** 2.4.20 and 2.4.22: our bits, and the zone number in bits 24 .. 31. */
export const zonedPageFlags: PageFlagWord = (flags, zoneNumber, highRam) =>
  (zoneNumber << 24) | flags | (highRam ? PG.highmem : 0);

/** Our bit and 2.4.0's. */
const BITS_2_4_0: readonly (readonly [number, number])[] = [
  [PG.locked, 0],
  [PG.error, 1],
  [PG.referenced, 2],
  [PG.uptodate, 3],
  [PG.dirty, 4],
  [PG.active, 6],
  [PG.inactiveDirty, 7],
  [PG.slab, 8],
  [PG.skip, 10],
  [PG.inactiveClean, 11],
  [PG.arch1, 30],
  [PG.reserved, 31],
];

/**
 * 2.4.0: other numbers, no zone (a page has a pointer to it). PG_swap_cache and PG_decr_after are left out: the first is told by
 * the page's mapping here, the second by what its I/O does at its end.
 *
 * @linux 2.4.0 include/linux/mm.h PG_*
 */
export const plainPageFlags: PageFlagWord = (flags, _zoneNumber, highRam) => {
  let word = highRam ? 1 << 12 : 0;
  for (const [mask, bit] of BITS_2_4_0) if ((flags & mask) !== 0) word |= 1 << bit;
  return word >>> 0;
};
