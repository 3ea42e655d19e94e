import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import type { PageTables, TlbFlush } from '../page-tables/page-tables.ts';
import type { MemMap } from '../physical/mem-map.ts';
import type { Trace } from '../trace/trace.ts';
import type { Addr } from '../types.ts';

/** What differs between releases in this room. */
export interface VmallocRules {
  /** 2.4.22: there is vmap(). */
  readonly hasVmap: boolean;
  /** 2.4.0: a hole that is exactly large enough is passed over. */
  readonly holeMustBeLarger: boolean;
  /** 2.4.20: __vmalloc() of no bytes, or of more than the machine has, is a BUG(); 2.4.22: it fails. */
  readonly badSizeIsBug: boolean;
  /** 2.4.20: the search goes on behind each area, even if that is before where it was. */
  readonly searchMayMoveBack: boolean;
}

/** What the room works with. */
export interface VmallocParts {
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly allocator: Pick<PageAllocator, 'allocPages' | 'freePages' | 'getPage'>;
  readonly pageTables: PageTables;
  readonly tlb: Pick<TlbFlush, 'flushTlbAll'>;
  /** Where struct vm_struct comes from. */
  readonly slab: {
    kmalloc(size: number, gfp: number): Addr;
    kfree(object: Addr): void;
  };
  readonly trace: Trace;
  readonly rules: VmallocRules;
  /** First address of the range. @linux VMALLOC_START */
  readonly start: Addr;
  /** First address after it. @linux VMALLOC_END */
  readonly end: Addr;
  /** End of the direct map, a virtual address. @linux high_memory */
  readonly highMemory: Addr;
  /** Frames of the machine, holes included. @linux num_physpages, max_mapnr */
  readonly maxMapnr: number;
  /** Flags of an ordinary kernel page. @linux PAGE_KERNEL */
  readonly pageKernel: number;
  /** Writes to the kernel's log. @linux printk() */
  print(text: string, level: number): void;
  /** The kernel's own loads and stores, ascending; fewer bytes than asked for: the rest is an oops. */
  loadBytes(addr: Addr, into: Uint8Array): number;
  storeBytes(addr: Addr, bytes: Uint8Array): number;
}
