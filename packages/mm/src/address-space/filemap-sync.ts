import { assertKernel } from '../kernel-bug.ts';
import { PTE } from '../page-tables/page-tables.ts';
import { PG } from '../physical/mem-map.ts';
import type { Addr } from '../types.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/**
 * Moves the dirty bits of the entries of [start, start + size) of an area on to their pages, so that write-back sees what
 * was written through the mapping. Each entry that loses its bit is flushed from the TLB: the CPU would otherwise not set
 * the bit again at the next write.
 * @linux 2.4.22 mm/filemap.c filemap_sync()
 */
export function filemapSync(vm: Vm, vma: Vma, start: Addr, size: number): void {
  const { pageTables, memory, memMap, tlb, pageCache } = vm;
  const { pmdSize, entryWords } = pageTables;
  const pgd = vma.vmMm.pgd;
  const end = start + size;
  assertKernel(start < end, 'filemap_sync: empty range');
  tlb.flushCacheRange(pgd, start, end);
  for (let addr = start; addr < end; ) {
    const tableEnd = Math.min(end, ((addr & -pmdSize) >>> 0) + pmdSize);
    let entry = pageTables.pteOffset(pgd, addr);
    if (entry !== 0) {
      const words = memory.words;
      for (; addr < tableEnd; addr += 4096, entry += entryWords) {
        const pte = words[entry] as number;
        if (!(pte & PTE.presentMask) || !(pte & PTE.dirty)) continue;
        const pfn = pageTables.ptePfn(entry);
        if (pfn >= memMap.frames || (memMap.flags[pfn] as number) & PG.reserved) continue;
        words[entry] = pte & ~PTE.dirty;
        tlb.flushTlbPage(pgd, addr);
        pageCache.setPageDirty(pfn);
      }
    }
    addr = tableEnd;
  }
  tlb.flushTlbRange(pgd, start, end);
}
