import { PTE } from '../page-tables/page-tables.ts';
import type { Addr } from '../types.ts';
import { VMALLOC_FAULT } from '../vmalloc/tracepoints.ts';
import { VMALLOC_SYNC } from './fault-tracepoints.ts';
import type { Vm } from './vm.ts';

/** What a fault at an address of the kernel's comes to. */
export const KERNEL_ADDRESS = {
  /** The entry was missing in this address space only, and is there now. */
  synced: 0,
  /** It goes on like a fault at any other address: no area has it. */
  ordinary: 1,
  /** There is nothing, and nobody looks for an area. */
  bad: 2,
} as const;

/** @returns one of {@link KERNEL_ADDRESS} */
export type KernelAddressFault = (vm: Vm, address: Addr, errorCode: number) => number;

/**
 * Only for a read or write of the kernel's to a page that is not present: the top-level entry of the reference page table is
 * copied, as only that one has the page tables of vmalloc space from their beginning. (With PAE the entry is the same in all
 * tables, and this only tells the verdict.)
 *
 * @linux 2.4.22 arch/i386/mm/fault.c do_page_fault()
 */
export const syncForKernelOnly: KernelAddressFault = (vm, address, errorCode) => {
  if ((errorCode & 5) !== 0) return KERNEL_ADDRESS.ordinary;
  const { pageTables, memory, trace } = vm;
  const reference = pageTables.swapperPgDir;
  const pgd = vm.current.activeMm?.pgd ?? reference;
  const words = pageTables.entryWords;
  const slot = Math.floor(address / pageTables.pgdirSize) * words;
  const to = topLevelBase(vm, pgd) + slot;
  const from = topLevelBase(vm, reference) + slot;
  for (let i = 0; i < words; i++) memory.words[to + i] = memory.words[from + i] as number;
  const entry = pageTables.pteOffset(reference, address);
  const pte = entry === 0 ? 0 : (memory.words[entry] as number);
  const present = (pte & PTE.presentMask) !== 0;
  if (trace.on) trace.emit(VMALLOC_FAULT, address, pgd, pte, present ? 1 : 0);
  return present ? KERNEL_ADDRESS.synced : KERNEL_ADDRESS.bad;
};

/**
 * For every fault at such an address, a program's too: a top-level entry that is missing here and present in the reference page
 * table is copied, and the access done again. (A program's then faults a second time, at an entry that is there.) All else is bad;
 * the kernel does not look whether the page itself is there.
 *
 * The code of a program's signal is whatever lies on the kernel's stack there; here it is SEGV_MAPERR.
 *
 * @linux 2.4.0 arch/i386/mm/fault.c do_page_fault()
 */
export const syncMissingEntry: KernelAddressFault = (vm, address) => {
  const { pageTables, memory, trace } = vm;
  const reference = pageTables.swapperPgDir;
  const pgd = vm.current.activeMm?.pgd ?? reference;
  const words = pageTables.entryWords;
  const slot = Math.floor(address / pageTables.pgdirSize) * words;
  const to = topLevelBase(vm, pgd) + slot;
  const from = topLevelBase(vm, reference) + slot;
  const known = memory.words[from] as number;
  const own = memory.words[to] as number;
  const copies = (own & PTE.present) === 0 && (known & PTE.present) !== 0;
  if (copies) for (let i = 0; i < words; i++) memory.words[to + i] = memory.words[from + i] as number;
  if (trace.on) trace.emit(VMALLOC_SYNC, address, pgd, own, known, copies ? 1 : 0);
  return copies ? KERNEL_ADDRESS.synced : KERNEL_ADDRESS.bad;
};

/** Word index of a top level's first entry; with PAE it need not begin a frame. */
function topLevelBase(vm: Vm, pgd: number): number {
  return vm.memory.base(pgd >>> 12) + ((pgd & 4095) >>> 2);
}
