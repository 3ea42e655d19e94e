/** How zones were set up before 2.4.10: other shares for the watermarks, and bitmaps of twice the bits that are needed. */
import { MAX_ORDER } from '../physical/zone.ts';

/** What a zone's size is divided by. @linux 2.4.0 mm/page_alloc.c zone_balance_ratio */
const RATIO = [32, 128, 128] as const;
const MIN = 10;
const MAX = 255;

/** pages_min of a zone: a 32nd of DMA, a 128th of the others; 10 pages at least and 255 at most. */
export function oldPagesMin(size: number, zoneIndex: number): number {
  return Math.min(MAX, Math.max(MIN, Math.floor(size / (RATIO[zoneIndex] as number))));
}

/**
 * Bytes of the pair bitmaps of a zone of `size` pages, by order, order 9 included. From order to order the size is rounded up,
 * to pairs of blocks; then each block gets a bit, though one a pair would do.
 *
 * @linux 2.4.0 mm/page_alloc.c free_area_init_core()
 */
export function oldPairBitmaps(size: number): number[] {
  const bytes: number[] = [];
  let rounded = size;
  for (let order = 0; order < MAX_ORDER; order++) {
    const pair = 2 << order;
    rounded = Math.ceil(rounded / pair) * pair;
    bytes.push(Math.ceil(Math.ceil((rounded >> order) / 8) / 4) * 4);
  }
  return bytes;
}
