import { slabViews } from '@pagewalk/lab/browser';
import type { Kernel, Vma } from '@pagewalk/mm';

type Mapping = NonNullable<ReturnType<Kernel['pageCache']['mappingOf']>>;

/** Frames that are told one by one. */
const FRAMES_MAX = 1 << 20;
const PAGE = 4096;
const PRESENT_OR_PROTNONE = 0x81;

/** Visits the entries of an area's pages that are not empty: where each lies among the words of memory, and its address. */
export function forEachEntry(
  { pageTables, memory }: Kernel,
  vma: Vma,
  visit: (entry: number, address: number) => boolean,
): boolean {
  let entry = 0;
  for (let at = vma.vmStart; at < vma.vmEnd; at += PAGE) {
    if (at === vma.vmStart || at % pageTables.pmdSize === 0) {
      entry = pageTables.pteOffset(vma.vmMm.pgd, at);
      if (entry === 0) {
        // No table: on to the next one.
        at = at - (at % pageTables.pmdSize) + pageTables.pmdSize - PAGE;
        continue;
      }
    } else entry += pageTables.entryWords;
    if ((memory.words[entry] as number) !== 0 && visit(entry, at)) return true;
  }
  return false;
}

/** Frames that an area maps now. */
export function framesOfArea(kernel: Kernel, vma: Vma, into: number[] = []): Int32Array {
  forEachEntry(kernel, vma, (entry) => {
    if (((kernel.memory.words[entry] as number) & PRESENT_OR_PROTNONE) !== 0)
      into.push(kernel.pageTables.ptePfn(entry));
    return into.length >= FRAMES_MAX;
  });
  return Int32Array.from(into);
}

/** Frames that a process maps now. */
export function framesOfTask(kernel: Kernel, pid: number): Int32Array {
  const frames: number[] = [];
  let vma = kernel.processes.get(pid)?.task.mm?.mmap ?? null;
  for (; vma !== null; vma = vma.vmNext) framesOfArea(kernel, vma, frames);
  return Int32Array.from(frames);
}

/** Frames that cache pages of a file. */
export function framesOfFile({ memMap }: Kernel, mapping: Mapping): Int32Array {
  const frames: number[] = [];
  for (const head of [mapping.cleanPages, mapping.dirtyPages, mapping.lockedPages]) {
    for (let pfn = memMap.next[head] as number; pfn !== head; pfn = memMap.next[pfn] as number)
      frames.push(pfn);
  }
  return Int32Array.from(frames);
}

/** Frames that a slab cache's slabs are made of; none if there is no such cache. */
export function framesOfCache({ slab }: Kernel, name: string): Int32Array {
  const cache = slab.find(name);
  if (cache === null) return new Int32Array(0);
  const pages = 2 ** cache.gfporder;
  return Int32Array.from(
    slabViews(slab, cache).flatMap(({ pfn }) => Array.from({ length: pages }, (_, i) => pfn + i)),
  );
}
