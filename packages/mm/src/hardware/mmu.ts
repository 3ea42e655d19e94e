import type { Addr, Pfn } from '../types.ts';
import type { AttachedCpu } from './attached-cpu.ts';
import type { Clock } from './clock.ts';
import { COST_NS } from './cost-model.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { GLOBAL, Tlb } from './tlb.ts';

/** Bits of a table entry that the CPU looks at. */
const P = 0x001;
const US = 0x004;
const A = 0x020;
const PS = 0x080;
const G = 0x100;

/** Bits of a page fault's error code. */
export const FAULT = {
  /** 1: the page is present but the access is not allowed; 0: not present. */
  protection: 1,
  /** 1: a write. */
  write: 2,
  /** 1: in user mode. */
  user: 4,
} as const;

/** What an {@link Mmu} is built from. */
export interface MmuParts {
  readonly memory: PhysicalMemory;
  readonly clock: Clock;
  /** Three-level tables with 64-bit entries. */
  readonly pae: boolean;
  /** CR4.PSE: 4 MiB pages in two-level tables (PAE knows 2 MiB pages in any case). */
  readonly pse: boolean;
  /** CR4.PGE: the G bit has its effect. */
  readonly pge: boolean;
}

/**
 * A CPU's memory management unit: segments flat, paging on, CR0.WP set.
 *
 * The tables that it walks are the words of page frames, and it writes into them what a CPU writes: A in every entry that
 * a translation used, D in the last one on a write. A hit in the TLB touches no table.
 *
 * ```
 *   two levels   31      22 21      12 11        0      PAE   31 30 29     21 20    12 11        0
 *               [ directory |  table   |  offset  ]          [ pdpt | directory| table  |  offset  ]
 *                  1024        1024                             4      512        512
 * ```
 */
export class Mmu {
  readonly memory: PhysicalMemory;
  readonly clock: Clock;
  readonly pae: boolean;
  readonly tlb = new Tlb();
  /** Physical address of the top level. Written by {@link loadCr3} only. */
  cr3 = 0;
  /** Error code of the last translation that failed: {@link FAULT} bits. */
  errorCode = 0;
  /** CR4.PSE and CR4.PGE; flush everything after a change. */
  pse: boolean;
  pge: boolean;
  /** The TLB's arrays, see {@link Tlb}: for who tests for a hit in line, as {@link translate} does. */
  readonly tags: Int32Array;
  readonly bases: Int32Array;
  /** Who has to hear of each flush, too; null: nobody. */
  attached: AttachedCpu | null = null;
  // Word index of the page directory (two levels).
  private directory = 0;
  // Walks at the last flush.
  private flushedAt = 0;
  // Frames of the four page directories that cr3 pointed to when it was loaded, 0 = not present (PAE).
  private readonly pdptes = new Int32Array(4);
  // Walks so far: each takes its time by being counted.
  private readonly walked: Float64Array;
  // Flushes so far. Its length keeps it off V8's heap, where its address would not be a constant.
  private readonly flushed = new Float64Array(16);

  constructor(parts: MmuParts) {
    this.memory = parts.memory;
    this.clock = parts.clock;
    this.pae = parts.pae;
    this.pse = parts.pse;
    this.pge = parts.pge;
    this.tags = this.tlb.tags;
    this.bases = this.tlb.bases;
    this.walked = parts.clock.counter(COST_NS.walk);
  }

  /** Walks of the tables since power-on, i.e. TLB misses. */
  get walks(): number {
    return this.walked[0] as number;
  }

  /** TLB flushes since power-on, single pages not counted. */
  get flushes(): number {
    return this.flushed[0] as number;
  }

  /**
   * Translates one access.
   *
   * @param addr virtual address, 0 .. 2^32 - 1
   * @param write 1 for a store
   * @param user 1 in user mode
   * @returns index in `memory.words` of the frame's first word, or -1: a page fault, see {@link errorCode}. On a
   *   content-free machine every page is at word 0: frames of user data have no contents there.
   */
  translate(addr: Addr, write: 0 | 1, user: 0 | 1): number {
    // Twice the entry's number, for an entry has two tags. The TLB's size stands here as a number (32768 entries): a module's
    // variable is loaded anew at each access.
    const index = (addr >>> 11) & 65534;
    // The common case: a page that user mode may use, loaded since the last flush. Such an entry serves both modes.
    if (this.tags[index | write] === ((addr & -4096) | this.tlb.epoch)) {
      return this.bases[index >>> 1] as number;
    }
    return this.refill(addr, write, user);
  }

