import { Errno } from '../errno.ts';
import { PG } from '../physical/mem-map.ts';
import { traceRss } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma } from './vma.ts';

/**
 * Copies the entries of one area to another address space, at fork: both sides share the pages. In a private writable
 * area both entries become read-only, so that the first write of either copies; shared areas stay writable, and the
 * child's entry begins clean. A page that is swapped out gives its slot one more user.
 *
 * @param vma the child's copy of the area; its pages in `dst` must be untouched
 * @returns 0, or -ENOMEM: the pages copied so far stay in `dst`
 * @linux 2.4.22 mm/memory.c copy_page_range()
 */
export function copyPageRange(vm: Vm, dst: MmStruct, src: MmStruct, vma: Vma): number {
  const { pageTables, memMap, memory } = vm;
  const { flags, count } = memMap;
  const step = pageTables.entryWords;
  const pmdSize = pageTables.pmdSize;
  const end = vma.vmEnd;
  const cow = (vma.vmFlags & (VM.shared | VM.mayWrite)) === VM.mayWrite;
  // Bits that the child's entry loses: accessed, in a shared area dirty as well.
  const lost = (vma.vmFlags & VM.shared) !== 0 ? ~0x060 : ~0x020;
  let copied = 0;
  let at = vma.vmStart;
  while (at < end) {
    const boundary = at - (at % pmdSize) + pmdSize;
    const stop = Math.min(boundary, end);
    let from = pageTables.pteOffset(src.pgd, at);
    if (from === 0) {
      at = stop;
      continue;
    }
    let to = pageTables.pteAlloc(dst.pgd, at);
    if (to === 0) return -Errno.ENOMEM;
    for (; at < stop; at += 4096, from += step, to += step) {
      let pte = memory.words[from] as number;
      if (pte === 0) continue;
      if ((pte & 0x081) === 0) {
        vm.swap?.areas.swapDuplicate(pte >>> 0);
        pageTables.copyPte(to, from);
        continue;
      }
      const pfn = pageTables.ptePfn(from);
      if (pfn >= memMap.frames || ((flags[pfn] as number) & PG.reserved) !== 0) {
        pageTables.copyPte(to, from);
        continue;
      }
      if (cow && (pte & 0x002) !== 0) {
        pte &= ~0x002;
        memory.words[from] = pte;
      }
      pageTables.copyPte(to, from);
      memory.words[to] = pte & lost;
      count[pfn] = (count[pfn] as number) + 1;
      dst.rss++;
      copied++;
    }
  }
  if (copied !== 0 && vm.trace.on) traceRss(vm, dst);
  return 0;
}
