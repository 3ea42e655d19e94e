import type { Addr } from '../types.ts';
import type { Vma } from './vma.ts';

/** An address space. @linux struct mm_struct */
export class MmStruct {
  /** First area of the sorted list. */
  mmap: Vma | null = null;
  /** The same areas in address order, for binary search: Linux keeps a red-black tree; any ordered index gives the same answers. */
  readonly index: Vma[] = [];
  /** Last area that findVma answered. */
  mmapCache: Vma | null = null;
  /** Kernel address of its object in the cache `mm_struct`; 0: static (the kernel's own one). */
  slabAddr: Addr = 0;
  /** Physical address of the top page table (cr3). */
  pgd: number;
  /** Tasks that use it. */
  mmUsers = 1;
  /** References to the struct; all users together count 1. */
  mmCount = 1;
  mapCount = 0;
  startCode: Addr = 0;
  endCode: Addr = 0;
  startData: Addr = 0;
  endData: Addr = 0;
  startBrk: Addr = 0;
  brk: Addr = 0;
  startStack: Addr = 0;
  argStart: Addr = 0;
  argEnd: Addr = 0;
  envStart: Addr = 0;
  envEnd: Addr = 0;
  /** Resident pages. Recount: present, valid, non-reserved entries of the user page tables, and {@link rssReserved}. */
  rss = 0;
  /** Reserved pages that a driver's nopage gave: a fault counts them in rss, and nothing ever takes them out again. */
  rssReserved = 0;
  /** Pages of all areas (over-counted after a fork with VM_DONTCOPY areas, as in the kernel). */
  totalVm = 0;
  /** Pages of VM_LOCKED areas. */
  lockedVm = 0;
  /** 0 or VM_LOCKED. */
  defFlags = 0;
  /** CPUs that have it loaded, a bit each: those that a flush must reach. */
  cpuVmMask = 0;
  /** Where swap_out goes on. */
  swapAddress: Addr = 0;
  /** 2.4.0: pages that swap_out may still look at, before it chooses another address space. */
  swapCnt = 0;
  /** Neighbours in mmlist. */
  mmlistNext: MmStruct = this;
  mmlistPrev: MmStruct = this;

  constructor(pgd: number) {
    this.pgd = pgd;
  }
}
