import type { Addr, Pfn } from '../types.ts';
import type { PteQuicklist } from './quicklist.ts';

/**
 * What the kernel needs of an architecture's page tables. Entries are real words in frames of physical memory: an entry
 * is named by the index of its (low) 32-bit word in `PhysicalMemory.words`, 0 meaning "there is none". The flag bits of
 * an entry (P, RW, US, A, D, PROTNONE …) are in that low word in both formats of i386; the frame number may spill into
 * the next word (PAE).
 *
 * One machine uses one format, so calls through this interface stay monomorphic.
 */
export interface PageTables {
  /** Words of an entry: 1 (two-level) or 2 (PAE). */
  readonly entryWords: 1 | 2;
  /** Bytes that one page table maps: 4 MiB, or 2 MiB with PAE. */
  readonly pmdSize: number;
  /** Bytes that one entry of the top level maps: 4 MiB, or 1 GiB with PAE. */
  readonly pgdirSize: number;
  /** Top-level entries below PAGE_OFFSET: 768, or 3 with PAE. */
  readonly userPgdEntries: number;
  /** Physical address of the kernel's own page directory. */
  readonly swapperPgDir: number;

  /** A new top level with the kernel's part filled in: its physical address (cr3), 0 = no memory. @linux pgd_alloc() */
  pgdAlloc(): number;
  /** Gives a top level back. Its user page tables must be gone. @linux pgd_free() */
  pgdFree(pgd: number): void;
  /** The entry that maps `addr`, 0 when its page table is missing. Takes no memory. @linux pte_offset() after the none tests */
  pteOffset(pgd: number, addr: Addr): number;
  /** The same, making the page table when it is missing; 0 = no memory. @linux pmd_alloc(), pte_alloc() */
  pteAlloc(pgd: number, addr: Addr): number;
  /** Frame that a present entry points to. */
  ptePfn(entry: number): Pfn;
  /** Writes an entry: `flags` are its low 12 bits. @linux set_pte(mk_pte(page, prot)) */
  setPte(entry: number, pfn: Pfn, flags: number): void;
  /** Writes a not-present entry that holds a swap entry. */
  setSwapPte(entry: number, swapEntry: number): void;
  /** Clears an entry (all words). @linux pte_clear() */
  clearPte(entry: number): void;
  /** Copies an entry's words to another place. */
  copyPte(to: number, from: number): void;
  /** Frees the page tables of `count` top-level entries from index `first` on. @linux clear_page_tables() */
  clearPageTables(pgd: number, first: number, count: number): void;
  /** Frees cached page tables above the high mark (`vm.pagetable_cache`). @linux check_pgt_cache() */
  checkPgtCache(): number;
  /** Page tables out of use that the running CPU keeps, with the marks of `vm.pagetable_cache` (the same for all CPUs). */
  readonly quicklist: PteQuicklist;
  /** Page tables in the quicklists of all CPUs. */
  readonly cachedTables: number;
  /** Page tables in the quicklist of the running CPU. @linux pgtable_cache_size */
  readonly cachedTablesHere: number;
  /** Uses the quicklist of a CPU from now on. */
  selectCpu(cpu: number): void;
  /** Calls `visit(tableFrame)` for each user page table (not the top level) that is present. */
  forEachUserTable(pgd: number, visit: (frame: Pfn) => void): void;
  /** Calls `visit` for each frame of the address space's own levels above the page tables. PAE's top level is no frame. */
  forEachDirectoryFrame(pgd: number, visit: (frame: Pfn) => void): void;
  /** Calls `visit` for each frame that is kept for later use: the quicklists. */
  forEachCachedFrame(visit: (frame: Pfn) => void): void;
}

/** Bits of an i386 page-table entry's low word. @linux include/asm-i386/pgtable.h */
export const PTE = {
  present: 0x001,
  rw: 0x002,
  user: 0x004,
  pwt: 0x008,
  pcd: 0x010,
  accessed: 0x020,
  dirty: 0x040,
  pse: 0x080,
  /** Same bit as pse; in an entry that is not present: a PROT_NONE page. */
  protnone: 0x080,
  global: 0x100,
  /** `pte_present()`: P or PROTNONE. */
  presentMask: 0x081,
  /** What `pte_modify` keeps of the flags: A and D. */
  chgMask: 0x060,
} as const;

/** When a quicklist is trimmed: above `high` tables, down to `low`. @linux sysctl vm.pagetable_cache */
export interface PgtCacheWater {
  low: number;
  high: number;
}

/** The kernel's TLB and cache flush interface; each call is a tracepoint and, where the architecture does something, has its effect. */
export interface TlbFlush {
  /** The running task gives up its address space but stays on its tables; nothing on one CPU. @linux enter_lazy_tlb() */
  enterLazyTlb(): void;
  /** @linux flush_tlb_all(): global entries too, on every CPU */
  flushTlbAll(): void;
  /** @linux flush_tlb_mm(): `pgd` names the address space */
  flushTlbMm(pgd: number): void;
  /** @linux flush_tlb_range() */
  flushTlbRange(pgd: number, start: Addr, end: Addr): void;
  /** @linux flush_tlb_page() */
  flushTlbPage(pgd: number, addr: Addr): void;
  /** @linux flush_tlb_pgtables() */
  flushTlbPgtables(pgd: number, start: Addr, end: Addr): void;
  /** @linux flush_cache_mm(); like the next ones empty on i386, a traced call */
  flushCacheMm(pgd: number): void;
  flushCacheRange(pgd: number, start: Addr, end: Addr): void;
  flushCachePage(pgd: number, addr: Addr): void;
  flushDcachePage(pfn: Pfn): void;
  flushPageToRam(pfn: Pfn): void;
  flushIcachePage(pgd: number, pfn: Pfn): void;
  /** @linux update_mmu_cache(): after a fault has set an entry */
  updateMmuCache(pgd: number, addr: Addr, entry: number): void;
}