  /**
   * How many accesses in user mode the TLB serves, so that {@link translate} would have no effect.
   *
   * @param pages numbers of pages: address / 4096
   * @param accesses bit 0: a store
   * @param from,to which: from <= i < to
   * @returns index of the first that it does not serve; `to` if there is none
   */
  hits(pages: Int32Array, accesses: Uint8Array, from: number, to: number): number {
    const { tags } = this;
    const { epoch } = this.tlb;
    for (let i = from; i < to; i++) {
      const page = pages[i] as number;
      const index = ((page << 1) & 65534) | ((accesses[i] as number) & 1);
      if (tags[index] !== ((page << 12) | epoch)) return i;
    }
    return to;
  }

  /** The frame that the tables map at `addr` now; -1 = none. Looks at no TLB and changes nothing. */
  pfnOf(addr: Addr): Pfn | -1 {
    const words = this.memory.words;
    if (this.pae) {
      const directory = this.pdptes[addr >>> 30] as number;
      if (directory === 0) return -1;
      const pde = this.memory.base(directory) + ((addr >>> 21) & 511) * 2;
      const pdeLow = words[pde] as number;
      if ((pdeLow & P) === 0) return -1;
      const pdePfn = entryPfn(pdeLow, words[pde + 1] as number);
      if ((pdeLow & PS) !== 0) return (pdePfn & ~511) + ((addr >>> 12) & 511);
      const pte = this.memory.base(pdePfn) + ((addr >>> 12) & 511) * 2;
      const low = words[pte] as number;
      return (low & P) === 0 ? -1 : entryPfn(low, words[pte + 1] as number);
    }
    const pde = words[this.directory + (addr >>> 22)] as number;
    if ((pde & P) === 0) return -1;
    if ((pde & PS) !== 0 && this.pse) return ((pde >>> 12) & ~1023) + ((addr >>> 12) & 1023);
    const pte = words[this.memory.base(pde >>> 12) + ((addr >>> 12) & 1023)] as number;
    return (pte & P) === 0 ? -1 : pte >>> 12;
  }

  /**
   * Loads cr3, which drops all TLB entries but global ones. With PAE the four top entries are read now: later changes of
   * them count only after the next load.
   *
   * @param phys physical address of the top level: page aligned, or 32-byte aligned with PAE
   */
  loadCr3(phys: number): void {
    this.cr3 = phys;
    if (this.pae) {
      const words = this.memory.words;
      const table = this.memory.base(phys >>> 12) + ((phys >>> 2) & 1023);
      for (let i = 0; i < 4; i++) {
        const low = words[table + 2 * i] as number;
        this.pdptes[i] = (low & P) === 0 ? 0 : entryPfn(low, words[table + 2 * i + 1] as number);
      }
    } else {
      this.directory = this.memory.base(phys >>> 12);
    }
    this.flushNonGlobal();
  }

  /** What reloading cr3 with its own value does. With PAE it reads the top entries again. @linux __flush_tlb() */
  reloadCr3(): void {
    this.loadCr3(this.cr3);
  }

  /** Drops the TLB entry of one page, global or not. @linux __flush_tlb_one() */
  invlpg(addr: Addr): void {
    this.tlb.invalidate(addr);
    this.clock.advance(COST_NS.invlpg);
    if (this.attached !== null) this.attached.invlpg(addr);
  }

  /** Drops all TLB entries but global ones. */
  flushNonGlobal(): void {
    this.flushed[0] = (this.flushed[0] as number) + 1;
    this.clock.advance(COST_NS.tlbFlush);
    // What loads an entry counts a walk first: without one since the last flush there is nothing to drop.
    const walks = this.walked[0] as number;
    if (walks !== this.flushedAt) {
      this.flushedAt = walks;
      this.tlb.flushNonGlobal();
    }
    if (this.attached !== null) this.attached.flushNonGlobal();
  }

  /** Drops all TLB entries: toggles CR4.PGE and reloads cr3. @linux __flush_tlb_all() */
  flushAll(): void {
    this.reloadCr3();
    this.tlb.flushAll();
    if (this.attached !== null) this.attached.flushAll();
  }

