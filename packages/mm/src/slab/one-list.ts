import { KernelBug } from '../kernel-bug.ts';
import { slabsOn } from './check.ts';
import { SLAB_T } from './descriptor-layout.ts';
import type { KmemCache } from './kmem-cache.ts';
import type { SlabLists, SlabsByUse, SlabVariant } from './slab-lists.ts';
import type { SlabMemory } from './slab-memory.ts';

const DIRECT_MAP = 0xc0000000 | 0;
const PHYSICAL = 0x3fffffff;
/** Free slabs that end reap's search. */
const REAP_PERFECT = 10;
/** Byte offsets in kmem_cache_t. */
const SLABS = 0;
const FIRSTNOTFULL = 8;

/**
 * One list for all slabs of a cache, and a pointer into it:
 *
 * ```
 *   slabs -> full, full, partial, partial, free, free        at the end of the list `firstnotfull` is its head
 *                        ^ firstnotfull
 * ```
 * @linux 2.4.0 mm/slab.c slabs, firstnotfull
 */
export class OneList implements SlabLists {
  readonly bytes = 12;
  private readonly memory: SlabMemory;

  constructor(memory: SlabMemory) {
    this.memory = memory;
  }

  init(cache: KmemCache): void {
    this.memory.initList(cache.at + SLABS);
    this.setFirstNotFull(cache, cache.at + SLABS);
  }

  current(cache: KmemCache): number {
    const slab = this.firstNotFull(cache);
    return slab === cache.at + SLABS ? 0 : slab;
  }

  filled(cache: KmemCache, slab: number): void {
    this.setFirstNotFull(cache, this.memory.load(slab) & PHYSICAL);
  }

  freed(cache: KmemCache, slab: number, wasFull: boolean, _inuse: number): void {
    const { memory } = this;
    const first = this.firstNotFull(cache);
    if (wasFull) {
      // In front of the others that are not full, even if it has no object in use: a slab of one object.
      this.setFirstNotFull(cache, slab);
      if ((memory.load(slab) & PHYSICAL) === first) return;
      memory.listDel(slab);
      memory.listAddTail(slab, first);
      return;
    }
    const before = memory.load(first + 4) & PHYSICAL;
    memory.listDel(slab);
    memory.listAddTail(slab, cache.at + SLABS);
    if (first === slab) this.setFirstNotFull(cache, memory.load(before) & PHYSICAL);
  }

  add(cache: KmemCache, slab: number): void {
    const list = cache.at + SLABS;
    this.memory.listAddTail(slab, list);
    if (this.firstNotFull(cache) === list) this.setFirstNotFull(cache, slab);
  }

  countFree(cache: KmemCache): number {
    const list = cache.at + SLABS;
    let count = 0;
    for (
      let at = this.memory.load(list + 4) & PHYSICAL;
      at !== list;
      at = this.memory.load(at + 4) & PHYSICAL
    ) {
      if (this.memory.load(at + SLAB_T.inuse) !== 0) break;
      count++;
    }
    return count;
  }

  takeFree(cache: KmemCache): number {
    const list = cache.at + SLABS;
    const slab = this.memory.load(list + 4) & PHYSICAL;
    if (slab === list || this.memory.load(slab + SLAB_T.inuse) !== 0) return 0;
    this.memory.listDel(slab);
    if (this.firstNotFull(cache) === slab) this.setFirstNotFull(cache, list);
    return slab;
  }

  anyUsed(cache: KmemCache): boolean {
    return this.byUse(cache).full.length + this.byUse(cache).partial.length > 0;
  }

  byUse(cache: KmemCache): SlabsByUse {
    const full: number[] = [];
    const partial: number[] = [];
    const free: number[] = [];
    for (const slab of slabsOn(this.memory, cache, SLABS)) {
      const inuse = this.memory.load(slab + SLAB_T.inuse);
      const list = inuse === cache.num ? full : inuse === 0 ? free : partial;
      // Full ones come first, then partial ones, then free ones.
      if ((list !== free && free.length > 0) || (list === full && partial.length > 0)) {
        throw new KernelBug(`slab cache ${cache.name}: its slabs are out of order`);
      }
      list.push(slab);
    }
    const first = partial[0] ?? free[0] ?? cache.at + SLABS;
    if (this.firstNotFull(cache) !== first) {
      throw new KernelBug(`slab cache ${cache.name}: firstnotfull is not the first slab that is not full`);
    }
    return { full, partial, free };
  }

  private firstNotFull(cache: KmemCache): number {
    return this.memory.load(cache.at + FIRSTNOTFULL) & PHYSICAL;
  }

  private setFirstNotFull(cache: KmemCache, slab: number): void {
    this.memory.store(cache.at + FIRSTNOTFULL, slab | DIRECT_MAP);
  }
}

/** The slab allocator of 2.4.0. */
export const ONE_LIST: SlabVariant = {
  lists: (memory) => new OneList(memory),
  reapIsPerfect: (freeSlabs) => freeSlabs >= REAP_PERFECT,
  // Four fifths.
  reapSlabs: (freeSlabs) => Math.floor((freeSlabs * 4 + 1) / 5),
  shrinkTellsPages: false,
  hugeKmallocIsBug: true,
};
