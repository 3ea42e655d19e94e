import { Errno } from '../errno.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { lowerBound } from './find-vma.ts';
import { fput } from './fput.ts';
import { freePgtables } from './free-pgtables.ts';
import { TASK_SIZE } from './layout.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';
import { allocVmaObject, freeVma, freeVmaObject } from './vma-alloc.ts';
import { cloneVma, indexRemove, linkAt, removeSharedVmStruct } from './vma-link.ts';
import { isOverLimit, SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';
import { zapPageRange } from './zap.ts';

/**
 * Unmaps [addr, addr + len). Ranges in which nothing is mapped are fine.
 *
 * All areas concerned leave the address space first; then each, from the highest to the lowest, loses its pages, and
 * what remains of it goes back.
 * The struct that a hole would need is taken in advance, whether there will be one or not: behind that point nothing fails.
 * @returns 0; -EINVAL: not page aligned, empty or beyond user space; -ENOMEM: a hole would make one area too many, or there
 *   is no memory for that struct
 * @linux 2.4.22 mm/mmap.c do_munmap()
 */
export function doMunmap(vm: Vm, mm: MmStruct, addr: Addr, len: number): SysResult {
  if (addr & 0xfff || addr > TASK_SIZE || len > TASK_SIZE - addr) return -Errno.EINVAL;
  len = pageAlign(len);
  if (len === 0) return -Errno.EINVAL;
  const end = addr + len;
  const index = mm.index;
  const first = lowerBound(index, addr);
  if (first === index.length) return 0;
  const vma = index[first] as Vma;
  if (vma.vmStart >= end) return 0;
  const isHole = vma.vmStart < addr && vma.vmEnd > end;
  if (isHole && isOverLimit(vm.trace, 'max_map_count', mm.mapCount + 1, vm.sysctls.maxMapCount)) {
    return -Errno.ENOMEM;
  }
  let extra = allocVmaObject(vm);
  if (extra === 0) return -Errno.ENOMEM;

  const prev = first > 0 ? (index[first - 1] as Vma) : null;
  let after = first + 1;
  while (after < index.length && (index[after] as Vma).vmStart < end) after++;
  const more = after - first > 1 ? index.slice(first + 1, after) : null;
  const next = after < index.length ? (index[after] as Vma) : null;
  if (prev === null) mm.mmap = next;
  else prev.vmNext = next;
  indexRemove(index, first, after);
  mm.mmapCache = null;

  if (more !== null) {
    for (let i = more.length - 1; i >= 0; i--) {
      extra = unmapArea(vm, mm, more[i] as Vma, addr, end, first, extra);
    }
  }
  extra = unmapArea(vm, mm, vma, addr, end, first, extra);
  if (extra !== 0) freeVmaObject(vm, extra);
  freePgtables(vm, mm, prev, addr, end);
  return 0;
}

/** Unmaps what [addr, end) covers of a detached area. What remains goes back at position `at`. Returns the unused `extra`. */
function unmapArea(vm: Vm, mm: MmStruct, vma: Vma, addr: Addr, end: Addr, at: number, extra: Addr): Addr {
  const start = addr < vma.vmStart ? vma.vmStart : addr;
  const stop = end > vma.vmEnd ? vma.vmEnd : end;
  removeSharedVmStruct(vma);
  mm.mapCount--;
  zapPageRange(vm, mm, start, stop - start);
  return unmapFixup(vm, mm, vma, start, stop, at, extra);
}

/**
 * Puts back what remains of an area without [start, stop).
 *
 *     whole   |xxxxxxxx|   nothing: close, give the file back, free the struct
 *     tail    |----xxxx|   vmEnd = start
 *     head    |xxxx----|   vmStart = stop, vmPgoff moves on
 *     hole    |--xxxx--|   the struct keeps the head, a new one (`extra`) gets the tail
 *
 * @param extra object for a tail
 * @returns `extra`, 0 when it is used
 * @linux 2.4.22 mm/mmap.c unmap_fixup()
 */
function unmapFixup(vm: Vm, mm: MmStruct, vma: Vma, start: Addr, stop: Addr, at: number, extra: Addr): Addr {
  const pages = (stop - start) >>> 12;
  mm.totalVm -= pages;
  if (vma.vmFlags & VM.locked) mm.lockedVm -= pages;
  if (start === vma.vmStart && stop === vma.vmEnd) {
    vma.vmOps?.close?.(vma);
    if (vma.vmFile !== null) fput(vm, vma.vmFile);
    freeVma(vm, vma);
    return extra;
  }
  if (stop === vma.vmEnd) {
    vma.vmEnd = start;
  } else if (start === vma.vmStart) {
    vma.vmPgoff = (vma.vmPgoff + pages) >>> 0;
    vma.vmStart = stop;
  } else {
    const tail = cloneVma(vma, stop, vma.vmEnd, extra);
    extra = 0;
    tail.vmPgoff = (vma.vmPgoff + ((stop - vma.vmStart) >>> 12)) >>> 0;
    if (tail.vmFile !== null) tail.vmFile.count++;
    tail.vmOps?.open?.(tail);
    vma.vmEnd = start;
    linkAt(mm, tail, at);
  }
  linkAt(mm, vma, at);
  return extra;
}

/** munmap. @linux 2.4.22 mm/mmap.c sys_munmap() */
export function sysMunmap(vm: Vm, addr: Addr, len: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.munmap, addr, len);
  const result = doMunmap(vm, vm.current.mm as MmStruct, addr, len);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.munmap, result);
  return result;
}
