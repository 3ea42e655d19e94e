import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';
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
 * @param at position in the index where an area beginning at `addr` would go; the index is not empty
 * @linux 2.4.22 mm/mmap.c vma_merge()
 */
export function vmaMerge(vm: Vm, mm: MmStruct, at: number, addr: Addr, end: Addr, vmFlags: number): boolean {
  return mergeIntoNeighbour(vm, mm, at, addr, end, vmFlags, true) !== null;
}

/**
 * {@link vmaMerge}, which also serves mremap.
 *
 * @param mergeable false: only the decision is traced (the area has a file, or is shared)
 * @returns the neighbour that has the range now, or null
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
