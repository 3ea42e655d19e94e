import type { Addr } from '../types.ts';
import type { CacheGeometry } from './cache-geometry.ts';
import { NR_CPUS } from './descriptor-layout.ts';
import { CFLGS, SLAB } from './slab-flags.ts';

/**
 * Prepares (or takes leave of) an object.
 *
 * @param obj kernel virtual address of the object, inside its red zones if it has some
 * @param cache the object's cache
 * @param flags SLAB_CTOR_* for a constructor, 0 for a destructor
 */
export type SlabConstructor = (obj: Addr, cache: KmemCache, flags: number) => void;

/** Counts that a debug kernel keeps. @linux 2.4.22 mm/slab.c struct kmem_cache_s, STATS */
export interface CacheStatistics {
  numActive: number;
  numAllocations: number;
  highMark: number;
  grown: number;
  reaped: number;
  errors: number;
  allocHit: number;
  allocMiss: number;
  freeHit: number;
  freeMiss: number;
}

/**
 * A cache of objects of one size. Its descriptor stands in simulated memory at {@link address}; what is here is a copy of
 * the fields that never change, so that the hot paths need not look them up, and the ones that change rarely, which are
 * written through. The three lists of slabs are in simulated memory only.
 *
 * @linux 2.4.22 mm/slab.c struct kmem_cache_s
 */
export class KmemCache {
  readonly name: string;
  /** Physical address of the descriptor. */
  readonly at: number;
  /** Number by which a frame's cache is found; 0 is none. Reused when the cache is gone. */
  readonly id: number;
  /** The name as the trace interned it. */
  readonly traceName: number;
  readonly objsize: number;
  readonly flags: number;
  /** Objects of a slab. */
  readonly num: number;
  readonly gfporder: number;
  /** 0 or GFP_DMA. */
  readonly gfpflags: number;
  /** Number of colours and bytes between them. */
  readonly colour: number;
  readonly colourOff: number;
  /** Bytes of slab_t and its bufctls, in whole cache lines. */
  readonly slabSize: number;
  /** Where off-slab descriptors come from; null: descriptors are on the slab. */
  readonly slabpCache: KmemCache | null;
  readonly ctor: SlabConstructor | null;
  readonly dtor: SlabConstructor | null;
  readonly stats: CacheStatistics = {
    numActive: 0,
    numAllocations: 0,
    highMark: 0,
    grown: 0,
    reaped: 0,
    errors: 0,
    allocHit: 0,
    allocMiss: 0,
    freeHit: 0,
    freeMiss: 0,
  };
  /** Colour of the next slab. */
  colourNext = 0;
  /** Calls of kmem_cache_grow() under way: reap and shrink keep away. */
  growing = 0;
  dflags = 0;
  /** SMP: objects that go from slabs to an array, or back, at once. */
  batchcount = 0;
  /** Whether kmem_cache_destroy() took it. */
  destroyed = false;
  /** @internal 1 / objsize: a multiplication finds an object's index faster than a division. */
  readonly inverse: number;
  /** @internal SMP: physical addresses of the per-CPU arrays, 0 = none. */
  readonly cpuArrays = new Int32Array(NR_CPUS);
  /** @internal Next in cache_chain, cache_cache closing the ring. */
  next: KmemCache = this;

  constructor(
    name: string,
    at: number,
    id: number,
    traceName: number,
    geometry: CacheGeometry,
    slabpCache: KmemCache | null,
    ctor: SlabConstructor | null,
    dtor: SlabConstructor | null,
  ) {
    this.name = name;
    this.at = at;
    this.id = id;
    this.traceName = traceName;
    this.objsize = geometry.objsize;
    this.flags = geometry.flags;
    this.num = geometry.num;
    this.gfporder = geometry.gfporder;
    this.gfpflags = (geometry.flags & SLAB.CACHE_DMA) !== 0 ? 1 : 0;
    this.colour = geometry.colour;
    this.colourOff = geometry.colourOff;
    this.slabSize = geometry.slabSize;
    this.slabpCache = slabpCache;
    this.ctor = ctor;
    this.dtor = dtor;
    this.inverse = 1 / geometry.objsize;
  }

  /** Kernel virtual address of the descriptor. */
  get address(): Addr {
    return this.at + 0xc0000000;
  }

  /** Whether slab descriptors are kept in a size-N cache. */
  get offSlab(): boolean {
    return (this.flags & CFLGS.OFF_SLAB) !== 0;
  }

  /** Bytes of an object that its user may touch. @linux 2.4.22 mm/slab.c kmem_cache_size() */
  get usableBytes(): number {
    return (this.flags & SLAB.RED_ZONE) !== 0 ? this.objsize - 8 : this.objsize;
  }
}
