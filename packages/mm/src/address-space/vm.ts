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
import type { AdmitMapping } from './admit-mapping.ts';
import type { ReusesPage } from './cow.ts';
import type { ExecRules } from './exec-rules.ts';
import type { FreeRangeSearch } from './get-unmapped-area.ts';
import type { BringIn } from './get-user-pages.ts';
import type { KernelAddressFault } from './kernel-address-fault.ts';
import { MmStruct } from './mm-struct.ts';
import type { MsyncRules } from './msync-interval.ts';
import type { NewSignalQueue, SignalQueue } from './signal-queue.ts';
import type { Task } from './task.ts';
import type { UserStruct } from './user-struct.ts';
import type { Vma } from './vma.ts';
import type { VmaMerging } from './vma-merge.ts';

/** A fault on a page that is on swap: 1 minor, 2 major, -1 out of memory. @linux do_swap_page() */
export type SwapFault = (
  vm: Vm,
  mm: MmStruct,
  vma: Vma,
  address: Addr,
  entry: number,
  write: number,
) => number;

/** What differs between releases in this room. The functions are chosen once, at boot. */
export interface AddressSpaceRules {
  /** 2.4.0 and 2.4.20: a length that rounds to 0 returns the address; 2.4.22: only 0 itself does, a wrap is -EINVAL. */
  readonly mmapRoundsLengthFirst: boolean;
  /** Checks and place of a mapping, in the order of the release. */
  readonly admitMapping: AdmitMapping;
  /** Where a mapping goes that is not MAP_FIXED. */
  readonly searchFreeRange: FreeRangeSearch;
  /** Which areas become one. */
  readonly merging: VmaMerging;
  /** Not 2.4.0: a file cannot be mapped with MAP_GROWSDOWN. */
  readonly refusesGrowingFiles: boolean;
  /** 2.4.0: mmap of anything but a regular file through the page cache is -EACCES. */
  readonly mapsRegularFilesOnly: boolean;
  /** 2.4.0 and 2.4.20: free_pgtables lacks the `last < first` test. */
  readonly freePgtablesWithoutOrderTest: boolean;
  /** 2.4.0 and 2.4.20: mremap of a locked area tests the new area's flag and faults all of it in. */
  readonly mremapPopulatesWhole: boolean;
  /** Not 2.4.20: MADV_WILLNEED on a mapping without readpage is -EBADF. (2.4.0 does not look either, and jumps to address 0.) */
  readonly willneedChecksReadpage: boolean;
  /** 2.4.0: MADV_NORMAL, RANDOM or SEQUENTIAL that splits an area without a file stops the kernel. Here it is only told. */
  readonly adviceSplitStops: boolean;
  /** -errno of mprotect for a gap: -ENOMEM, in 2.4.0 -EFAULT. */
  readonly mprotectHole: number;
  readonly msync: MsyncRules;
  /** Not 2.4.0: what the swap cache, dentries and inodes would give counts when memory is promised. */
  readonly promisesShrinkable: boolean;
  /** How pages of a locked area are brought in. */
  readonly bringIn: BringIn;
  /** Not 2.4.0: anonymous pages are on the lists that reclaim looks at. */
  readonly listsAnonymousPages: boolean;
  /** A fault on a page that is on swap. */
  readonly swapFault: SwapFault;
  /** 2.4.0: swapoff marks all mappings of a page as changed, for only such pages get a slot again. */
  readonly swapoffDirtiesMappings: boolean;
  /** Whether a write may go on with the page instead of copying it. */
  readonly reusesPage: ReusesPage;
  /** A fault at an address of the kernel's. */
  readonly kernelAddressFault: KernelAddressFault;
  /** Not 2.4.0: pid 1 is not killed when a fault finds no memory. */
  readonly sparesInit: boolean;
  readonly newSignalQueue: NewSignalQueue;
  /** Not 2.4.0: a fault in a file reads ahead no further than the area shows. */
  readonly readsWithinArea: boolean;
  /** 2.4.0: a child inherits mlockall(MCL_FUTURE) and the rss, and is put on the list of address spaces when it is complete. */
  readonly forkCopiesMm: boolean;
  /** 2.4.22: exec gives a task that shares its descriptor table one of its own. */
  readonly execUnsharesFiles: boolean;
  readonly exec: ExecRules;
  /** Not 2.4.0: RLIMIT_NPROC does not hold for who may administer the system. */
  readonly adminExceedsNproc: boolean;
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
  /** The idle task of the first CPU is root's, too. @linux root_user */
  readonly rootUser: UserStruct = { uid: 0, count: 1, slabAddr: 0 };
  /** Processes and threads, the kernel's own included, idle tasks left out. @linux nr_threads */
  nrThreads = 0;
  /** Most that there may be; set at boot, by the size of memory. @linux max_threads */
  maxThreads = Infinity;
  /** Signals of faults. */
  readonly signals: SignalQueue;
  /** The running task. */
  current: Task;
  /** Set when a kernel thread was woken: it runs when the task goes back to user mode. @linux need_resched */
  needResched = false;
  /** Above 0: the kernel itself is in a fault, on a program's memory: it may hold locks, and other tasks do not run. */
  kernelFaults = 0;

  constructor(
    parts: Omit<
      Vm,
      | 'initMm'
      | 'mmlistNr'
      | 'swapMm'
      | 'swap'
      | 'needResched'
      | 'kernelFaults'
      | 'users'
      | 'rootUser'
      | 'nrThreads'
      | 'maxThreads'
      | 'signals'
    >,
  ) {
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
    this.signals = parts.rules.newSignalQueue(this);
  }
}
