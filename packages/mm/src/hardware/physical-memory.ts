import { ConfigError, KernelBug } from '../kernel-bug.ts';
import type { Pfn } from '../types.ts';
import type { Clock } from './clock.ts';
import { COST_NS } from './cost-model.ts';

/** 32-bit words in a page frame. */
export const WORDS_PER_PAGE = 1024;
/** The largest machine whose RAM is one flat buffer: bytes. Above it, frames get their bytes when first touched. */
const FLAT_LIMIT_BYTES = 4 * 2 ** 30;
/** Frames that a sparse machine can hold contents of: 4 GiB of host memory at the most, committed as touched. */
const SPARSE_FRAMES_MAX = 2 ** 20;

/** Where RAM lies in a buffer of somebody else, a CPU in WebAssembly: `byteOffset` is a multiple of 4. */
export interface RamBuffer {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
}

/**
 * The machine's RAM: page frames of real bytes, seen as 32-bit words.
 *
 * Up to 4 GiB it is one flat buffer (frame `pfn` begins at word `pfn * 1024`), which an emulated CPU can share. A larger
 * machine keeps a slot table and gives a frame its bytes when {@link base} is first asked for it. The host commits
 * either only as it is touched.
 *
 * A *content-free* machine has no bytes in frames that hold user data: `clear` and `copy` do nothing. Page tables are
 * real there too.
 */
export class PhysicalMemory {
  /** All frames' words. Re-read this field after a CPU ran: an emulated CPU's memory may have moved. */
  words: Int32Array;
  /** The same bytes. */
  bytes: Uint8Array;
  /** Number of page frames, holes included. Immutable. */
  readonly frames: number;
  /** Whether frames of user data have no contents. Immutable. */
  readonly contentFree: boolean;
  // Word index / 1024 of a frame's bytes, 0 = none yet. Null on a flat machine.
  private readonly slots: Int32Array | null;
  private slotsUsed = 1;
  private kept: Pfn = 0;
  // Pages zeroed and copied since boot, contents or not: virtual time passes by these counts (see chargeTo).
  private cleared: Float64Array = new Float64Array(1);
  private copied: Float64Array = new Float64Array(1);

  /**
   * @param frames number of page frames, 1 .. 2^28 (1 TiB)
   * @param contentFree leave user pages without contents
   * @param ram where the bytes are, all zero, if not in a buffer of its own; see {@link rebind}. Not for sparse machines
   */
  constructor(frames: number, contentFree = false, ram?: (bytes: number) => RamBuffer) {
    if (!Number.isInteger(frames) || frames < 1 || frames > 2 ** 28) {
      throw new ConfigError(`physical memory: ${frames} page frames; allowed are 1 to ${2 ** 28}`);
    }
    this.frames = frames;
    this.contentFree = contentFree;
    const flat = frames * 4096 <= FLAT_LIMIT_BYTES;
    this.slots = flat ? null : new Int32Array(frames);
    // One page more, for reads where no memory is; a machine of 4 GiB has memory at every address of 32 bits.
    const pages = flat ? Math.min(frames + 1, SPARSE_FRAMES_MAX) : SPARSE_FRAMES_MAX;
    const { buffer, byteOffset } =
      ram === undefined || !flat
        ? { buffer: new ArrayBuffer(pages * 4096), byteOffset: 0 }
        : ram(pages * 4096);
    this.words = new Int32Array(buffer, byteOffset, pages * WORDS_PER_PAGE);
    this.bytes = new Uint8Array(buffer, byteOffset, pages * 4096);
  }

  /** The same bytes have moved into another buffer: WebAssembly memory that grew. */
  rebind({ buffer, byteOffset }: RamBuffer): void {
    this.words = new Int32Array(buffer, byteOffset, this.words.length);
    this.bytes = new Uint8Array(buffer, byteOffset, this.bytes.length);
  }

  /** From now on each page that is zeroed or copied takes its time on `clock`: with contents or without, the same. */
  chargeTo(clock: Clock): void {
    this.cleared = clock.counter(COST_NS.zeroPage);
    this.copied = clock.counter(COST_NS.copyPage);
  }

  /** Index in {@link words} of the frame's first word. */
  base(pfn: Pfn): number {
    return this.slots === null ? pfn * WORDS_PER_PAGE : this.sparseBase(pfn);
  }

  /**
   * A page that stands for an address where nothing answers: all bits are one, and what was stored there before is lost.
   * For one access at a time.
   *
   * @returns index in {@link words} of its first word (word 0 on a content-free machine)
   */
  openBus(): number {
    if (this.contentFree) return 0;
    // A sparse machine never gives slot 0 away.
    const base = this.slots === null ? this.frames * WORDS_PER_PAGE : 0;
    if (base + WORDS_PER_PAGE > this.words.length) {
      throw new KernelBug(`an address above ${this.frames} page frames, the most that 32 bits reach`);
    }
    this.words.fill(-1, base, base + WORDS_PER_PAGE);
    return base;
  }

  /**
   * Disks move the bytes of this frame although the machine is content-free: the kernel itself reads what it holds. One frame
   * at a time; 0 = none any more.
   */
  keepBytes(pfn: Pfn): void {
    this.kept = pfn;
  }

  /** Whether a disk moves bytes from and to the frame: not on a content-free machine, but see {@link keepBytes}. */
  movesBytes(pfn: Pfn): boolean {
    return !this.contentFree || pfn === this.kept;
  }

  /** Whether the frame has bytes: false for a frame of a sparse machine that was never touched (it reads as zero). */
  hasBytes(pfn: Pfn): boolean {
    return this.slots === null || this.slots[pfn] !== 0;
  }

  private sparseBase(pfn: Pfn): number {
    const slots = this.slots as Int32Array;
    let slot = slots[pfn] as number;
    if (slot === 0) {
      if (this.slotsUsed === SPARSE_FRAMES_MAX) {
        throw new ConfigError(
          'physical memory: more than 4 GiB of a sparse machine touched; use a content-free machine',
        );
      }
      slot = this.slotsUsed++;
      slots[pfn] = slot;
    }
    return slot * WORDS_PER_PAGE;
  }

  /** Zeroes a user page (nothing on a content-free machine). @linux clear_user_highpage() */
  clearUser(pfn: Pfn): void {
    if (this.contentFree) (this.cleared[0] as number)++;
    else this.clear(pfn);
  }

  /** Copies a user page (nothing on a content-free machine). @linux copy_user_highpage() */
  copyUser(to: Pfn, from: Pfn): void {
    (this.copied[0] as number)++;
    if (this.contentFree) return;
    const source = this.base(from);
    this.words.copyWithin(this.base(to), source, source + WORDS_PER_PAGE);
  }

  /** Zeroes a frame whatever the machine: page tables need it. @linux clear_page() */
  clear(pfn: Pfn): void {
    (this.cleared[0] as number)++;
    const base = this.base(pfn);
    this.words.fill(0, base, base + WORDS_PER_PAGE);
  }
}
