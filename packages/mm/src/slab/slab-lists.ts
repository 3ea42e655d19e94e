import type { KmemCache } from './kmem-cache.ts';
import type { SlabMemory } from './slab-memory.ts';

/** The slabs of a cache by the use of their objects: physical addresses of descriptors, each in list order. */
export interface SlabsByUse {
  readonly full: readonly number[];
  readonly partial: readonly number[];
  readonly free: readonly number[];
}

/**
 * How a cache keeps its slabs in order: which one gives the next object, and which is given back first. The lists stand in
 * simulated memory, at the head of kmem_cache_t; a slab is the physical address of its slab_t.
 */
export interface SlabLists {
  /** Bytes that they take in kmem_cache_t. */
  readonly bytes: number;
  /** Makes a cache's lists empty. */
  init(cache: KmemCache): void;
  /** The slab that gives the next object; 0: none has a free one. */
  current(cache: KmemCache): number;
  /** The current slab gave its last object. */
  filled(cache: KmemCache, slab: number): void;
  /** A slab got an object back and was full before, or has none in use now (`inuse` 0), or both. */
  freed(cache: KmemCache, slab: number, wasFull: boolean, inuse: number): void;
  /** A new slab, all of whose objects are free. */
  add(cache: KmemCache, slab: number): void;
  /** Slabs without objects in use that {@link takeFree} would give one by one. */
  countFree(cache: KmemCache): number;
  /** Takes the slab without objects in use off the lists that stands last; 0: there is none. */
  takeFree(cache: KmemCache): number;
  /** Whether there is a slab with objects in use. */
  anyUsed(cache: KmemCache): boolean;
  /** All slabs. @throws KernelBug if a link is broken */
  byUse(cache: KmemCache): SlabsByUse;
}

/** How slab allocators differ. */
export interface SlabVariant {
  /** Makes the lists over the allocator's memory. */
  readonly lists: (memory: SlabMemory) => SlabLists;
  /** Whether a cache is so good to reap that the search ends with it. */
  readonly reapIsPerfect: (freeSlabs: number, pages: number) => boolean;
  /** How many of the best cache's free slabs go. */
  readonly reapSlabs: (freeSlabs: number) => number;
  /** kmem_cache_shrink() tells the pages that it freed; else whether slabs are left. */
  readonly shrinkTellsPages: boolean;
  /** kmalloc() of more than 131072 bytes is a BUG(); else it fails. */
  readonly hugeKmallocIsBug: boolean;
}
