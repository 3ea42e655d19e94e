import { KernelBug } from '../kernel-bug.ts';
import type { Addr } from '../types.ts';
import { canShareSwapPage, traceReuse } from './cow.ts';
import { FAULT_CLASS, traceFault, traceRss } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/**
 * Brings a page back that was swapped out: from the swap cache, where it may still (or already) be, or from its slot, together
 * with the slots around it.
 *
 * ```
 *   entry -> lookup -- hit ----------------------------> lock -> the entry still the same? -> slot count - 1, map
 *                   \- miss -> read-ahead, read (major) --^          \- no: another was faster
 * ```
 * The page stays in the swap cache and keeps its slot: if it is not written, it need not be written to the slot again. Only
 * when swap is more than half full the slot is given up. A write by the only user makes the page his own at once; else the
 * entry is read-only, and the write faults again.
 *
 * The read's success is not asked for: what a bad disk did not deliver is mapped as it is.
 *
 * Reentrancy: reading allocates and waits, so reclaim, swapoff and other threads may change the entry meanwhile.
 *
 * @param entry the page's entry, which holds a swap entry
 * @returns 1 (it was in the cache, or another was faster), 2 (it was read), -1 out of memory
 * @linux 2.4.22 mm/memory.c do_swap_page()
 */
export function doSwapPage(
  vm: Vm,
  mm: MmStruct,
  vma: Vma,
  address: Addr,
  entry: number,
  write: number,
): number {
  const { trace, pageCache, tlb } = vm;
  const pte = vm.memory.words[entry] as number;
  const slot = pte >>> 0;
  const swap = vm.swap;
  if (swap === null) throw new KernelBug(`a page table holds swap entry ${slot.toString(16)} without swap`);
  let result = 1;
  let pfn = swap.lookup(slot);
  if (pfn === 0) {
    swap.readahead(slot);
    pfn = swap.readAsync(slot);
    if (pfn === 0) {
      result = vm.memory.words[entry] === pte ? -1 : 1;
      if (trace.on) {
        const faultClass = result === 1 ? FAULT_CLASS.raced : FAULT_CLASS.oom;
        traceFault(vm, faultClass, address, vma.vmFlags, pte, 0, 0, result, mm.rss);
      }
      return result;
    }
    result = 2;
  }
  pageCache.markPageAccessed(pfn);
  pageCache.stepAside(pfn);
  pageCache.lockPage(pfn);
  if (vm.memory.words[entry] !== pte) {
    pageCache.unlockPage(pfn);
    vm.allocator.putPage(pfn);
    if (trace.on) traceFault(vm, FAULT_CLASS.raced, address, vma.vmFlags, pte, 0, 0, 1, mm.rss);
    return 1;
  }

  const references = vm.memMap.count[pfn] as number;
  swap.areas.swapFree(slot);
  if (swap.areas.full) swap.removeExclusive(pfn);
  mm.rss++;
  const owns = write === 1 && canShareSwapPage(vm, pfn);
  if (write === 1 && trace.on) traceReuse(vm, address, pfn, false, owns);
  pageCache.unlockPage(pfn);
  tlb.flushPageToRam(pfn);
  tlb.flushIcachePage(mm.pgd, pfn);
  vm.pageTables.setPte(entry, pfn, owns ? vma.vmPageProt | 0x042 : vma.vmPageProt);
  tlb.updateMmuCache(mm.pgd, address, entry);
  if (trace.on) {
    traceRss(vm, mm);
    traceFault(vm, FAULT_CLASS.swap, address, vma.vmFlags, pte, pfn, references, result, mm.rss);
  }
  return result;
}
