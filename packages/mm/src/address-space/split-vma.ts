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
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';
import { allocVmaObject, freeVmaObject } from './vma-alloc.ts';
import { cloneVma, linkAt } from './vma-link.ts';

/** Takes references for a piece that was split off. */
function openPiece(piece: Vma): void {
  if (piece.vmFile !== null) piece.vmFile.count++;
  piece.vmOps?.open?.(piece);
}

/**
 * Makes [start, end) of `vma` an area of its own and returns it; the caller then sets its flags. `start < end` lie in
 * `vma` on page boundaries. Pieces that are new have `vmRaend` 0. Null: no memory for the new ones, and nothing is changed.
 */
export function splitOut(vm: Vm, mm: MmStruct, vma: Vma, start: Addr, end: Addr): Vma | null {
  if (start === vma.vmStart && end === vma.vmEnd) return vma;
  const object = allocVmaObject(vm);
  if (object === 0) return null;
  if (start === vma.vmStart) {
    const at = lowerBound(mm.index, start);
    const piece = cloneVma(vma, start, end, object);
    openPiece(piece);
    vma.vmPgoff = (vma.vmPgoff + ((end - start) >>> 12)) >>> 0;
    vma.vmStart = end;
    linkAt(mm, piece, at);
    return piece;
  }
  const at = lowerBound(mm.index, start);
  if (end === vma.vmEnd) {
    const piece = cloneVma(vma, start, end, object);
    piece.vmPgoff = (vma.vmPgoff + ((start - vma.vmStart) >>> 12)) >>> 0;
    openPiece(piece);
    vma.vmEnd = start;
    linkAt(mm, piece, at + 1);
    return piece;
  }
  const second = allocVmaObject(vm);
  if (second === 0) {
    freeVmaObject(vm, object);
    return null;
  }
  const left = cloneVma(vma, vma.vmStart, start, object);
  const right = cloneVma(vma, end, vma.vmEnd, second);
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
