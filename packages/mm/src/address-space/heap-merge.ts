import type { Vma } from './vma.ts';
import { canVmaMerge, type VmaMerging } from './vma-merge.ts';
import { traceMerge } from './vma-tracepoints.ts';

/**
 * 2.4.0 has no vma_merge(): each mmap is an area of its own, and what mprotect or mlock cut stays cut. Only brk extends the
 * area that ends at the old break, if it is anonymous and has the same flags; one that begins at the new break is left alone.
 *
 * @linux 2.4.0 mm/mmap.c do_brk()
 */
export const MERGES_HEAP_ONLY: VmaMerging = {
  mapping: () => false,
  heap: (vm, mm, at, addr, end, vmFlags) => {
    const prev = at > 0 ? (mm.index[at - 1] as Vma) : null;
    const merges = prev !== null && prev.vmEnd === addr && canVmaMerge(prev, vmFlags);
    if (vm.trace.on) traceMerge(vm.trace, addr, end, vmFlags, true, prev, null, merges);
    if (merges) prev.vmEnd = end;
    return merges;
  },
  changedAreas: false,
};
