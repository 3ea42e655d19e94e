/**
 * Looking areas up by address.
 *
 * Linux keeps a red-black tree beside the sorted list. {@link MmStruct.index} holds the same areas in address order, so
 * a binary search gives the tree's answers:
 *
 *     index      [0]        [1]             [2]
 *             |--------|  |------|       |---------|
 *   addr                ^ -> 1            -> 2 ^        ^ -> 3 = none
 */
import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vma } from './vma.ts';

/**
 * Position of the first area that ends above `addr` (it may begin above it too); `index.length` when there is none.
 * It is also where an area that begins at `addr` and overlaps nothing is to be inserted.
 */
export function lowerBound(index: readonly Vma[], addr: Addr): number {
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((index[middle] as Vma).vmEnd > addr) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The first area that ends above `addr`, null = none. The area need not contain `addr`: test `vmStart`.
 * Remembers its answer in `mmapCache`. @linux 2.4.22 mm/mmap.c find_vma()
 */
export function findVma(mm: MmStruct, addr: Addr): Vma | null {
  const cached = mm.mmapCache;
  if (cached !== null && cached.vmEnd > addr && cached.vmStart <= addr) return cached;
  const index = mm.index;
  const at = lowerBound(index, addr);
  if (at === index.length) return null;
  return (mm.mmapCache = index[at] as Vma);
}

/** Second result of {@link findVmaPrev}; read it before the next call. */
export const prevOf: { vma: Vma | null } = { vma: null };

/**
 * Like {@link findVma} but past the cache, and with the area before the answer in {@link prevOf}. When nothing ends
 * above `addr` both are null: the last area is not reported. @linux 2.4.22 mm/mmap.c find_vma_prev()
 */
export function findVmaPrev(mm: MmStruct, addr: Addr): Vma | null {
  const index = mm.index;
  const at = lowerBound(index, addr);
  if (at === index.length) {
    prevOf.vma = null;
    return null;
  }
  prevOf.vma = at > 0 ? (index[at - 1] as Vma) : null;
  return index[at] as Vma;
}

/** The first area that overlaps [start, end), null = none. @linux 2.4.22 include/linux/mm.h find_vma_intersection() */
export function findVmaIntersection(mm: MmStruct, start: Addr, end: Addr): Vma | null {
  const vma = findVma(mm, start);
  return vma !== null && end <= vma.vmStart ? null : vma;
}
