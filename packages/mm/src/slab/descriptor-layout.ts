/** How a kernel was built, as far as it decides the layout of slab structures. */
export interface SlabBuild {
  /** An SMP kernel: per-CPU arrays, NR_CPUS 32. */
  readonly smp: boolean;
  /** CONFIG_DEBUG_SLAB: red zones, poison, statistics. */
  readonly debug: boolean;
  /** sizeof(spinlock_t) of a uniprocessor build: 4 with gcc 2.95, 0 from gcc 3 on. (SMP: always 4.) */
  readonly upSpinlockBytes: 0 | 4;
}

/** Entries of `cpudata` in an SMP build. */
export const NR_CPUS = 32;
const NAME_BYTES = 20;

/** Byte offsets of the three lists in `struct kmem_cache_s`, with which it begins. @linux 2.4.22 mm/slab.c */
export const CACHE = { slabsFull: 0, slabsPartial: 8, slabsFree: 16 } as const;

/** Byte offsets that depend on the build. */
export interface DescriptorLayout {
  readonly objsize: number;
  readonly flags: number;
  readonly num: number;
  readonly batchcount: number;
  readonly gfporder: number;
  readonly gfpflags: number;
  readonly colour: number;
  readonly colourOff: number;
  readonly colourNext: number;
  readonly slabpCache: number;
  readonly growing: number;
  readonly dflags: number;
  readonly ctor: number;
  readonly dtor: number;
  readonly name: number;
  /** `next`: the link in the cache chain. */
  readonly next: number;
  /** SMP: the pointers to the per-CPU arrays. */
  readonly cpudata: number;
  /** sizeof(kmem_cache_t). */
  readonly bytes: number;
}

/**
 * The layout of a cache descriptor: 108 bytes (uniprocessor, gcc 3), 112 (gcc 2.95) or 244 (SMP); more with statistics.
 *
 * @param listBytes what the lists of slabs take: 24, in 2.4.0 12
 * @linux 2.4.22 mm/slab.c struct kmem_cache_s
 */
export function descriptorLayout(build: SlabBuild, listBytes = 24): DescriptorLayout {
  const spinlock = build.smp ? 4 : build.upSpinlockBytes;
  const num = listBytes + 8;
  const batchcount = num + 4 + spinlock;
  const gfporder = batchcount + (build.smp ? 4 : 0);
  const name = gfporder + 44;
  const next = name + NAME_BYTES;
  const cpudata = next + 8;
  const stats = build.debug ? 24 + (build.smp ? 16 : 0) : 0;
  return {
    objsize: listBytes,
    flags: listBytes + 4,
    num,
    batchcount,
    gfporder,
    gfpflags: gfporder + 4,
    colour: gfporder + 8,
    colourOff: gfporder + 12,
    colourNext: gfporder + 16,
    slabpCache: gfporder + 20,
    growing: gfporder + 24,
    dflags: gfporder + 28,
    ctor: gfporder + 32,
    dtor: gfporder + 36,
    name,
    next,
    cpudata,
    bytes: cpudata + (build.smp ? NR_CPUS * 4 : 0) + stats,
  };
}

/** Byte offsets in `slab_t`, which the bufctl words follow. */
export const SLAB_T = {
  list: 0,
  colouroff: 8,
  sMem: 12,
  inuse: 16,
  free: 20,
  bufctl: 24,
} as const;

/** Byte offsets in `cpucache_t`. */
export const CPUCACHE = { avail: 0, limit: 4, entries: 8 } as const;
