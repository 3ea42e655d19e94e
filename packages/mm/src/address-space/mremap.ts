/**
 * mremap: growing, shrinking and moving a mapping.
 *
 * Where 2.4.22 does not look (results of do_munmap ignored, a new length of 0 with MREMAP_FIXED), it corrupts its own
 * lists: CVE-2003-0985 and CVE-2004-0077, closed in 2.4.24 and 2.4.25. No program can have relied on that, so the move
 * is refused here where the later releases refuse it; each place says so.
 */
import { Errno } from '../errno.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { findVma, lowerBound } from './find-vma.ts';
import { getUnmappedArea } from './get-unmapped-area.ts';
import { makePagesPresent } from './get-user-pages.ts';
import { TASK_SIZE } from './layout.ts';
import type { MmStruct } from './mm-struct.ts';
import { MAP, MREMAP } from './mman.ts';
import { movePageTables } from './move-page-tables.ts';
import { doMunmap } from './munmap.ts';
import { exceedsRlimitAs, exceedsRlimitMemlock, isPrivateWritable, vmEnoughMemory } from './overcommit.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';
import { allocVmaObject, freeVma } from './vma-alloc.ts';
import { cloneVma, insertVmStruct } from './vma-link.ts';
import { mergeIntoNeighbour } from './vma-merge.ts';
import { SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';

/**
 * Makes the free range [addr, end) part of a neighbour with the flags of `vma`: the area grown, or null.
 * The picture is that of {@link mergeIntoNeighbour}.
 * @linux 2.4.22 mm/mremap.c move_vma()
 */
function mergeTarget(vm: Vm, mm: MmStruct, vma: Vma, addr: Addr, end: Addr): Vma | null {
  if (!vm.rules.merging.changedAreas) return null;
  const anonymous = vma.vmFile === null && !(vma.vmFlags & VM.shared);
  return mergeIntoNeighbour(vm, mm, lowerBound(mm.index, addr), addr, end, vma.vmFlags, anonymous);
}

/**
 * Moves [addr, addr + oldLen) of `vma` to `newAddr`, where `newLen` bytes are free.
 * @returns `newAddr`, or -ENOMEM when a page table or the struct of a new area was not to be had
 * @linux 2.4.22 mm/mremap.c move_vma()
 */
function moveVma(
  vm: Vm,
  mm: MmStruct,
  vma: Vma,
  addr: Addr,
  oldLen: number,
  newLen: number,
  newAddr: Addr,
): SysResult {
  const flags = vma.vmFlags;
  // A target that touches `vma` may make `vma` itself larger, or swallow it: take what is needed of it first.
  const copy = cloneVma(vma, newAddr, newAddr + newLen, 0);
  copy.vmPgoff = (vma.vmPgoff + ((addr - vma.vmStart) >>> 12)) >>> 0;
  const merged = mergeTarget(vm, mm, vma, newAddr, newAddr + newLen);
  if (merged === null) {
    copy.object = allocVmaObject(vm);
    if (copy.object === 0) return -Errno.ENOMEM;
  }
  if (!movePageTables(vm, mm, newAddr, addr, oldLen)) {
    if (merged !== null) {
      // The neighbour keeps its new size. The kernel forgets to count it; the counters here stay those of the areas.
      mm.totalVm += newLen >>> 12;
      if (flags & VM.locked) mm.lockedVm += newLen >>> 12;
    } else {
      freeVma(vm, copy);
    }
    return -Errno.ENOMEM;
  }
  if (merged === null) {
    if (copy.vmFile !== null) copy.vmFile.count++;
    copy.vmOps?.open?.(copy);
    insertVmStruct(vm, mm, copy);
  }
  // Fails when the range lies inside an area and the limit of areas is reached, or there is no memory for a struct: the old
  // range then stays, empty.
  doMunmap(vm, mm, addr, oldLen);
  mm.totalVm += newLen >>> 12;
  populateMoved(vm, mm, flags, merged ?? copy, oldLen, newLen, newAddr);
  return newAddr;
}

/** Counts the moved range as locked and faults its new part in. */
function populateMoved(
  vm: Vm,
  mm: MmStruct,
  oldFlags: number,
  area: Vma,
  oldLen: number,
  newLen: number,
  newAddr: Addr,
): void {
  if (!((vm.rules.mremapPopulatesWhole ? area.vmFlags : oldFlags) & VM.locked)) return;
  mm.lockedVm += newLen >>> 12;
  if (vm.rules.mremapPopulatesWhole) makePagesPresent(vm, area.vmStart, area.vmEnd);
  else if (newLen > oldLen) makePagesPresent(vm, newAddr + oldLen, newAddr + newLen);
}

/** Whether MREMAP_FIXED may move to [newAddr, +newLen): aligned, in user space, and apart from the old range. */
function isValidTarget(addr: Addr, oldLen: number, newLen: number, flags: number, newAddr: Addr): boolean {
  if (newAddr & 0xfff || !(flags & MREMAP.mayMove)) return false;
  if (newLen > TASK_SIZE || newAddr > TASK_SIZE - newLen) return false;
  if (newAddr <= addr && newAddr + newLen > addr) return false;
  return !(addr <= newAddr && (addr + oldLen) >>> 0 > newAddr);
}

/**
 * Changes the size of the mapping at [addr, addr + oldLen) to `newLen`, in place if there is room, else elsewhere with
 * MREMAP_MAYMOVE, or at `newAddr` with MREMAP_FIXED.
 * @returns the address of the mapping; -EINVAL; -EFAULT: not (wholly) in one area; -EAGAIN: RLIMIT_MEMLOCK; -ENOMEM
 * @linux 2.4.22 mm/mremap.c do_mremap()
 */
function doMremap(
  vm: Vm,
  addr: Addr,
  oldLen: number,
  newLen: number,
  flags: number,
  newAddr: Addr,
): SysResult {
  const mm = vm.current.mm as MmStruct;
  if (flags & ~(MREMAP.fixed | MREMAP.mayMove)) return -Errno.EINVAL;
  if (addr & 0xfff) return -Errno.EINVAL;
  oldLen = pageAlign(oldLen);
  newLen = pageAlign(newLen);
  const isFixed = (flags & MREMAP.fixed) !== 0;
  if (isFixed) {
    if (!isValidTarget(addr, oldLen, newLen, flags, newAddr)) return -Errno.EINVAL;
    const error = doMunmap(vm, mm, newAddr, newLen);
    // 2.4.22 goes on and links an area over another one.
    if (error !== 0 && newLen !== 0) return error;
  }
  if (oldLen >= newLen) {
    doMunmap(vm, mm, (addr + newLen) >>> 0, oldLen - newLen);
    if (!isFixed || newAddr === addr) return addr;
  }

  const vma = findVma(mm, addr);
  if (vma === null || vma.vmStart > addr) return -Errno.EFAULT;
  if (oldLen > vma.vmEnd - addr) return -Errno.EFAULT;
  if (vma.vmFlags & VM.dontExpand && newLen > oldLen) return -Errno.EFAULT;
  // Only a shrinking move whose do_munmap failed gets here with oldLen > newLen; 2.4.22 would move pages past the end
  // of the new area. With newLen 0 it would link an empty area.
  if (oldLen > newLen) return -Errno.ENOMEM;
  if (newLen === 0) return -Errno.EINVAL;
  const growth = newLen - oldLen;
  if (vma.vmFlags & VM.locked && exceedsRlimitMemlock(vm, mm.lockedVm, growth)) return -Errno.EAGAIN;
  if (exceedsRlimitAs(vm, mm.totalVm, growth)) return -Errno.ENOMEM;
  if (isPrivateWritable(vma.vmFlags) && !vmEnoughMemory(vm, growth >>> 12)) return -Errno.ENOMEM;

  const moves = isFixed && addr !== newAddr;
  if (oldLen === vma.vmEnd - addr && !moves && (oldLen !== newLen || !(flags & MREMAP.mayMove))) {
    const limit = vma.vmNext === null ? TASK_SIZE : vma.vmNext.vmStart;
    if (limit - addr >= newLen) {
      growInPlace(vm, mm, vma, addr + oldLen, addr + newLen);
      return addr;
    }
  }
  if (!(flags & MREMAP.mayMove)) return -Errno.ENOMEM;
  if (!isFixed) {
    newAddr = getUnmappedArea(vm, 0, newLen, vma.vmFlags & VM.shared ? MAP.shared : 0);
    if (newAddr < 0) return newAddr;
  }
  return moveVma(vm, mm, vma, addr, oldLen, newLen, newAddr);
}

/** Extends an area; it does not merge with the one it may now touch. */
function growInPlace(vm: Vm, mm: MmStruct, vma: Vma, oldEnd: Addr, newEnd: Addr): void {
  const pages = (newEnd - oldEnd) >>> 12;
  vma.vmEnd = newEnd;
  mm.totalVm += pages;
  if (!(vma.vmFlags & VM.locked)) return;
  mm.lockedVm += pages;
  makePagesPresent(vm, oldEnd, newEnd);
}

/** mremap; `newAddr` counts with MREMAP_FIXED only. @linux 2.4.22 mm/mremap.c sys_mremap() */
export function sysMremap(
  vm: Vm,
  addr: Addr,
  oldLen: number,
  newLen: number,
  flags: number,
  newAddr: Addr,
): SysResult {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.mremap, addr, oldLen, newLen, flags, newAddr);
  const result = doMremap(vm, addr, oldLen, newLen, flags, newAddr);
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.mremap, result);
  return result;
}
