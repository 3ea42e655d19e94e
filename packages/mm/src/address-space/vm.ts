import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import type { PageTables, TlbFlush } from '../page-tables/page-tables.ts';
import type { MemMap } from '../physical/mem-map.ts';
import type { KernelCaches } from '../slab/kernel-caches.ts';
import type { SlabAllocator } from '../slab/slab-allocator.ts';
import type { SwapCache } from '../swap/swap-cache.ts';
import type { Trace } from '../trace/trace.ts';
import type { Addr, Pfn } from '../types.ts';
import { MmStruct } from './mm-struct.ts';
import type { Task } from './task.ts';
import type { UserStruct } from './user-struct.ts';
import type { Vma } from './vma.ts';

/** What differs between releases in this room. */
export interface AddressSpaceRules {
  /** 2.4.20: a length that rounds to 0 returns the address; 2.4.22: only 0 itself does, a wrap is -EINVAL. */
  readonly mmapRoundsLengthFirst: boolean;
  /** 2.4.20: free_pgtables lacks the `last < first` test. */
  readonly freePgtablesWithoutOrderTest: boolean;
  /** 2.4.20: mremap of a locked area tests the new area's flag and faults all of it in. */
  readonly mremapPopulatesWhole: boolean;
  /** 2.4.22: MADV_WILLNEED on a mapping without readpage is -EBADF. */
  readonly willneedChecksReadpage: boolean;
}

/** Upper rooms that this one calls; kernel.ts plugs them in. */
export interface AddressSpacePorts {
  /** Makes an area shared anonymous memory: 0 or -errno. @linux shmem_zero_setup() */
  shmemZeroSetup(vma: Vma): number;
  /** mmap of a shmem file: sets vmOps. @linux shmem_mmap() */
  shmemMmap(vma: Vma): number;
  /** Slots of swap: free ones and pages of the swap cache; for vm_enough_memory. */
  nrSwapPages(): number;
  swapCachePages(): number;
  /** What is due happens, and kernel threads that were woken run: the task goes back to user mode. @linux schedule() */
  catchUp(): void;
  /** Pages that unused dentries and inodes would give. */
  shrinkableSlabPages(): number;
  /** Memory of more than a page, contiguous in kernel addresses only: its address, 0 = none. @linux vmalloc(), vfree() */
  vmalloc(size: number): Addr;
  vfree(addr: Addr): void;
}

/** sysctls of this room, settable. */
export interface AddressSpaceSysctls {
  overcommitMemory: number;
  maxMapCount: number;
}

/** All that the address-space functions work on; made once by kernel.ts. */
export class Vm {
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly allocator: PageAllocator;
  readonly pageTables: PageTables;
  readonly tlb: TlbFlush;
  readonly pageCache: PageCache;
  /** Where the structs of this room live. */
  readonly slab: SlabAllocator;
  readonly caches: KernelCaches;
  readonly trace: Trace;
  readonly rules: AddressSpaceRules;
  readonly ports: AddressSpacePorts;
  readonly sysctls: AddressSpaceSysctls;
  /** Where anonymous pages go, and come back from; null: a machine without swap. */
  swap: SwapCache | null = null;
  /** Frame of the zero page (reserved). @linux empty_zero_page */
  readonly zeroPage: Pfn;
  /** Frames of RAM, holes included. @linux num_physpages */
  readonly numPhyspages: number;
  /** The kernel's own address space; head of mmlist. */
  readonly initMm: MmStruct;
  /** Address spaces on mmlist, the kernel's own left out. @linux mmlist_nr */
  mmlistNr = 0;
  /** The address space at which swap_out goes on. @linux swap_mm */
  swapMm: MmStruct;
  /** Users that have processes, by uid, root (who is static) excepted. */
  readonly users = new Map<number, UserStruct>();
  /** The running task. */
  current: Task;
  /** Set when a kernel thread was woken: it runs when the task goes back to user mode. @linux need_resched */
  needResched = false;

  constructor(parts: Omit<Vm, 'initMm' | 'mmlistNr' | 'swapMm' | 'swap' | 'needResched' | 'users'>) {
    this.memory = parts.memory;
    this.memMap = parts.memMap;
    this.allocator = parts.allocator;
    this.pageTables = parts.pageTables;
    this.tlb = parts.tlb;
    this.pageCache = parts.pageCache;
    this.slab = parts.slab;
    this.caches = parts.caches;
    this.trace = parts.trace;
    this.rules = parts.rules;
    this.ports = parts.ports;
    this.sysctls = parts.sysctls;
    this.zeroPage = parts.zeroPage;
    this.numPhyspages = parts.numPhyspages;
    this.current = parts.current;
    this.initMm = new MmStruct(parts.pageTables.swapperPgDir);
    this.swapMm = this.initMm;
  }
}
