import type { Kernel } from '@pagewalk/mm';
import { forEachEntry } from './subject-frames.ts';

const PAGE = 4096;
const PRESENT_OR_PROTNONE = 0x81;

/** An address, and whose it is; pid 0: the kernel's. */
export interface Place {
  readonly pid: number;
  readonly address: number;
}

/** The first place where a program has a frame; null: none. */
export function mappedAt(kernel: Kernel, pfn: number): Place | null {
  const { pageTables, memory } = kernel;
  return inPrograms(
    kernel,
    (entry) =>
      ((memory.words[entry] as number) & PRESENT_OR_PROTNONE) !== 0 && pageTables.ptePfn(entry) === pfn,
  );
}

/** Where the kernel has a frame: in an area of vmalloc, or with all of low memory; null: it has no address now. */
export function kernelAddress(kernel: Kernel, pfn: number): Place | null {
  const { pageTables, memory } = kernel;
  for (const { addr, size } of kernel.vmalloc.vmlist()) {
    for (let at = addr; at < addr + size - PAGE; at += PAGE) {
      const entry = pageTables.pteOffset(pageTables.swapperPgDir, at);
      if (entry !== 0 && ((memory.words[entry] as number) & 1) !== 0 && pageTables.ptePfn(entry) === pfn)
        return { pid: 0, address: at };
    }
  }
  const address = kernel.highmem.pageAddress(pfn);
  return address === 0 ? null : { pid: 0, address };
}

/** The first place whose page lies in a slot, by its swap entry; null: none. */
export function swappedAt(kernel: Kernel, swapEntry: number): Place | null {
  const { words } = kernel.memory;
  // In both formats of entries the low word is the swap entry.
  return inPrograms(kernel, (entry) => (words[entry] as number) >>> 0 === swapEntry);
}

function inPrograms(kernel: Kernel, is: (entry: number) => boolean): Place | null {
  for (const { task } of kernel.processes.values()) {
    for (let vma = task.mm?.mmap ?? null; vma !== null; vma = vma.vmNext) {
      let found = -1;
      forEachEntry(kernel, vma, (entry, address) => {
        if (is(entry)) found = address;
        return found >= 0;
      });
      if (found >= 0) return { pid: task.pid, address: found };
    }
  }
  return null;
}
