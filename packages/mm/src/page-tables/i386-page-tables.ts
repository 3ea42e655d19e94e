import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { Addr, Pfn } from '../types.ts';
import type { PageTables } from './page-tables.ts';
import { type PageTableParts, type PteQuicklist, Quicklists } from './quicklist.ts';
import { PGD_ALLOC, PGD_FREE, PMD_ERROR } from './tracepoints.ts';

const USER_ENTRIES = 768;
const PAGE_TABLE = 0x067;

/**
 * Page tables of two levels with 32-bit entries. The middle level of the generic code is folded into the directory.
 *
 * Reentrancy: {@link pteAlloc} and {@link pgdAlloc} allocate with GFP_KERNEL and so may reclaim; nothing else here does.
 * @linux 2.4.22 include/asm-i386/pgalloc.h, pgtable-2level.h; mm/memory.c
 */
export class I386PageTables implements PageTables {
  readonly entryWords = 1;
  readonly pmdSize = 0x400000;
  readonly pgdirSize = 0x400000;
  readonly userPgdEntries = USER_ENTRIES;
  readonly swapperPgDir: number;
  /** Page tables out of use that the running CPU keeps. */
  quicklist: PteQuicklist;
  private readonly quicklists: Quicklists;
  private readonly parts: PageTableParts;
  private readonly memory: PhysicalMemory;

  constructor(parts: PageTableParts) {
    this.parts = parts;
    this.memory = parts.memory;
    this.swapperPgDir = parts.swapperPgDir;
    this.quicklists = new Quicklists(parts);
    this.quicklist = this.quicklists.of(0);
  }

  get cachedTables(): number {
    return this.quicklists.length;
  }

  get cachedTablesHere(): number {
    return this.quicklist.length;
  }

  selectCpu(cpu: number): void {
    this.quicklist = this.quicklists.of(cpu);
  }

  pgdAlloc(): number {
    const { memory, parts } = this;
    const pfn = parts.allocator.allocPages(GFP_KERNEL, 0);
    if (pfn !== 0) {
      const base = memory.base(pfn);
      const swapper = memory.base(this.swapperPgDir >>> 12);
      memory.words.fill(0, base, base + USER_ENTRIES);
      memory.words.copyWithin(base + USER_ENTRIES, swapper + USER_ENTRIES, swapper + 1024);
    }
    if (parts.trace.on) parts.trace.emit(PGD_ALLOC, pfn * 4096);
    return pfn * 4096;
  }

  pgdFree(pgd: number): void {
    if (this.parts.trace.on) this.parts.trace.emit(PGD_FREE, pgd);
    this.parts.allocator.freePages(pgd >>> 12, 0);
  }

  pteOffset(pgd: number, addr: Addr): number {
    const memory = this.memory;
    const pde = memory.words[memory.base(pgd >>> 12) + (addr >>> 22)] as number;
    // Present, and no 4 MiB page: that one has no page table.
    return (pde & 0x081) === 1 ? memory.base(pde >>> 12) + ((addr >>> 12) & 1023) : 0;
  }

  pteAlloc(pgd: number, addr: Addr): number {
    const memory = this.memory;
    const slot = memory.base(pgd >>> 12) + (addr >>> 22);
    let pde = memory.words[slot] as number;
    if (pde === 0) {
      pde = this.populate(slot, addr);
      if (pde === 0) return 0;
    }
    return memory.base(pde >>> 12) + ((addr >>> 12) & 1023);
  }

  ptePfn(entry: number): Pfn {
    return (this.memory.words[entry] as number) >>> 12;
  }

  setPte(entry: number, pfn: Pfn, flags: number): void {
    this.memory.words[entry] = (pfn << 12) | flags;
  }

  setSwapPte(entry: number, swapEntry: number): void {
    this.memory.words[entry] = swapEntry;
  }

  clearPte(entry: number): void {
    this.memory.words[entry] = 0;
  }

  copyPte(to: number, from: number): void {
    const words = this.memory.words;
    words[to] = words[from] as number;
  }

  clearPageTables(pgd: number, first: number, count: number): void {
    const memory = this.memory;
    const begin = memory.base(pgd >>> 12) + first;
    for (let slot = begin; slot < begin + count; slot++) {
      const pde = memory.words[slot] as number;
      if (pde === 0) continue;
      memory.words[slot] = 0;
      // pmd_bad: anything else than a page table; whether user mode may use it does not matter.
      if ((pde & 0xffb) === 0x063) this.quicklist.put(pde >>> 12);
      else if (this.parts.trace.on) this.parts.trace.emit(PMD_ERROR, pde);
    }
    this.quicklist.check();
  }

  checkPgtCache(): number {
    return this.quicklist.check();
  }

  forEachUserTable(pgd: number, visit: (frame: Pfn) => void): void {
    const base = this.memory.base(pgd >>> 12);
    for (let i = 0; i < USER_ENTRIES; i++) {
      const pde = this.memory.words[base + i] as number;
      if ((pde & 0x081) === 1) visit(pde >>> 12);
    }
  }

  /** Calls `visit` for each frame of the address space's own levels above the page tables: the directory. */
  forEachDirectoryFrame(pgd: number, visit: (frame: Pfn) => void): void {
    visit(pgd >>> 12);
  }

  /** Calls `visit` for each frame that is kept for later use: the quicklists. */
  forEachCachedFrame(visit: (frame: Pfn) => void): void {
    for (const list of this.quicklists.lists) list.forEach(visit);
  }

  private populate(slot: number, addr: Addr): number {
    const pfn = this.quicklist.take(addr);
    if (pfn === 0) return 0;
    // The allocation may have slept: someone else of this address space may have filled the slot.
    const meanwhile = this.memory.words[slot] as number;
    if (meanwhile !== 0) {
      this.quicklist.put(pfn);
      return meanwhile;
    }
    const pde = (pfn << 12) | PAGE_TABLE;
    this.memory.words[slot] = pde;
    return pde;
  }
}