  /**
   * The common miss, in few enough words that V8 builds it into its caller: two levels, a user page that is not global,
   * and entries with A (for a write also D) set already. Nothing is changed before it is certain; all else is for
   * {@link walk}.
   */
  private refill(addr: Addr, write: 0 | 1, user: 0 | 1): number {
    const { tags, memory } = this;
    const index = (addr >>> 11) & 65534;
    if (this.pae || (((tags[index | write] as number) ^ addr) & -4096) === 0) {
      return this.walk(addr, write, user);
    }
    const words = memory.words;
    const pde = words[this.directory | (addr >>> 22)] as number;
    if ((pde & (P | A | PS)) !== (P | A)) return this.walk(addr, write, user);
    const entry = words[memory.base(pde >>> 12) | ((addr >>> 12) & 1023)] as number;
    const rights = pde & entry;
    const need = P | US | A | (write << 1);
    const dirty = write << 6;
    if ((rights & need) !== need || (entry & (G | dirty)) !== dirty || entry >>> 12 >= memory.frames) {
      return this.walk(addr, write, user);
    }
    this.walked[0] = (this.walked[0] as number) + 1;
    const tag = (addr & -4096) | this.tlb.epoch;
    tags[index] = tag;
    // The write tag is valid if RW and D are set, bits 1 and 6.
    tags[index | 1] = tag & -((rights >>> 1) & (entry >>> 6) & 1);
    // A content-free machine's bases are all 0, as they were made.
    if (memory.contentFree) return 0;
    const base = memory.base(entry >>> 12);
    this.bases[index >>> 1] = base;
    return base;
  }

  /**
   * Any miss: the second look into the TLB, then the tables. Sets A and D, loads the TLB.
   *
   * One long function on purpose: it is too long for V8 to build it into {@link refill}, which thus stays small.
   */
  private walk(addr: Addr, write: 0 | 1, user: 0 | 1): number {
    const { tags, memory, pae } = this;
    const index = (addr >>> 11) & 65534;
    const old = tags[index | write] as number;
    if (((old ^ addr) & -4096) === 0 && this.tlb.serves(old, user)) return this.bases[index >>> 1] as number;
    this.walked[0] = (this.walked[0] as number) + 1;

    const words = memory.words;
    let pdeAt = this.directory | (addr >>> 22);
    if (pae) {
      const directory = this.pdptes[addr >>> 30] as number;
      if (directory === 0) return this.refuse(0, write, user);
      pdeAt = memory.base(directory) | (((addr >>> 21) & 511) << 1);
    }
    const pde = words[pdeAt] as number;
    if ((pde & P) === 0) return this.refuse(0, write, user);
    const large = (pde & PS) !== 0 && (pae || this.pse);
    let at = pdeAt;
    if (!large) {
      if ((pde & A) === 0) words[pdeAt] = pde | A;
      at = pae
        ? memory.base(entryPfn(pde, words[pdeAt + 1] as number)) | (((addr >>> 12) & 511) << 1)
        : memory.base(pde >>> 12) | ((addr >>> 12) & 1023);
    }
    const entry = words[at] as number;
    // RW and US count only if both levels grant them.
    const rights = pde & entry;
    const need = P | (write << 1) | (user << 2);
    if ((rights & need) !== need) return this.refuse(entry & P, write, user);
    const used = entry | A | (write << 6);
    if (used !== entry) words[at] = used;

    let pfn = pae ? entryPfn(entry, words[at + 1] as number) : entry >>> 12;
    // Of a large page the TLB holds the piece that was asked for.
    if (large) pfn = pae ? (pfn & ~511) + ((addr >>> 12) & 511) : (pfn & ~1023) + ((addr >>> 12) & 1023);
    // No RAM there (a device's registers, a gap): nobody answers, and no TLB entry keeps the place.
    if (pfn >= memory.frames) return memory.openBus();
    if (large) this.tlb.noteLarge(addr);
    const base = memory.contentFree ? 0 : memory.base(pfn);
    const lifetime = (used & G) !== 0 && this.pge ? GLOBAL : this.tlb.epoch;
    if (lifetime === GLOBAL) this.tlb.noteGlobal();
    // A page without US gets the tag's bit 11: only supervisor mode may use it.
    const tag = (addr & -4096) | lifetime | ((~rights & US) << 9);
    tags[index] = tag;
    tags[index | 1] = tag & -((rights >>> 1) & (used >>> 6) & 1);
    this.bases[index >>> 1] = base;
    return base;
  }

  private refuse(present: number, write: 0 | 1, user: 0 | 1): -1 {
    this.errorCode = present | (write << 1) | (user << 2);
    return -1;
  }
}

/** Frame number of a 64-bit entry (36 physical address bits). */
function entryPfn(low: number, high: number): Pfn {
  return (low >>> 12) | ((high & 0xf) << 20);
}
