import { KernelPanic } from '../kernel-bug.ts';
import { type BootLog, KERN } from '../physical/boot-log.ts';
import type { Pfn } from '../types.ts';
import type { BootAllocator } from './boot-allocator.ts';

/** Where allocations begin to look unless they want low memory: above the DMA zone. @linux MAX_DMA_ADDRESS */
export const BOOTMEM_GOAL = 0x1000000;
const PAGE = 4096;

/**
 * The boot memory allocator: first fit over a bitmap with one bit a page frame (1 = taken), down to single bytes within a
 * page. It serves until the page allocator is up; {@link freeAll} then hands every free frame over.
 *
 * ```
 *   frame    0   1   2   3   4   5   6
 *   bit      1   1   0   0   1   1   0        next fit of 2 pages: frame 2
 *                                ^ lastPos: bytes from lastOffset on are still free and serve the next small request
 * ```
 *
 * Each memory node has one for its low frames; see boot-nodes.ts for requests to any node.
 *
 * Errors are panics: whatever goes wrong here, a real machine does not come up.
 *
 * @linux 2.4.22 mm/bootmem.c
 */
export class BootMemory implements BootAllocator {
  /** First frame. @linux node_boot_start */
  readonly startPfn: Pfn;
  /** Frame in which the bitmap lies: on node 0 the first one behind the kernel image (min_low_pfn). */
  readonly mapPfn: Pfn;
  /** One past the last frame. @linux node_low_pfn */
  readonly lowPfn: Pfn;
  /** Size of the bitmap: a bit a frame, rounded up to 4 bytes. @linux init_bootmem()'s result */
  readonly mapBytes: number;
  /** Frame in which the last allocation ends. */
  lastPos = 0;
  /** Bytes of that frame that are taken; 0: none left, nothing to share. */
  lastOffset = 0;
  readonly #cacheLine: number;
  readonly #log: BootLog;
  #map: Uint8Array;
  // The same bits, 32 a word: long runs of equal bits are passed over quickly.
  #words: Int32Array;
  // A long run of taken frames: nearly every search begins with the mem_map, which takes half of a large machine's low memory.
  #takenFrom = 0;
  #takenTo = 0;

  /**
   * Begins with every frame taken.
   *
   * @param mapPfn frame in which the bitmap lies
   * @param lowPfn one past the last frame
   * @param cacheLine alignment of allocations, bytes, a power of two
   * @param startPfn first frame, a multiple of 8
   * @linux init_bootmem(), init_bootmem_node()
   */
  constructor(mapPfn: Pfn, lowPfn: Pfn, cacheLine: number, log: BootLog, startPfn: Pfn = 0) {
    this.startPfn = startPfn;
    this.mapPfn = mapPfn;
    this.lowPfn = lowPfn;
    this.mapBytes = Math.ceil(Math.ceil((lowPfn - startPfn) / 8) / 4) * 4;
    this.#cacheLine = cacheLine;
    this.#log = log;
    this.#words = new Int32Array(this.mapBytes / 4).fill(-1);
    this.#map = new Uint8Array(this.#words.buffer);
  }

