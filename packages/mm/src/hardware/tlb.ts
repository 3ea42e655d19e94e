import type { Addr } from '../types.ts';

/**
 * Entries of the TLB: direct mapped by the low bits of the page number. A power of two.
 *
 * The size is inferred, not measured: the real kernels' counts were recorded under an emulator, whose TLB may grow, and do not
 * tell its size; ours agree with 16384 entries or more, and not with 4096. It matters, as a walk sets A again after the kernel
 * cleared it: with a small TLB reclaim takes pages for used that the recorded kernels took for unused.
 */
export const TLB_ENTRIES = 32768;
const INDEX_MASK = TLB_ENTRIES - 1;
/** Low tag bits of an entry that a cr3 reload spares. No epoch has this value. */
export const GLOBAL = 0x004;
/** Tag bit of an entry that only supervisor mode may use. */
const SUPERVISOR = 0x800;
const EPOCH_STEP = 4;
const FIRST_EPOCH = 2 * EPOCH_STEP;
const LAST_EPOCH = 0x7fc;

/** A translation that the TLB holds. */
export interface TlbEntry {
  /** First address of the page. */
  readonly address: Addr;
  /** Stores are served, too, not only loads. */
  readonly stores: boolean;
  /** User mode may use it. */
  readonly user: boolean;
  /** Survives a reload of cr3. */
  readonly global: boolean;
}

/**
 * The translation lookaside buffer: direct mapped, {@link TLB_ENTRIES} entries.
 *
 * An entry is a read tag, a write tag and the frame's word index. The write tag is valid only when the page may be written
 * *and* the entry's D bit is set already, so the first write to a page that was only read misses and walks, as on a CPU.
 *
 * ```
 *   tag   31            12 11 10        2 1 0
 *        [  page number   | S |  epoch   | 0 ]   S = only supervisor mode may use it
 *                                                epoch 0 = empty, 1 = global, 2..511 = loaded under that epoch
 * ```
 * Bits 1 and 0 are free for a trick: who compares a tag with `(addr & 0xfffff003) | epoch` finds no entry for an address
 * that is not a multiple of 4, and so needs no test of the alignment.
 *
 * A cr3 reload only steps the epoch: all non-global entries stop matching at once, at no cost per entry. When the epochs
 * run out the old entries are swept.
 *
 * Nothing here watches the page tables. An entry that the kernel forgot to flush keeps translating, as on hardware.
 */
export class Tlb {
  /** Of each entry the read tag, then the write tag: one line of a CPU's cache has both. */
  readonly tags = new Int32Array(2 * TLB_ENTRIES);
  /** Word index of the frame's first word, one an entry. */
  readonly bases = new Int32Array(TLB_ENTRIES);
  /** Low tag bits of a live, non-global entry that user mode may use: a multiple of 4. */
  epoch = FIRST_EPOCH;
  // 4 MiB regions of which pieces of large pages may be cached.
  private readonly largeRegions = new Uint8Array(1024);
  // Whether a global entry was loaded since everything was dropped.
  private anyGlobal = false;

  /**
   * Second look after the inlined test of the common kind of entry failed: global and supervisor entries.
   *
   * @param tag read or write tag of the entry, whose page number fits
   */
  serves(tag: number, user: 0 | 1): boolean {
    const kind = tag & 0xfff;
    if (user === 1 && (kind & SUPERVISOR) !== 0) return false;
    const lifetime = kind & LAST_EPOCH;
    return lifetime === GLOBAL || lifetime === this.epoch;
  }

  /** Remembers that pieces of the large page around `addr` are cached; {@link invalidate} must find them all. */
  noteLarge(addr: Addr): void {
    this.largeRegions[addr >>> 22] = 1;
  }

  /** Remembers that a global entry was loaded, which a new epoch does not end. */
  noteGlobal(): void {
    this.anyGlobal = true;
  }

  /** Drops the translation of `addr`, global or not; of a large page all pieces. */
  invalidate(addr: Addr): void {
    const index = (addr >>> 12) & INDEX_MASK;
    // An entry whose write tag alone is valid does not exist.
    if ((((this.tags[index << 1] as number) ^ addr) & -4096) === 0) this.drop(index);
    if (this.largeRegions[addr >>> 22] !== 0) this.dropRegion(addr);
  }

  /** Drops all but global entries. */
  flushNonGlobal(): void {
    if (this.epoch === LAST_EPOCH) this.sweep();
    else this.epoch += EPOCH_STEP;
  }

  /** Drops everything. */
  flushAll(): void {
    if (this.anyGlobal || this.epoch === LAST_EPOCH) {
      this.tags.fill(0);
      this.epoch = FIRST_EPOCH;
      this.anyGlobal = false;
    } else {
      this.epoch += EPOCH_STEP;
    }
    this.largeRegions.fill(0);
  }

  /** What it holds of the page of `addr` now; null: nothing. For who looks at the machine: it changes nothing. */
  entryOf(addr: Addr): TlbEntry | null {
    const index = (addr >>> 12) & INDEX_MASK;
    const tag = this.tags[index << 1] as number;
    if (((tag ^ addr) & -4096) !== 0 || !this.serves(tag, 0)) return null;
    return {
      address: (tag & -4096) >>> 0,
      stores: this.tags[(index << 1) | 1] === tag,
      user: (tag & SUPERVISOR) === 0,
      global: (tag & LAST_EPOCH) === GLOBAL,
    };
  }

  /** Visits every entry that translates now. For who looks at the machine: it changes nothing. */
  forEachEntry(visit: (entry: TlbEntry) => void): void {
    for (let index = 0; index < TLB_ENTRIES; index++) {
      const tag = this.tags[index << 1] as number;
      if ((tag & 0xfff) === 0) continue;
      const entry = this.entryOf(tag & -4096);
      if (entry !== null) visit(entry);
    }
  }

  private drop(index: number): void {
    this.tags[index << 1] = 0;
    this.tags[(index << 1) | 1] = 0;
  }

  private dropRegion(addr: Addr): void {
    const region = addr >>> 22;
    for (let index = 0; index < TLB_ENTRIES; index++) {
      if ((this.tags[index << 1] as number) >>> 22 === region) this.drop(index);
    }
    this.largeRegions[region] = 0;
  }

  /** Empties every entry of an old epoch, so that the numbers can be used again. */
  private sweep(): void {
    this.epoch = FIRST_EPOCH;
    // Whoever only maps and unmaps sweeps every 509 calls: forget all at once where nothing is to be kept.
    if (!this.anyGlobal) {
      this.tags.fill(0);
      return;
    }
    const tags = this.tags;
    for (let i = 0; i < tags.length; i++) {
      if (((tags[i] as number) & LAST_EPOCH) !== GLOBAL) tags[i] = 0;
    }
  }
}
