import { Errno } from '../errno.ts';
import { type Addr, pageAlign, type SysResult } from '../types.ts';
import { findVmaIntersection, lowerBound } from './find-vma.ts';
import { makePagesPresent } from './get-user-pages.ts';
import { TASK_SIZE } from './layout.ts';
import type { MmStruct } from './mm-struct.ts';
import { doMunmap } from './munmap.ts';
import { exceedsRlimitAs, exceedsRlimitMemlock, vmEnoughMemory } from './overcommit.ts';
import { RLIM_INFINITY, RLIMIT } from './task.ts';
import type { Vm } from './vm.ts';
import { protectionOf, VM, VM_DATA_DEFAULT_FLAGS, type Vma } from './vma.ts';
import { newVma } from './vma-alloc.ts';
import { linkAt } from './vma-link.ts';
import { isOverLimit, SYSCALL, traceEnter, traceExit } from './vma-tracepoints.ts';

/**
 * Maps anonymous memory, readable, writable and executable, at exactly [addr, addr + len): the heap and bss. What was
 * mapped there goes.
 * @param addr page aligned
 * @returns `addr`, -EAGAIN (RLIMIT_MEMLOCK), -ENOMEM, or -EINVAL for a range beyond user space (2.4.22 has no such test
 *   and would map kernel addresses: CVE-2003-0961, closed in 2.4.23; a machine in that state has no defined behaviour)
 * @linux 2.4.22 mm/mmap.c do_brk()
 */
export function doBrk(vm: Vm, addr: Addr, len: number): SysResult {
  const mm = vm.current.mm as MmStruct;
  len = pageAlign(len);
  if (len === 0) return addr;
  if (addr + len > TASK_SIZE) return -Errno.EINVAL;
  if (mm.defFlags & VM.locked && exceedsRlimitMemlock(vm, mm.lockedVm, len)) return -Errno.EAGAIN;
  const end = addr + len;
  const index = mm.index;
  let at = lowerBound(index, addr);
  if (at < index.length && (index[at] as Vma).vmStart < end) {
    if (doMunmap(vm, mm, addr, len) !== 0) return -Errno.ENOMEM;
    at = lowerBound(index, addr);
  }
  if (exceedsRlimitAs(vm, mm.totalVm, len)) return -Errno.ENOMEM;
  if (isOverLimit(vm.trace, 'max_map_count', mm.mapCount, vm.sysctls.maxMapCount)) return -Errno.ENOMEM;
  if (!vmEnoughMemory(vm, len >>> 12)) return -Errno.ENOMEM;

  const vmFlags = VM_DATA_DEFAULT_FLAGS | mm.defFlags;
  if (!vm.rules.merging.heap(vm, mm, at, addr, end, vmFlags)) {
    const vma = newVma(vm, mm, addr, end, vmFlags, protectionOf(vmFlags));
    if (vma === null) return -Errno.ENOMEM;
    linkAt(mm, vma, at);
  }
  mm.totalVm += len >>> 12;
  if (vmFlags & VM.locked) {
    mm.lockedVm += len >>> 12;
    makePagesPresent(vm, addr, end);
  }
  return addr;
}

/**
 * Moves the end of the heap to `brk`. Growing is refused when the heap would leave no free page below the next area.
 * @returns the end of the heap after the call, moved or not: never an errno
 * @linux 2.4.22 mm/mmap.c sys_brk()
 */
export function sysBrk(vm: Vm, brk: Addr): Addr {
  if (vm.trace.on) traceEnter(vm.trace, SYSCALL.brk, brk);
  const mm = vm.current.mm as MmStruct;
  if (moveBrk(vm, mm, brk)) mm.brk = brk;
  if (vm.trace.on) traceExit(vm.trace, SYSCALL.brk, mm.brk);
  return mm.brk;
}

/** Maps or unmaps what lies between the old and the new end; false = refused. */
function moveBrk(vm: Vm, mm: MmStruct, brk: Addr): boolean {
  if (brk < mm.endCode) return false;
  const newEnd = pageAlign(brk);
  const oldEnd = pageAlign(mm.brk);
  if (newEnd === oldEnd) return true;
  if (brk <= mm.brk) return doMunmap(vm, mm, newEnd, oldEnd - newEnd) === 0;
  const limit = vm.current.rlimCur[RLIMIT.data] as number;
  if (limit < RLIM_INFINITY && isOverLimit(vm.trace, 'RLIMIT_DATA', (brk - mm.startData) >>> 0, limit)) {
    return false;
  }
  // Both sums below wrap for a break in the last page of the address space; doBrk refuses that range then.
  if (findVmaIntersection(mm, oldEnd, (newEnd + 4096) >>> 0) !== null) return false;
  const growth = (newEnd - oldEnd) >>> 0;
  return vmEnoughMemory(vm, growth >>> 12) && doBrk(vm, oldEnd, growth) === oldEnd;
}
