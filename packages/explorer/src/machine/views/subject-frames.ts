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

/** Frames that an area maps now, each once: many of its pages may be the zero page. */
export function framesOfArea(kernel: Kernel, vma: Vma): Int32Array {
  return framesOfAreas(kernel, [vma]);
}

/** Frames that a process maps now, each once. */
export function framesOfTask(kernel: Kernel, pid: number): Int32Array {
  return framesOfAreas(kernel, kernel.processes.get(pid)?.task.mm?.index ?? []);
}

function framesOfAreas(kernel: Kernel, areas: readonly Vma[]): Int32Array {
  const { pageTables, memory, memMap } = kernel;
  const frames: number[] = [];
  const noted = new Uint8Array(memMap.frames);
  for (const vma of areas) {
    forEachEntry(kernel, vma, (entry) => {
      if (((memory.words[entry] as number) & PRESENT_OR_PROTNONE) === 0) return false;
      const pfn = pageTables.ptePfn(entry);
      if (noted[pfn] !== 0) return false;
      noted[pfn] = 1;
      frames.push(pfn);
      return frames.length >= FRAMES_MAX;
    });
  }
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
