import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import type { Trace } from '../trace/trace.ts';
import type { Addr, Pfn } from '../types.ts';
import type { PgtCacheWater } from './page-tables.ts';
import { CHECK_PGT_CACHE, PTE_ALLOC, PTE_FREE } from './tracepoints.ts';

/** Direct-map address of physical address 0. */
const DIRECT_MAP = 0xc0000000 | 0;

/** What page tables need of the machine. */
export interface PageTableParts {
  readonly memory: PhysicalMemory;
  readonly allocator: Pick<PageAllocator, 'allocPages' | 'freePages'>;
  readonly trace: Trace;
  /** Physical address of the kernel's own top level. */
  readonly swapperPgDir: number;
  /** CPUs, each with a quicklist of its own. Default 1. */
  readonly cpus?: number;
  /** False: page tables go straight back to the page allocator, the quicklists stay empty (2.4.0). Default true. */
  readonly keepsTables?: boolean;
}

/**
 * Page tables that are out of use but keep their frame, for the next fault that needs one: a frame from here need not be
 * cleared. Linked through their first word; a table is all zero otherwise.
 *
 * ```
 *   head -> [ next | 0 | 0 ... ] -> [ next | 0 | 0 ... ] -> 0
 * ```
 * Each CPU has its own. The kernel has such lists for page directories too, but nothing ever puts one there.
 * @linux pte_quicklist, pgtable_cache_size
 */
export class PteQuicklist {
  private readonly water: PgtCacheWater;
  private readonly memory: PhysicalMemory;
  private readonly allocator: PageTableParts['allocator'];
  private readonly trace: Trace;
  private readonly keeps: boolean;
  private head: Pfn = 0;
  private size = 0;

  constructor(parts: PageTableParts, water: PgtCacheWater) {
    this.water = water;
    this.memory = parts.memory;
    this.allocator = parts.allocator;
    this.trace = parts.trace;
    this.keeps = parts.keepsTables ?? true;
  }

  /** Marks between which the list is trimmed, the same for all CPUs. @linux sysctl vm.pagetable_cache */
  get low(): number {
    return this.water.low;
  }
  set low(tables: number) {
    this.water.low = tables;
  }
  get high(): number {
    return this.water.high;
  }
  set high(tables: number) {
    this.water.high = tables;
  }

  /** Tables in the list. @linux pgtable_cache_size */
  get length(): number {
    return this.size;
  }

  /**
   * A zeroed page table for `addr`: from the list, else a new frame; 0 = no memory.
   * @linux 2.4.22 mm/memory.c pte_alloc(): pte_alloc_one_fast(), pte_alloc_one()
   */
  take(addr: Addr): Pfn {
    let pfn = this.head;
    const cached = pfn !== 0 ? 1 : 0;
    if (pfn !== 0) {
      const words = this.memory.words;
      const base = this.memory.base(pfn);
      this.head = nextOf(words[base] as number);
      words[base] = words[base + 1] as number;
      this.size--;
    } else {
      pfn = this.allocator.allocPages(GFP_KERNEL, 0);
      if (pfn !== 0) this.memory.clear(pfn);
    }
    if (this.trace.on) this.trace.emit(PTE_ALLOC, addr, pfn, cached);
    return pfn;
  }

  /** Puts a page table, all zero, on the list, or gives it back. @linux pte_free_fast(), pte_free_slow() */
  put(pfn: Pfn): void {
    if (!this.keeps) {
      if (this.trace.on) this.trace.emit(PTE_FREE, pfn, 0);
      this.allocator.freePages(pfn, 0);
      return;
    }
    // As in the kernel the link is the next table's address in the direct map.
    this.memory.words[this.memory.base(pfn)] = this.head === 0 ? 0 : DIRECT_MAP + (this.head << 12);
    this.head = pfn;
    this.size++;
    if (this.trace.on) this.trace.emit(PTE_FREE, pfn, this.size);
  }

  /**
   * Trims the list: only above the high mark, then down to the low one.
   *
   * @returns page tables freed
   * @linux 2.4.22 arch/i386/mm/init.c do_check_pgt_cache()
   */
  check(): number {
    const { low, high } = this.water;
    const over = this.size > high;
    if (this.trace.on) this.trace.emit(CHECK_PGT_CACHE, this.size, low, high, over ? 1 : 0);
    if (!over) return 0;
    let freed = 0;
    do {
      // With a low mark below zero the kernel would spin here for ever.
      if (this.head === 0) break;
      const pfn = this.head;
      const base = this.memory.base(pfn);
      this.head = nextOf(this.memory.words[base] as number);
      this.memory.words[base] = 0;
      this.size--;
      this.allocator.freePages(pfn, 0);
      freed++;
    } while (this.size > low);
    return freed;
  }

  /** Calls `visit` for each frame in the list. */
  forEach(visit: (pfn: Pfn) => void): void {
    for (let pfn = this.head; pfn !== 0; pfn = nextOf(this.memory.words[this.memory.base(pfn)] as number)) {
      visit(pfn);
    }
  }
}

/** The quicklists of all CPUs, empty, with the marks that boot sets. @linux cpu_data[].pte_quick, pgt_cache_water */
export class Quicklists {
  readonly lists: readonly PteQuicklist[];

  constructor(parts: PageTableParts) {
    const water: PgtCacheWater = { low: 25, high: 50 };
    this.lists = Array.from({ length: parts.cpus ?? 1 }, () => new PteQuicklist(parts, water));
  }

  /** Tables in all of them. */
  get length(): number {
    return this.lists.reduce((sum, list) => sum + list.length, 0);
  }

  /** The list of a CPU. */
  of(cpu: number): PteQuicklist {
    const list = this.lists[cpu];
    if (list === undefined) throw new RangeError(`cpu ${cpu}: there are ${this.lists.length}`);
    return list;
  }
}

function nextOf(link: number): Pfn {
  return link === 0 ? 0 : (link - DIRECT_MAP) >>> 12;
}
