import { Errno } from '../errno.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { findVma } from './find-vma.ts';
import { makePagesPresent } from './get-user-pages.ts';
import type { MmStruct } from './mm-struct.ts';
import { MCL } from './mman.ts';
import { splitOut } from './split-vma.ts';
import { CAP, RLIMIT } from './task.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';
import { isOverLimit, SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';

/**
 * Locks or unlocks [start, end) of one area, which is cut where needed and never merged again. Pages of a locked range
 * are faulted in; that some cannot be (PROT_NONE) is not an error.
 * @returns 0; -EAGAIN: no memory for a cut, nothing changed
 * @linux 2.4.22 mm/mlock.c mlock_fixup()
 */
function mlockFixup(vm: Vm, mm: MmStruct, vma: Vma, start: Addr, end: Addr, newFlags: number): number {
  if (newFlags === vma.vmFlags) return 0;
  const piece = splitOut(vm, mm, vma, start, end);
  if (piece === null) return -Errno.EAGAIN;
  piece.vmFlags = newFlags;
  const pages = (end - start) >>> 12;
  if (newFlags & VM.locked) {
    makePagesPresent(vm, start, end);
    mm.lockedVm += pages;
  } else {
    mm.lockedVm -= pages;
  }
  return 0;
}

/**
 * Locks or unlocks a page-aligned range. The areas must be gapless; those before a gap stay locked.
 * @linux 2.4.22 mm/mlock.c do_mlock()
 */
function doMlock(vm: Vm, start: Addr, len: number, lock: boolean): SysResult {
  if (lock && !vm.current.capable(CAP.ipcLock)) return -Errno.EPERM;
  const end = start + len;
  if (end > 0xffffffff) return -Errno.EINVAL;
  if (len === 0) return 0;
  const mm = vm.current.mm as MmStruct;
  let vma = findVma(mm, start);
  if (vma === null || vma.vmStart > start) return -Errno.ENOMEM;
  for (let at = start; ; ) {
    const newFlags = lock ? vma.vmFlags | VM.locked : vma.vmFlags & ~VM.locked;
    const areaEnd: Addr = vma.vmEnd;
    if (areaEnd >= end) {
      return mlockFixup(vm, mm, vma, at, end, newFlags);
    }
    const next: Vma | null = vma.vmNext;
    const error = mlockFixup(vm, mm, vma, at, areaEnd, newFlags);
    if (error !== 0) return error;
    at = areaEnd;
    vma = next;
    if (vma === null || vma.vmStart !== at) return -Errno.ENOMEM;
  }
}

/** Whether `pages` locked pages are more than RLIMIT_MEMLOCK or more than half of memory. */
function tooManyLocked(vm: Vm, pages: number): boolean {
  const limit = Math.floor((vm.current.rlimCur[RLIMIT.memlock] as number) / 4096);
  return (
    isOverLimit(vm.trace, 'RLIMIT_MEMLOCK (pages)', pages, limit) ||
    isOverLimit(vm.trace, 'half of memory (pages)', pages, vm.numPhyspages >>> 1)
  );
}

/**
 * Locks all pages that [start, start + len) touches. Pages that are locked already count twice against the limits.
 * @returns 0; -ENOMEM: over a limit, or a part is not mapped; -EPERM without CAP_IPC_LOCK; -EINVAL: the range wraps;
 *   -EAGAIN: no memory for a cut
 * @linux 2.4.22 mm/mlock.c sys_mlock()
 */
export function sysMlock(vm: Vm, start: Addr, len: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.mlock, start, len);
  const mm = vm.current.mm as MmStruct;
  const length = pageAlign(len + (start & 0xfff));
  const result = tooManyLocked(vm, (length >>> 12) + mm.lockedVm)
    ? -Errno.ENOMEM
    : doMlock(vm, (start & ~0xfff) >>> 0, length, true);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.mlock, result);
  return result;
}

/** Unlocks all pages that [start, start + len) touches: 0, -ENOMEM, -EAGAIN or -EINVAL. @linux 2.4.22 mm/mlock.c sys_munlock() */
export function sysMunlock(vm: Vm, start: Addr, len: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.munlock, start, len);
  const result = doMlock(vm, (start & ~0xfff) >>> 0, pageAlign(len + (start & 0xfff)), false);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.munlock, result);
  return result;
}

/**
 * Sets what mappings made later are (MCL_FUTURE) and locks the present areas with MCL_CURRENT; *without* it they are
 * unlocked. @linux 2.4.22 mm/mlock.c do_mlockall()
 */
function doMlockall(vm: Vm, flags: number): SysResult {
  if (!vm.current.capable(CAP.ipcLock)) return -Errno.EPERM;
  const mm = vm.current.mm as MmStruct;
  mm.defFlags = flags & MCL.future ? VM.locked : 0;
  for (let vma = mm.mmap; vma !== null; vma = vma.vmNext) {
    const newFlags = flags & MCL.current ? vma.vmFlags | VM.locked : vma.vmFlags & ~VM.locked;
    mlockFixup(vm, mm, vma, vma.vmStart, vma.vmEnd, newFlags);
  }
  return 0;
}

/**
 * @returns 0; -EINVAL: no flags or unknown ones; -ENOMEM: the address space is over a limit; -EPERM without CAP_IPC_LOCK
 * @linux 2.4.22 mm/mlock.c sys_mlockall()
 */
export function sysMlockall(vm: Vm, flags: number): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.mlockall, flags);
  let result: SysResult;
  if (flags === 0 || flags & ~(MCL.current | MCL.future)) result = -Errno.EINVAL;
  else if (tooManyLocked(vm, (vm.current.mm as MmStruct).totalVm)) result = -Errno.ENOMEM;
  else result = doMlockall(vm, flags);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.mlockall, result);
  return result;
}

/** Unlocks everything, now and later: 0, or -EPERM without CAP_IPC_LOCK. @linux 2.4.22 mm/mlock.c sys_munlockall() */
export function sysMunlockall(vm: Vm): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.munlockall);
  const result = doMlockall(vm, 0);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.munlockall, result);
  return result;
}