  /** Whether a frame is taken. */
  isReserved(pfn: Pfn): boolean {
    return (((this.#map[(pfn - this.startPfn) >> 3] as number) >> (pfn & 7)) & 1) !== 0;
  }

  /** Takes all frames that `[address, address + size)` touches. @linux reserve_bootmem() */
  reserve(address: number, size: number): void {
    const end = Math.ceil((address + size) / PAGE);
    if (size <= 0 || !this.has(Math.floor(address / PAGE)) || end > this.lowPfn) {
      throw new KernelPanic(`reserve_bootmem: ${size} bytes at ${hex(address)} are not all in low memory`);
    }
    const start = Math.floor(address / PAGE);
    for (let pfn = this.#nextReserved(start, end); pfn < end; pfn = this.#nextReserved(pfn + 1, end)) {
      this.#log.print(`hm, page ${(pfn * PAGE).toString(16).padStart(8, '0')} reserved twice.`);
    }
    this.#mark(start, end, true);
  }

  /** Frees the frames that lie wholly in `[address, address + size)`. @linux free_bootmem() */
  free(address: number, size: number): void {
    const end = Math.floor((address + size) / PAGE);
    if (size <= 0 || address < this.startPfn * PAGE || end > this.lowPfn) {
      throw new KernelPanic(`free_bootmem: ${size} bytes at ${hex(address)} are not all in low memory`);
    }
    const start = Math.ceil(address / PAGE);
    const free = this.#nextFree(start);
    if (free < end) throw new KernelPanic(`free_bootmem: page ${hex(free * PAGE)} is free already`);
    if (start < end) this.#mark(start, end, false);
  }

  /** Whether a frame is one of this node's low frames. */
  has(pfn: Pfn): boolean {
    return pfn >= this.startPfn && pfn < this.lowPfn;
  }

  /** `size` bytes above 16 MiB if possible, aligned to a cache line. @linux alloc_bootmem(), alloc_bootmem_node() */
  alloc(size: number): number {
    return this.#allocOrPanic(size, this.#cacheLine, BOOTMEM_GOAL);
  }

  /** `size` bytes as low as possible, aligned to a cache line. @linux alloc_bootmem_low() */
  allocLow(size: number): number {
    return this.#allocOrPanic(size, this.#cacheLine, 0);
  }

  /** Whole pages above 16 MiB if possible. @linux alloc_bootmem_pages(), alloc_bootmem_pages_node() */
  allocPages(size: number): number {
    return this.#allocOrPanic(size, PAGE, BOOTMEM_GOAL);
  }

  /** Whole pages as low as possible. @linux alloc_bootmem_low_pages(), alloc_bootmem_low_pages_node() */
  allocLowPages(size: number): number {
    return this.#allocOrPanic(size, PAGE, 0);
  }

  /**
   * First fit from `goal` on, then from the node's begin. The bytes are zero. Returns a physical address, or -1 if nothing
   * fits. A goal outside the node does not count.
   *
   * @param align a power of two, bytes
   * @linux __alloc_bootmem_core()
   */
  allocCore(size: number, align: number, goal: number): number {
    if (size <= 0 || (align & (align - 1)) !== 0)
      throw new KernelPanic(`alloc_bootmem: size ${size}, align ${align}`);
    const begin = Math.ceil((this.startPfn * PAGE) / align) * align;
    const wanted = goal !== 0 && this.has(Math.floor(goal / PAGE)) ? Math.ceil(goal / align) * align : begin;
    const preferred = Math.floor(wanted / PAGE);
    const pages = Math.ceil(size / PAGE);
    const step = Math.max(1, Math.floor(align / PAGE));
    let start = this.#firstFit(preferred, pages, step);
    if (start < 0 && wanted !== begin) start = this.#firstFit(Math.floor(begin / PAGE), pages, step);
    if (start < 0) return -1;
    return this.#place(start, pages, size, align);
  }

  /**
   * Hands over every frame that is not taken, ascending, then the frames of the bitmap itself, as runs `[start, end)`.
   * Returns their number. The allocator serves nothing afterwards.
   *
   * @linux free_all_bootmem(), free_all_bootmem_node()
   */
  freeAll(freeRun: (start: Pfn, end: Pfn) => void): number {
    let total = 0;
    for (let start = this.#nextFree(this.startPfn); start < this.lowPfn; ) {
      const end = this.#nextReserved(start, this.lowPfn);
      freeRun(start, end);
      total += end - start;
      start = this.#nextFree(end);
    }
    const mapPages = Math.ceil((this.lowPfn - this.startPfn) / 8 / PAGE);
    freeRun(this.mapPfn, this.mapPfn + mapPages);
    return total + mapPages;
  }

  /** Where the first of `pages` free frames begins, trying each `step`-th frame from `from`; -1 if nowhere. */
  #firstFit(from: Pfn, pages: number, step: number): Pfn {
    for (let start = from; start + pages <= this.lowPfn; ) {
      const taken = this.#nextReserved(start, start + pages);
      if (taken === start + pages) return start;
      // The next candidate lies behind the frame that is in the way, a whole number of steps from the first.
      start += Math.ceil((this.#nextFree(taken) - start) / step) * step;
    }
    return -1;
  }

  /** Takes the frames at `start`, or the rest of the frame before them and fewer of them. */
  #place(start: Pfn, pages: number, size: number, align: number): number {
    let address = start * PAGE;
    let take = pages;
    if (align <= PAGE && this.lastOffset !== 0 && this.lastPos + 1 === start) {
      const offset = Math.ceil(this.lastOffset / align) * align;
      const remaining = PAGE - offset;
      address = this.lastPos * PAGE + offset;
      if (size < remaining) {
        take = 0;
        this.lastOffset = offset + size;
      } else {
        const beyond = size - remaining;
        take = Math.ceil(beyond / PAGE);
        this.lastPos = start + take - 1;
        this.lastOffset = beyond % PAGE;
      }
    } else {
      this.lastPos = start + take - 1;
      this.lastOffset = size % PAGE;
    }
    if (take > 0) this.#mark(start, start + take, true);
    return address;
  }

  #allocOrPanic(size: number, align: number, goal: number): number {
    const address = this.allocCore(size, align, goal);
    if (address >= 0) return address;
    this.#log.print(`bootmem alloc of ${size} bytes failed!`, KERN.ALERT);
    throw new KernelPanic(`Out of memory: bootmem alloc of ${size} bytes failed`);
  }

  /** The first taken frame from `pfn` on; `limit` if there is none below it. */
  #nextReserved(pfn: Pfn, limit: Pfn): Pfn {
    return this.#next(pfn, limit, 1);
  }

  /** The first free frame from `pfn` on; `lowPfn` if there is none. */
  #nextFree(pfn: Pfn): Pfn {
    const known = pfn >= this.#takenFrom && pfn < this.#takenTo;
    const free = this.#next(known ? this.#takenTo : pfn, this.lowPfn, 0);
    if (known) {
      this.#takenTo = free;
    } else if (free - pfn > this.#takenTo - this.#takenFrom) {
      this.#takenFrom = pfn;
      this.#takenTo = free;
    }
    return free;
  }

