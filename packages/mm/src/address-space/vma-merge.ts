import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';
import { freeVma } from './vma-alloc.ts';
import { vmaUnlink } from './vma-link.ts';
import { traceMerge } from './vma-tracepoints.ts';

/**
 * Whether anonymous private memory with these flags may become part of `vma`: it has no file and exactly these flags.
 * Page offset and operations do not matter. @linux 2.4.22 include/linux/mm.h can_vma_merge()
 */
export function canVmaMerge(vma: Vma, vmFlags: number): boolean {
  return vma.vmFile === null && vma.vmFlags === vmFlags;
}

/**
 * Tries to add the free range [addr, end) to a neighbour instead of making an area of it.
 *
 *     prev ends at addr       |pppp|xxxx          ->  |pppppppp|
 *       and next begins at end |pppp|xxxx|nnnn|   ->  |pppppppppppp|   next is gone
 *     next begins at end           xxxx|nnnn|     ->  |nnnnnnnn|       its vmPgoff stays as it is
 *
 * @param at position in the index where an area beginning at `addr` would go
 * @param mergeable false: only the decision is traced (the area has a file, or is shared)
 * @returns the neighbour that has the range now, or null
 * @linux 2.4.22 mm/mmap.c vma_merge(), mm/mremap.c move_vma()
 */
export function mergeIntoNeighbour(
  vm: Vm,
  mm: MmStruct,
  at: number,
  addr: Addr,
  end: Addr,
  vmFlags: number,
  mergeable: boolean,
): Vma | null {
  const index = mm.index;
  const prev = at > 0 ? (index[at - 1] as Vma) : null;
  const next = at < index.length ? (index[at] as Vma) : null;
  const intoPrev = mergeable && prev !== null && prev.vmEnd === addr && canVmaMerge(prev, vmFlags);
  const intoNext = mergeable && next !== null && next.vmStart === end && canVmaMerge(next, vmFlags);
  if (vm.trace.on) traceMerge(vm.trace, addr, end, vmFlags, mergeable, prev, next, intoPrev || intoNext);
  if (intoPrev) {
    if (intoNext) {
      vmaUnlink(mm, next, prev);
      prev.vmEnd = next.vmEnd;
      freeVma(vm, next);
    } else {
      prev.vmEnd = end;
    }
    return prev;
  }
  if (intoNext) {
    next.vmStart = addr;
    return next;
  }
  return null;
}

/** Which areas become one when they could. */
export interface VmaMerging {
  /**
   * Whether mmap's free range [addr, end) became part of a neighbour. Of a file or shared it never does, in any 2.4.
   * @param at position in the index where an area beginning at `addr` would go
   */
  mapping(vm: Vm, mm: MmStruct, at: number, addr: Addr, end: Addr, vmFlags: number, ofFile: boolean): boolean;
  /** The same for the range by which brk extends the heap. */
  heap(vm: Vm, mm: MmStruct, at: number, addr: Addr, end: Addr, vmFlags: number): boolean;
  /** Whether areas merge that mprotect makes alike, or that mremap moves next to each other. */
  readonly changedAreas: boolean;
}

/** Anonymous private memory merges wherever it is alike. @linux 2.4.22 */
export const MERGES_ANONYMOUS: VmaMerging = {
  mapping: (vm, mm, at, addr, end, vmFlags, ofFile) => {
    const mergeable = !ofFile && !(vmFlags & VM.shared);
    return mergeIntoNeighbour(vm, mm, at, addr, end, vmFlags, mergeable) !== null;
  },
  heap: (vm, mm, at, addr, end, vmFlags) => mergeIntoNeighbour(vm, mm, at, addr, end, vmFlags, true) !== null,
  changedAreas: true,
};
