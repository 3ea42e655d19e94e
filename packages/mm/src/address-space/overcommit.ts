import { RLIMIT } from './task.ts';
import type { Vm } from './vm.ts';
import { VM } from './vma.ts';
import { isOverLimit, VM_ENOUGH_MEMORY, VM_OVERCOMMIT_ALWAYS } from './vma-tracepoints.ts';

/** Whether a mapping with `vmFlags` may need memory of its own later: it is private and writable. */
export function isPrivateWritable(vmFlags: number): boolean {
  return (vmFlags & (VM.shared | VM.write)) === VM.write;
}

/**
 * Whether `pages` more pages of private memory may be promised: what could be freed or swapped out must be *more* than
 * them. A snapshot only: nothing is reserved, so two processes can each be promised all of memory.
 * @linux 2.4.22 mm/mmap.c vm_enough_memory()
 */
export function vmEnoughMemory(vm: Vm, pages: number): boolean {
  const trace = vm.trace;
  if (vm.sysctls.overcommitMemory !== 0) {
    if (trace.on) trace.emit(VM_OVERCOMMIT_ALWAYS, pages, vm.sysctls.overcommitMemory);
    return true;
  }
  const counts = vm.rules.promisesShrinkable;
  // Where they are not counted, in 2.4.0, buffers have pages of their own, outside of the page cache.
  const cache = vm.pageCache.pageCacheSize + (counts ? 0 : vm.pageCache.buffermemPages);
  const freePages = vm.allocator.nrFreePages();
  const swap = vm.ports.nrSwapPages();
  const swapCache = counts ? vm.ports.swapCachePages() : 0;
  const slab = counts ? vm.ports.shrinkableSlabPages() : 0;
  const free = cache + freePages + swap + swapCache + slab;
  const enough = free > pages;
  if (trace.on) {
    trace.emit(VM_ENOUGH_MEMORY, pages, free, cache, freePages, swap, swapCache, slab, enough ? 1 : 0);
  }
  return enough;
}

/**
 * Whether `growth` more bytes would break RLIMIT_AS. The sum wraps at 32 bits, as the kernel's does.
 * @linux 2.4.22 mm/mmap.c do_mmap_pgoff(), do_brk(); mm/mremap.c do_mremap()
 */
export function exceedsRlimitAs(vm: Vm, totalVm: number, growth: number): boolean {
  const limit = vm.current.rlimCur[RLIMIT.as] as number;
  return isOverLimit(vm.trace, 'RLIMIT_AS', (totalVm * 4096 + growth) >>> 0, limit);
}

/** Whether locking `growth` more bytes would break RLIMIT_MEMLOCK; the sum wraps at 32 bits. */
export function exceedsRlimitMemlock(vm: Vm, lockedVm: number, growth: number): boolean {
  const limit = vm.current.rlimCur[RLIMIT.memlock] as number;
  return isOverLimit(vm.trace, 'RLIMIT_MEMLOCK', (lockedVm * 4096 + growth) >>> 0, limit);
}
