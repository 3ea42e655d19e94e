/**
 * Swap entries: what a page-table entry holds while its page is on a swap area. Never 0, and never marked present.
 *
 * ```
 *   31                8 7 6        1   0
 *  +-------------------+---+----------+---+
 *  |      offset       | 0 |   type   | 0 |   offset: slot in the area, from 1      type: number of the area
 *  +-------------------+---+----------+---+
 * ```
 * Bit 7 stays clear because a PROT_NONE page uses it. @linux 2.4.22 include/asm-i386/pgtable.h SWP_ENTRY()
 */

/** @param type 0 .. 63 @param offset 0 .. 2^24 - 1; unsigned result */
export function swpEntry(type: number, offset: number): number {
  return ((type << 1) | (offset << 8)) >>> 0;
}

/** Number of the area. @linux SWP_TYPE() */
export function swpType(entry: number): number {
  return (entry >>> 1) & 0x3f;
}

/** Slot in the area. @linux SWP_OFFSET() */
export function swpOffset(entry: number): number {
  return entry >>> 8;
}

/** Largest slot number that an entry can hold. */
export const MAX_SWAP_OFFSET = 0xffffff;
