import type { Pfn } from '../types.ts';

/**
 * Bits of `page->flags`, in 2.4.22's numbering; those of other releases follow. What word a release holds is made by
 * page-flag-words.ts.
 *
 * @linux 2.4.22 include/linux/mm.h PG_*
 */
export const PG = {
  locked: 1 << 0,
  error: 1 << 1,
  referenced: 1 << 2,
  uptodate: 1 << 3,
  dirty: 1 << 4,
  unused: 1 << 5,
  lru: 1 << 6,
  active: 1 << 7,
  slab: 1 << 8,
  skip: 1 << 10,
  highmem: 1 << 11,
  checked: 1 << 12,
  arch1: 1 << 13,
  reserved: 1 << 14,
  launder: 1 << 15,
  fs1: 1 << 16,
  /** 2.4.0, where our number is not the kernel's: on the list of inactive pages to be cleaned, or of clean ones. */
  inactiveDirty: 1 << 17,
  inactiveClean: 1 << 18,
} as const;

/** Age of a page that was never looked at. @linux 2.4.0 include/linux/swap.h PAGE_AGE_START */
export const PAGE_AGE_START = 2;

/** List heads that live past the last frame in {@link MemMap.next} and {@link MemMap.lruNext}. */
const LIST_HEADS = 2 ** 18;

/**
 * The page descriptors (`mem_map`), one typed array a field; a page is its pfn.
 *
 * Zero means "never used" in every array, so nothing is initialised eagerly and a terabyte costs nothing until touched.
 * Two fields of Linux's `struct page` are implied: the zone (from the pfn, see `zoneOf`) and PG_highmem.
 * Lists are intrusive and circular; their heads are entries with an index >= `frames`, taken by {@link newListHead}.
 */
export class MemMap {
  readonly frames: number;
  /** PG_* bits without the zone byte. Set to PG_reserved at boot for frames that are no free RAM. */
  readonly flags: Int32Array;
  /** References: 0 = free (or a tail page of a block). */
  readonly count: Int32Array;
  /** Id of the owning address_space (page cache), 0 = none. See page-cache. */
  readonly mapping: Int32Array;
  /** Page offset in its mapping (or swap entry), unsigned 32 bit stored signed: read with `>>> 0`. */
  readonly index: Int32Array;
  /** `page->list`: free list, or one of the mapping's three lists. */
  readonly next: Int32Array;
  readonly prev: Int32Array;
  /** `page->lru`: active or inactive list. */
  readonly lruNext: Int32Array;
  readonly lruPrev: Int32Array;
  /** Next page in the page-cache hash bucket, 0 = end. */
  readonly nextHash: Int32Array;
  /** How much a page was used of late, 0 .. 64: 2.4.0 alone. @linux 2.4.0 page->age */
  readonly age: Uint8Array;
  /** Number of the page's ring of buffer heads, 0 = none. @linux page->buffers */
  readonly buffers: Int32Array;
  /** Order + 1 of the free block that begins here, 0 = none begins here. */
  readonly freeOrder: Uint8Array;
  /** Event number of the allocation (page owner), 0 = before tracing. */
  readonly owner: Int32Array;
  private heads: number;

  /** @param frames number of page frames, holes included (`max_mapnr`) */
  constructor(frames: number) {
    this.frames = frames;
    const arrays = new ArrayCutter(frames + LIST_HEADS);
    this.flags = arrays.words(frames);
    this.count = arrays.words(frames);
    this.mapping = arrays.words(frames);
    this.index = arrays.words(frames);
    this.next = arrays.words(frames + LIST_HEADS);
    this.prev = arrays.words(frames + LIST_HEADS);
    this.lruNext = arrays.words(frames + LIST_HEADS);
    this.lruPrev = arrays.words(frames + LIST_HEADS);
    this.nextHash = arrays.words(frames);
    this.buffers = arrays.words(frames);
    this.owner = arrays.words(frames);
    this.age = arrays.bytes(frames);
    this.freeOrder = arrays.bytes(frames);
    this.heads = frames;
  }

  /** Heads that {@link newListHead} can still give. */
  get listHeadsLeft(): number {
    return this.frames + LIST_HEADS - this.heads;
  }

  /** Takes an entry for an empty list's head (usable for both kinds of list). */
  newListHead(): number {
    const head = this.heads++;
    if (head >= this.frames + LIST_HEADS) throw new RangeError(`mem_map: more than ${LIST_HEADS} list heads`);
    this.next[head] = head;
    this.prev[head] = head;
    this.lruNext[head] = head;
    this.lruPrev[head] = head;
    return head;
  }

  /** Inserts at the head of a `page->list` list. @linux list_add() */
  listAdd(pfn: Pfn, head: number): void {
    const first = this.next[head] as number;
    this.prev[first] = pfn;
    this.next[pfn] = first;
    this.prev[pfn] = head;
    this.next[head] = pfn;
  }

  /** @linux list_del() on `page->list` */
  listDel(pfn: Pfn): void {
    const next = this.next[pfn] as number;
    const prev = this.prev[pfn] as number;
    this.next[prev] = next;
    this.prev[next] = prev;
  }
}

/** Arrays of words and of bytes that {@link MemMap} has. */
const WORD_ARRAYS = 11;
const BYTE_ARRAYS = 2;
/** A cache line, bytes. */
const LINE = 64;
/** The largest buffer that all engines give: bytes. */
const ONE_BUFFER_MAX = 2 ** 32;

/**
 * Cuts arrays from one buffer: each large buffer that is made lets V8 collect garbage, which takes longer than the boot of a
 * large machine. What does not fit into one gets buffers of its own.
 */
class ArrayCutter {
  private readonly buffer: ArrayBuffer | null;
  private at = 0;

  /** @param longest elements of the longest array */
  constructor(longest: number) {
    const bytes = WORD_ARRAYS * room(longest * 4) + BYTE_ARRAYS * room(longest);
    this.buffer = bytes > ONE_BUFFER_MAX ? null : new ArrayBuffer(bytes);
  }

  words(length: number): Int32Array {
    return this.buffer === null
      ? new Int32Array(length)
      : new Int32Array(this.buffer, this.cut(length * 4), length);
  }

  bytes(length: number): Uint8Array {
    return this.buffer === null
      ? new Uint8Array(length)
      : new Uint8Array(this.buffer, this.cut(length), length);
  }

  private cut(bytes: number): number {
    const at = this.at;
    this.at += room(bytes);
    return at;
  }
}

/** What an array takes: whole lines, and one more, lest all arrays of a page fall into the same places of a CPU's cache. */
function room(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE + LINE;
}
