/**
 * Cutting an area so that a range of it becomes an area of its own. mprotect, mlock and madvise need it; in Linux each has
 * its own copy of these three cases (`mprotect_fixup_start()`, `mlock_fixup_middle()` …).
 *
 *            start  end                      the struct that exists keeps
 *     whole  |=======|                       everything
 *     start  |=======|-------|               the tail; a new one gets the range
 *     end    |-------|=======|               the head; a new one gets the range
 *     middle |---|=======|---|               the range; two new ones get head and tail
 */
import type { Addr } from '../types.ts';
import { lowerBound } from './find-vma.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vma } from './vma.ts';
import { cloneVma, linkAt } from './vma-link.ts';

/** Takes references for a piece that was split off. */
function openPiece(piece: Vma): void {
  if (piece.vmFile !== null) piece.vmFile.count++;
  piece.vmOps?.open?.(piece);
}

/**
 * Makes [start, end) of `vma` an area of its own and returns it; the caller then sets its flags. `start < end` lie in
 * `vma` on page boundaries. Pieces that are new have `vmRaend` 0.
 */
export function splitOut(mm: MmStruct, vma: Vma, start: Addr, end: Addr): Vma {
  if (start === vma.vmStart) {
    if (end === vma.vmEnd) return vma;
    const at = lowerBound(mm.index, start);
    const piece = cloneVma(vma, start, end);
    openPiece(piece);
    vma.vmPgoff = (vma.vmPgoff + ((end - start) >>> 12)) >>> 0;
    vma.vmStart = end;
    linkAt(mm, piece, at);
    return piece;
  }
  const at = lowerBound(mm.index, start);
  if (end === vma.vmEnd) {
    const piece = cloneVma(vma, start, end);
    piece.vmPgoff = (vma.vmPgoff + ((start - vma.vmStart) >>> 12)) >>> 0;
    openPiece(piece);
    vma.vmEnd = start;
    linkAt(mm, piece, at + 1);
    return piece;
  }
  const left = cloneVma(vma, vma.vmStart, start);
  const right = cloneVma(vma, end, vma.vmEnd);
  right.vmPgoff = (vma.vmPgoff + ((end - vma.vmStart) >>> 12)) >>> 0;
  openPiece(left);
  openPiece(right);
  vma.vmPgoff = (vma.vmPgoff + ((start - vma.vmStart) >>> 12)) >>> 0;
  vma.vmRaend = 0;
  vma.vmStart = start;
  vma.vmEnd = end;
  linkAt(mm, left, at);
  linkAt(mm, right, at + 2);
  return vma;
}
