import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { Addr, Pfn } from '../types.ts';
import type { PageTables } from './page-tables.ts';
import type { PgdSource } from './pgd-source.ts';
import { type PageTableParts, type PteQuicklist, Quicklists } from './quicklist.ts';
import { PGD_ALLOC, PGD_FREE, PMD_ERROR } from './tracepoints.ts';

const USER_ENTRIES = 3;
const PMD_ENTRIES = 512;
const PAGE_TABLE = 0x067;

/**
 * Page tables of three levels with 64-bit entries (low word first). An address space has its three user middle directories
 * from the beginning to the end; only page tables come and go. The kernel's gigabyte is one middle directory, shared by all.
 *
 * Reentrancy: {@link pteAlloc} and {@link pgdAlloc} allocate with GFP_KERNEL and so may reclaim; nothing else here does.
 * @linux 2.4.22 include/asm-i386/pgalloc.h, pgtable-3level.h; mm/memory.c
 */
export class PaePageTables implements PageTables {
  readonly entryWords = 2;
  readonly pmdSize = 0x200000;
  readonly pgdirSize = 0x40000000;
  readonly userPgdEntries = USER_ENTRIES;
  readonly swapperPgDir: number;
  /** Page tables out of use that the running CPU keeps. */
  quicklist: PteQuicklist;
  private readonly quicklists: Quicklists;
  private readonly parts: PageTableParts;
  private readonly memory: PhysicalMemory;
  /** Where top levels come from: the slab allocator, which boots after the first page tables. */
  pgds: PgdSource | null = null;

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
    const pgds = this.pgds as PgdSource;
    const pgd = pgds.alloc();
    if (pgd !== 0) {
      const top = topBase(memory, pgd);
      for (let i = 0; i < USER_ENTRIES; i++) {
        const pfn = parts.allocator.allocPages(GFP_KERNEL, 0);
        if (pfn === 0) {
          while (--i >= 0) parts.allocator.freePages((memory.words[top + 2 * i] as number) >>> 12, 0);
          pgds.free(pgd);
          if (parts.trace.on) parts.trace.emit(PGD_ALLOC, 0);
          return 0;
        }
        memory.clear(pfn);
        memory.words[top + 2 * i] = (pfn << 12) | 1;
        memory.words[top + 2 * i + 1] = pfn >>> 20;
      }
      const swapper = topBase(memory, this.swapperPgDir) + 2 * USER_ENTRIES;
      memory.words[top + 2 * USER_ENTRIES] = memory.words[swapper] as number;
      memory.words[top + 2 * USER_ENTRIES + 1] = memory.words[swapper + 1] as number;
    }
    if (parts.trace.on) parts.trace.emit(PGD_ALLOC, pgd);
    return pgd;
  }

  pgdFree(pgd: number): void {
    if (this.parts.trace.on) this.parts.trace.emit(PGD_FREE, pgd);
    for (let i = 0; i < USER_ENTRIES; i++) this.parts.allocator.freePages(this.directory(pgd, i), 0);
    (this.pgds as PgdSource).free(pgd);
  }

  pteOffset(pgd: number, addr: Addr): number {
    const memory = this.memory;
    const slot = memory.base(this.directory(pgd, addr >>> 30)) + ((addr >>> 21) & 511) * 2;
    const pmd = memory.words[slot] as number;
    return (pmd & 0x081) === 1 ? this.entryOf(slot, addr) : 0;
  }

  pteAlloc(pgd: number, addr: Addr): number {
    const memory = this.memory;
    const slot = memory.base(this.directory(pgd, addr >>> 30)) + ((addr >>> 21) & 511) * 2;
    if (((memory.words[slot] as number) | (memory.words[slot + 1] as number)) === 0) {
      if (!this.populate(slot, addr)) return 0;
    }
    return this.entryOf(slot, addr);
  }

  ptePfn(entry: number): Pfn {
    return pfnAt(this.memory.words, entry);
  }

  setPte(entry: number, pfn: Pfn, flags: number): void {
    const words = this.memory.words;
    // The high word first: the entry counts from the moment at which its low word says so.
    words[entry + 1] = pfn >>> 20;
    words[entry] = (pfn << 12) | flags;
  }

  setSwapPte(entry: number, swapEntry: number): void {
    this.memory.words[entry] = swapEntry;
    this.memory.words[entry + 1] = 0;
  }

  clearPte(entry: number): void {
    this.memory.words[entry] = 0;
    this.memory.words[entry + 1] = 0;
  }

  copyPte(to: number, from: number): void {
    const words = this.memory.words;
    words[to + 1] = words[from + 1] as number;
    words[to] = words[from] as number;
  }

  clearPageTables(pgd: number, first: number, count: number): void {
    const words = this.memory.words;
    for (let i = first; i < first + count; i++) {
      const base = this.memory.base(this.directory(pgd, i));
      for (let slot = base; slot < base + 2 * PMD_ENTRIES; slot += 2) {
        const pmd = words[slot] as number;
        if (pmd === 0) continue;
        const pfn = pfnAt(words, slot);
        this.clearPte(slot);
        if ((pmd & 0xffb) === 0x063) this.quicklist.put(pfn);
        else if (this.parts.trace.on) this.parts.trace.emit(PMD_ERROR, pmd);
      }
    }
    this.quicklist.check();
  }

  checkPgtCache(): number {
    return this.quicklist.check();
  }

  forEachUserTable(pgd: number, visit: (frame: Pfn) => void): void {
    for (let i = 0; i < USER_ENTRIES; i++) {
      const base = this.memory.base(this.directory(pgd, i));
      for (let slot = base; slot < base + 2 * PMD_ENTRIES; slot += 2) {
        if (((this.memory.words[slot] as number) & 0x081) === 1) visit(pfnAt(this.memory.words, slot));
      }
    }
  }

  /** Calls `visit` for each frame of the address space's own levels above the page tables: three middle directories. */
  forEachDirectoryFrame(pgd: number, visit: (frame: Pfn) => void): void {
    for (let i = 0; i < USER_ENTRIES; i++) visit(this.directory(pgd, i));
  }

  /** Calls `visit` for each frame that is kept for later use: the quicklists. */
  forEachCachedFrame(visit: (frame: Pfn) => void): void {
    for (const list of this.quicklists.lists) list.forEach(visit);
  }

  /** Frame of the middle directory that the top level's entry `index` names. */
  private directory(pgd: number, index: number): Pfn {
    return pfnAt(this.memory.words, topBase(this.memory, pgd) + 2 * index);
  }

  private entryOf(slot: number, addr: Addr): number {
    return this.memory.base(pfnAt(this.memory.words, slot)) + ((addr >>> 12) & 511) * 2;
  }

  private populate(slot: number, addr: Addr): boolean {
    const pfn = this.quicklist.take(addr);
    if (pfn === 0) return false;
    // The allocation may have slept: someone else of this address space may have filled the slot.
    if ((this.memory.words[slot] as number) !== 0) this.quicklist.put(pfn);
    else this.setPte(slot, pfn, PAGE_TABLE);
    return true;
  }
}

function topBase(memory: PhysicalMemory, pgd: number): number {
  return memory.base(pgd >>> 12) + ((pgd & 4095) >>> 2);
}

/** Frame that a 64-bit entry names. */
function pfnAt(words: Int32Array, at: number): Pfn {
  return ((words[at] as number) >>> 12) | (((words[at + 1] as number) & 0xf) << 20);
}
