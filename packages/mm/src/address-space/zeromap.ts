import { Errno } from '../errno.ts';
import { assertKernel } from '../kernel-bug.ts';
import { PTE } from '../page-tables/page-tables.ts';
import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';

/**
 * Enters the zero page, write-protected, for every page of a range in which nothing is mapped: what a private mapping of
 * /dev/zero does at once. Zero pages do not count as resident.
 * @returns 0, or -ENOMEM when a page table could not be had (the entries so far stay: the caller zaps them)
 * @linux 2.4.22 mm/memory.c zeromap_page_range()
 */
export function zeromapPageRange(vm: Vm, start: Addr, size: number, pageProt: number): number {
  const { pageTables, memory, tlb } = vm;
  const pgd = (vm.current.mm as MmStruct).pgd;
  const end = start + size;
  const flags = pageProt & ~PTE.rw;
  const { pmdSize, entryWords } = pageTables;
  tlb.flushCacheRange(pgd, start, end);
  let error = 0;
  for (let addr = start; addr < end && error === 0; ) {
    let entry = pageTables.pteAlloc(pgd, addr);
    if (entry === 0) {
      error = -Errno.ENOMEM;
      break;
    }
    const tableEnd = Math.min(end, ((addr & -pmdSize) >>> 0) + pmdSize);
    for (; addr < tableEnd; addr += 4096, entry += entryWords) {
      assertKernel(memory.words[entry] === 0, 'zeromap_page_range: a page was already mapped');
      pageTables.setPte(entry, vm.zeroPage, flags);
    }
  }
  tlb.flushTlbRange(pgd, start, end);
  return error;
}