  /** The first frame of `pfn` .. `limit` - 1 whose bit is `bit`; `limit` if there is none. */
  #next(pfn: Pfn, limit: Pfn, bit: 0 | 1): Pfn {
    const words = this.#words;
    const end = limit - this.startPfn;
    const none = bit - 1;
    let i = pfn - this.startPfn;
    while (i < end) {
      const word = words[i >> 5] as number;
      if (word === none) i = ((i >> 5) + 1) << 5;
      else if (((word >>> (i & 31)) & 1) === bit) return this.startPfn + i;
      else i++;
    }
    return limit;
  }

  /** Marks the frames `from` .. `to` - 1 taken or free. */
  #mark(from: Pfn, to: Pfn, taken: boolean): void {
    const map = this.#map;
    if (!taken) this.#takenTo = this.#takenFrom;
    const start = from - this.startPfn;
    const end = to - this.startPfn;
    const firstWhole = (start + 7) >> 3;
    const endWhole = end >> 3;
    if (firstWhole < endWhole) map.fill(taken ? 0xff : 0, firstWhole, endWhole);
    for (let i = start; i < end; i++) {
      // Whole bytes are done already.
      if (firstWhole < endWhole && i === firstWhole << 3) i = endWhole << 3;
      if (i >= end) break;
      const bit = 1 << (i & 7);
      map[i >> 3] = taken ? (map[i >> 3] as number) | bit : (map[i >> 3] as number) & ~bit;
    }
  }
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
