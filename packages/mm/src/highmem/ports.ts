import type { FixmapLayout } from '../arch/i386-layout.ts';
import type { Mmu } from '../hardware/mmu.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { PageTables, TlbFlush } from '../page-tables/page-tables.ts';
import type { MemMap } from '../physical/mem-map.ts';
import type { Trace } from '../trace/trace.ts';
import type { Pfn } from '../types.ts';

/** What differs between releases in this room. */
export interface HighmemRules {
  /** Kinds of atomic mapping: 8, in 2.4.20 6. @linux KM_TYPE_NR */
  readonly kmTypeNr: number;
  /** 2.4.22: there is kmap_nonblock(). */
  readonly hasKmapNonblock: boolean;
  /** 2.4.22: the debugging kunmap_atomic() takes any address in the page. */
  readonly kunmapAtomicMasks: boolean;
}

/** What the room works with. */
export interface HighmemParts {
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly pageTables: PageTables;
  readonly tlb: Pick<TlbFlush, 'flushTlbAll'>;
  /** One a CPU. */
  readonly mmus: readonly Mmu[];
  /** The CPU that runs. @linux smp_processor_id() */
  currentCpu(): number;
  readonly trace: Trace;
  readonly rules: HighmemRules;
  /** CONFIG_HIGHMEM. Without it every page has its address and nothing here does anything. */
  readonly configured: boolean;
  /** First frame without a permanent address. @linux highmem_start_page */
  readonly highStartPfn: Pfn;
  /** Slots of the window, a power of two. @linux LAST_PKMAP */
  readonly lastPkmap: number;
  /** Entries of the window's first page and of the first atomic slot. @linux pkmap_page_table, kmap_pte */
  readonly pkmapPageTable: number;
  readonly kmapPte: number;
  /** @linux kmap_prot */
  readonly kmapProt: number;
  readonly fixmap: FixmapLayout;
  /** Writes to the kernel's log. @linux printk() */
  print(text: string, level?: number): void;
}
