import { KernelBug } from '../kernel-bug.ts';
import type { Addr } from '../types.ts';
import { FAULT_CLASS, traceFault, traceRss } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/**
 * A page comes back from swap, in 2.4.0: it counts as a minor fault even when it was read, nothing is looked at again after the
 * wait but the slot's users, and the page keeps its slot.
 *
 * @param entry the page's entry, which holds a swap entry
 * @returns 1, or -1 out of memory
 * @linux 2.4.0 mm/memory.c do_swap_page()
 */
export function doSwapPageAged(
  vm: Vm,
  mm: MmStruct,
  vma: Vma,
  address: Addr,
  entry: number,
  write: number,
): number {
  const { trace, pageCache, tlb, swap } = vm;
  const pte = vm.memory.words[entry] as number;
  const slot = pte >>> 0;
  if (swap === null) throw new KernelBug(`a page table holds swap entry ${slot.toString(16)} without swap`);
  let pfn = swap.lookup(slot);
  if (pfn === 0) {
    swap.readahead(slot);
    pfn = swap.readAsync(slot);
    if (pfn === 0) {
      if (trace.on) traceFault(vm, FAULT_CLASS.oom, address, vma.vmFlags, pte, 0, 0, -1, mm.rss);
      return -1;
    }
    pageCache.stepAside(pfn);
    pageCache.waitOnPage(pfn);
    tlb.flushPageToRam(pfn);
    tlb.flushIcachePage(mm.pgd, pfn);
  }
  pageCache.lockPage(pfn);
  // 2.4.0 does not look: a swapoff meanwhile would have given the slot to others.
  if (vm.memory.words[entry] !== pte) {
    pageCache.unlockPage(pfn);
    vm.allocator.putPage(pfn);
    if (trace.on) traceFault(vm, FAULT_CLASS.raced, address, vma.vmFlags, pte, 0, 0, 1, mm.rss);
    return 1;
  }
  mm.rss++;
  const references = vm.memMap.count[pfn] as number;
  swap.areas.swapFree(slot);
  const owns = write === 1 && swap.canShare(pfn);
  pageCache.unlockPage(pfn);
  vm.pageTables.setPte(entry, pfn, owns ? vma.vmPageProt | 0x042 : vma.vmPageProt);
  tlb.updateMmuCache(mm.pgd, address, entry);
  if (trace.on) {
    traceRss(vm, mm);
    traceFault(vm, FAULT_CLASS.swap, address, vma.vmFlags, pte, pfn, references, 1, mm.rss);
  }
  return 1;
}
