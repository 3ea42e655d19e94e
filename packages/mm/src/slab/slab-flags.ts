/** Flags that describe a cache. @linux 2.4.22 include/linux/slab.h SLAB_* */
export const SLAB = {
  /** Call the constructor to verify an object that is freed (debug kernels). */
  DEBUG_INITIAL: 0x200,
  /** Guard words before and after each object (debug kernels). */
  RED_ZONE: 0x400,
  /** Fill free objects with a pattern (debug kernels). */
  POISON: 0x800,
  /** kmem_cache_reap() leaves the cache alone. */
  NO_REAP: 0x1000,
  /** Objects begin at cache lines (small ones at halves, quarters … of a line). */
  HWCACHE_ALIGN: 0x2000,
  /** Objects come from ISA-DMA memory. */
  CACHE_DMA: 0x4000,
  /** Not even debugging may take the alignment away. */
  MUST_HWCACHE_ALIGN: 0x8000,
} as const;

/** Flags of a cache that create decides. @linux 2.4.22 mm/slab.c CFLGS_* */
export const CFLGS = {
  /** Slab descriptors live in a size-N cache, not in the slab. */
  OFF_SLAB: 0x10000,
  /** Set for order-0 on-slab caches; nothing ever tests it. */
  OPTIMIZE: 0x20000,
} as const;

/** The cache grew since kmem_cache_reap() last looked at it. @linux 2.4.22 mm/slab.c DFLGS_GROWN */
export const DFLGS_GROWN = 1;

/** What a constructor is told; a destructor always gets 0. @linux 2.4.22 include/linux/slab.h SLAB_CTOR_* */
export const SLAB_CTOR = {
  CONSTRUCTOR: 1,
  /** It may not sleep. */
  ATOMIC: 2,
  /** It shall only check. */
  VERIFY: 4,
} as const;

/** The bits of an allocation's flags that say what it may do. @linux 2.4.22 include/linux/slab.h SLAB_LEVEL_MASK */
export const SLAB_LEVEL_MASK = 0x1f0;
/** An allocation must not grow its cache. */
export const SLAB_NO_GROW = 0x1000;

const PUBLIC = SLAB.NO_REAP | SLAB.HWCACHE_ALIGN | SLAB.CACHE_DMA | SLAB.MUST_HWCACHE_ALIGN;
const DEBUG = SLAB.DEBUG_INITIAL | SLAB.RED_ZONE | SLAB.POISON;

/** Flags that kmem_cache_create() accepts. @linux 2.4.22 mm/slab.c CREATE_MASK */
export function createMask(debug: boolean): number {
  return debug ? PUBLIC | DEBUG : PUBLIC;
}

/** The largest object: 32 pages. @linux 2.4.22 mm/slab.c MAX_OBJ_ORDER */
export const MAX_OBJECT_BYTES = 131072;
/** The largest slab: 2^5 pages. */
export const MAX_GFP_ORDER = 5;
/** Longest name: its array has 20 bytes, and create refuses 19 characters and more. @linux 2.4.22 mm/slab.c CACHE_NAMELEN */
export const CACHE_NAME_MAX = 18;
/** What ends a slab's chain of free objects: -1 as an unsigned word. */
export const BUFCTL_END = -1;
