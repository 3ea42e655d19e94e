import type { Addr } from '../types.ts';
import { doAnonymousPage } from './anonymous-fault.ts';
import { doWpPage } from './cow.ts';
import { FAULT_CLASS, traceFault } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import { doNoPage } from './no-page.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/** What the fault path returns: the fault is done, no I/O is charged. */
export const VM_FAULT_MINOR = 1;
/** Done; counted as a major fault. */
export const VM_FAULT_MAJOR = 2;
/** The object behind the area has no such page. */
export const VM_FAULT_SIGBUS = 0;
/** No memory. */
export const VM_FAULT_OOM = -1;

/**
 * Makes the page of `address` accessible. The area must contain the address and allow the access.
 *
 * @param write 1 for a write
 * @returns 1 minor, 2 major, 0 SIGBUS, -1 out of memory
 * @linux 2.4.22 mm/memory.c handle_mm_fault(), handle_pte_fault()
 */
export function handleMmFault(vm: Vm, mm: MmStruct, vma: Vma, address: Addr, write: number): number {
  const entry = vm.pageTables.pteAlloc(mm.pgd, address);
  if (entry === 0) {
    if (vm.trace.on) traceFault(vm, FAULT_CLASS.oom, address, vma.vmFlags, 0, 0, 0, VM_FAULT_OOM, mm.rss);
    return VM_FAULT_OOM;
  }
  const words = vm.memory.words;
  const pte = words[entry] as number;
  // P or PROTNONE: a PROT_NONE page is there as well, only not for the processor.
  if ((pte & 0x081) === 0) {
    if (pte === 0) {
      const ops = vma.vmOps;
      if (ops === null || ops.nopage === undefined)
        return doAnonymousPage(vm, mm, vma, address, entry, write);
      return doNoPage(vm, mm, vma, address, entry, write);
    }
    return vm.rules.swapFault(vm, mm, vma, address, entry, write);
  }
  if (write === 1) {
    if ((pte & 0x002) === 0) return doWpPage(vm, mm, vma, address, entry, pte);
    words[entry] = pte | 0x060;
  } else {
    words[entry] = pte | 0x020;
  }
  vm.tlb.flushTlbPage(mm.pgd, address);
  vm.tlb.updateMmuCache(mm.pgd, address, entry);
  if (vm.trace.on) {
    const pfn = vm.pageTables.ptePfn(entry);
    const count = vm.memMap.count[pfn] as number;
    traceFault(vm, FAULT_CLASS.spurious, address, vma.vmFlags, pte, pfn, count, VM_FAULT_MINOR, mm.rss);
  }
  return VM_FAULT_MINOR;
}
