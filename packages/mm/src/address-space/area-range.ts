import { Errno } from '../errno.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { findVma } from './find-vma.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/** Works on the part [start, end) of an area: 0 or -errno. It may split the area. */
export type AreaVisitor<T> = (vm: Vm, vma: Vma, start: Addr, end: Addr, argument: T) => number;

/**
 * The range test that madvise, mincore and msync begin with: the end of the range, or -EINVAL when `start` is not page
 * aligned or the range wraps. The length is rounded up (one above 0xFFFFF000 to 0).
 */
export function rangeEnd(start: Addr, len: number): Addr | -22 {
  const end = start + pageAlign(len);
  return start & 0xfff || end > 0xffffffff ? -Errno.EINVAL : end;
}

/**
 * Visits the areas of [start, end) in address order. The first error ends the walk and is the result. Gaps are skipped;
 * they make the result `hole` at the end, when everything else has been done.
 * @param hole -errno of a gap
 * @linux 2.4.22 mm/filemap.c sys_madvise(), sys_mincore(), sys_msync(): the loop that all three have
 */
export function visitAreas<T>(
  vm: Vm,
  start: Addr,
  end: Addr,
  argument: T,
  visit: AreaVisitor<T>,
  hole: number = -Errno.ENOMEM,
): SysResult {
  let unmapped = 0;
  let vma = findVma(vm.current.mm as MmStruct, start);
  for (;;) {
    if (vma === null) return hole;
    if (start < vma.vmStart) {
      unmapped = hole;
      start = vma.vmStart;
    }
    if (end <= vma.vmEnd) {
      const error = start < end ? visit(vm, vma, start, end, argument) : 0;
      return error !== 0 ? error : unmapped;
    }
    const error = visit(vm, vma, start, vma.vmEnd, argument);
    if (error !== 0) return error;
    // Read after the visit: of an area that was cut this is the head, and the piece just visited is visited again.
    start = vma.vmEnd;
    vma = vma.vmNext;
  }
}
