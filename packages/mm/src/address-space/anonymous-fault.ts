import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import type { Addr } from '../types.ts';
import { FAULT_CLASS, traceFault, traceRss } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/**
 * First touch of a page without a file behind it. A read maps the shared zero page, which costs nothing and is not
 * resident memory; a write takes a zeroed page of its own.
 *
 * @param entry the page's entry, which is none
 * @returns 1, or -1 out of memory
 * @linux 2.4.22 mm/memory.c do_anonymous_page()
 */
export function doAnonymousPage(
  vm: Vm,
  mm: MmStruct,
  vma: Vma,
  address: Addr,
  entry: number,
  write: number,
): number {
  const trace = vm.trace;
  if (write === 0) {
    vm.pageTables.setPte(entry, vm.zeroPage, vma.vmPageProt & ~0x002);
    vm.tlb.updateMmuCache(mm.pgd, address, entry);
    if (trace.on) traceFault(vm, FAULT_CLASS.zeroPage, address, vma.vmFlags, 0, vm.zeroPage, 0, 1, mm.rss);
    return 1;
  }
  const pfn = vm.allocator.allocPages(GFP_HIGHUSER, 0);
  if (pfn === 0) {
    if (trace.on) traceFault(vm, FAULT_CLASS.oom, address, vma.vmFlags, 0, 0, 0, -1, mm.rss);
    return -1;
  }
  vm.memory.clearUser(pfn);
  // The allocation may have slept, and another thread of this address space may have been faster.
  if ((vm.memory.words[entry] as number) !== 0) {
    vm.allocator.putPage(pfn);
    if (trace.on) traceFault(vm, FAULT_CLASS.raced, address, vma.vmFlags, 0, 0, 0, 1, mm.rss);
    return 1;
  }
  mm.rss++;
  vm.tlb.flushPageToRam(pfn);
  if (vm.rules.listsAnonymousPages) {
    vm.pageCache.lruCacheAdd(pfn);
    vm.pageCache.markPageAccessed(pfn);
  }
  vm.pageTables.setPte(entry, pfn, vma.vmPageProt | 0x042);
  vm.tlb.updateMmuCache(mm.pgd, address, entry);
  if (trace.on) {
    traceRss(vm, mm);
    traceFault(vm, FAULT_CLASS.demandZero, address, vma.vmFlags, 0, pfn, 1, 1, mm.rss);
  }
  return 1;
}
