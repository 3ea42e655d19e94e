import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import { NOPAGE_OOM, NOPAGE_SIGBUS } from '../page-cache/inode.ts';
import { PG } from '../physical/mem-map.ts';
import type { Addr, Pfn } from '../types.ts';
import { FAULT_CLASS, traceFault, traceRss } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { VM, type Vma, type VmOperations } from './vma.ts';

/**
 * First touch of a page whose area has an owner (a file, shared memory). The owner gives the page with a reference, which
 * the entry then holds; a write to a private area copies it at once, to save the second fault.
 *
 * Counts as a major fault even if the page was in memory, as every 2.4 does.
 *
 * @param entry the page's entry, which is none
 * @returns 2, 1 when another thread was faster, 0 SIGBUS, -1 out of memory
 * @linux 2.4.22 mm/memory.c do_no_page()
 */
export function doNoPage(
  vm: Vm,
  mm: MmStruct,
  vma: Vma,
  address: Addr,
  entry: number,
  write: number,
): number {
  const trace = vm.trace;
  const ops = vma.vmOps as VmOperations;
  const nopage = ops.nopage as (vma: Vma, address: Addr) => Pfn;
  let pfn = nopage(vma, (address & ~4095) >>> 0);
  if (pfn === NOPAGE_SIGBUS) {
    if (trace.on) traceFault(vm, FAULT_CLASS.sigbus, address, vma.vmFlags, 0, 0, 0, 0, mm.rss);
    return 0;
  }
  if (pfn === NOPAGE_OOM) {
    if (trace.on) traceFault(vm, FAULT_CLASS.oom, address, vma.vmFlags, 0, 0, 0, -1, mm.rss);
    return -1;
  }
  const count = vm.memMap.count[pfn] as number;
  const shared = (vma.vmFlags & VM.shared) !== 0;
  const copies = write === 1 && !shared;
  if (copies) {
    const copy = vm.allocator.allocPages(GFP_HIGHUSER, 0);
    if (copy === 0) {
      vm.allocator.putPage(pfn);
      if (trace.on) traceFault(vm, FAULT_CLASS.oom, address, vma.vmFlags, 0, 0, count, -1, mm.rss);
      return -1;
    }
    vm.memory.copyUser(copy, pfn);
    vm.allocator.putPage(pfn);
    if (vm.rules.listsAnonymousPages) vm.pageCache.lruCacheAdd(copy);
    pfn = copy;
  }
  if ((vm.memory.words[entry] as number) !== 0) {
    vm.allocator.putPage(pfn);
    if (trace.on) traceFault(vm, FAULT_CLASS.raced, address, vma.vmFlags, 0, 0, count, 1, mm.rss);
    return 1;
  }
  mm.rss++;
  if (((vm.memMap.flags[pfn] as number) & PG.reserved) !== 0) mm.rssReserved++;
  vm.tlb.flushPageToRam(pfn);
  vm.tlb.flushIcachePage(mm.pgd, pfn);
  vm.pageTables.setPte(entry, pfn, write === 1 ? vma.vmPageProt | 0x042 : vma.vmPageProt);
  vm.tlb.updateMmuCache(mm.pgd, address, entry);
  if (trace.on) {
    traceRss(vm, mm);
    const faultClass = copies ? FAULT_CLASS.fileCow : shared ? FAULT_CLASS.shared : FAULT_CLASS.fileRead;
    traceFault(vm, faultClass, address, vma.vmFlags, 0, pfn, count, 2, mm.rss);
  }
  return 2;
}
