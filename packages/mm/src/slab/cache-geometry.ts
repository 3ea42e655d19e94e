import { CFLGS, MAX_GFP_ORDER, SLAB } from './slab-flags.ts';

/** Bytes of `slab_t`: list, colouroff, s_mem, inuse, free. */
export const SLAB_BYTES = 24;
/** Bytes of a `kmem_bufctl_t`. */
export const BUFCTL_BYTES = 4;
const WORD = 4;
const PAGE = 4096;
/** Objects from this size on get their slab descriptor off the slab, at first. */
const OFF_SLAB_MIN = PAGE >> 3;
/** No slab has more objects than index values. */
const SLAB_LIMIT = 0xfffffffe;

/** What decides a geometry besides the request. */
export interface GeometryLimits {
  /** Cache line, bytes. @linux L1_CACHE_BYTES */
  readonly cacheLine: number;
  /** Orders from here on are taken whatever they waste. @linux slab_break_gfp_order */
  readonly breakOrder: number;
  /** Most objects of a slab whose descriptor is off the slab. @linux offslab_limit */
  readonly offSlabLimit: number;
}

/** How a cache cuts pages into objects. */
export interface CacheGeometry {
  /** Bytes from object to object. */
  readonly objsize: number;
  /** The request's flags with CFLGS_*. */
  readonly flags: number;
  /** Pages of a slab: 2^gfporder. */
  readonly gfporder: number;
  /** Objects of a slab. */
  readonly num: number;
  /** Bytes of a slab that nothing uses. */
  readonly leftOver: number;
  /** Bytes of slab_t and its bufctls, in whole cache lines. */
  readonly slabSize: number;
  /** Whether the descriptor first went off the slab and then fitted into what was left over. */
  readonly movedOnSlab: boolean;
  /** Bytes from colour to colour, and how many colours there are. */
  readonly colourOff: number;
  readonly colour: number;
}

/** `bytes` in whole cache lines. @linux L1_CACHE_ALIGN() */
export function cacheLineAlign(bytes: number, cacheLine: number): number {
  return (bytes + cacheLine - 1) & ~(cacheLine - 1);
}

/** Bytes of a slab's descriptor with `num` bufctls, in whole cache lines. */
export function managementBytes(num: number, cacheLine: number): number {
  return cacheLineAlign(SLAB_BYTES + BUFCTL_BYTES * num, cacheLine);
}

/**
 * How many objects of `size` bytes a slab of 2^`order` pages holds (possibly 0), and the bytes left over.
 *
 * @linux 2.4.22 mm/slab.c kmem_cache_estimate()
 */
export function cacheEstimate(
  order: number,
  size: number,
  flags: number,
  cacheLine: number,
): { num: number; leftOver: number } {
  const bytes = PAGE << order;
  const offSlab = (flags & CFLGS.OFF_SLAB) !== 0;
  const used = (n: number) => n * size + (offSlab ? 0 : managementBytes(n, cacheLine));
  let num = Math.floor(bytes / size);
  while (num > 0 && used(num) > bytes) num--;
  if (num > SLAB_LIMIT) num = SLAB_LIMIT;
  return { num, leftOver: bytes - used(num) };
}

/**
 * The geometry that kmem_cache_create() decides for a request; null if no slab is large enough.
 *
 * @param size bytes of an object, from 4; here already with its red zones
 * @param offset bytes from colour to colour, 0: a cache line
 * @linux 2.4.22 mm/slab.c kmem_cache_create()
 */
export function cacheGeometry(
  size: number,
  offset: number,
  flags: number,
  limits: GeometryLimits,
): CacheGeometry | null {
  const { cacheLine } = limits;
  let objsize = (size + WORD - 1) & ~(WORD - 1);
  let align = (flags & SLAB.HWCACHE_ALIGN) !== 0 ? cacheLine : WORD;
  let result = flags;
  if (objsize >= OFF_SLAB_MIN) result |= CFLGS.OFF_SLAB;
  if ((flags & SLAB.HWCACHE_ALIGN) !== 0) {
    while (objsize < align / 2) align /= 2;
    objsize = (objsize + align - 1) & ~(align - 1);
  }
  const { order: gfporder, num, leftOver: wasted } = searchOrder(objsize, result, limits);
  if (num === 0) return null;
  const slabSize = managementBytes(num, cacheLine);
  let leftOver = wasted;
  const movedOnSlab = (result & CFLGS.OFF_SLAB) !== 0 && leftOver >= slabSize;
  if (movedOnSlab) {
    // The objects leave room for the descriptor after all; it has one place less to be lost at.
    result &= ~CFLGS.OFF_SLAB;
    leftOver -= slabSize;
  }
  const colourOff = (offset + align - 1) & ~(align - 1) || cacheLine;
  if (gfporder === 0 && (result & CFLGS.OFF_SLAB) === 0) result |= CFLGS.OPTIMIZE;
  return {
    objsize,
    flags: result,
    gfporder,
    num,
    leftOver,
    slabSize,
    movedOnSlab,
    colourOff,
    colour: Math.floor(leftOver / colourOff),
  };
}

/** The smallest order that wastes at most an eighth, if it is below the break order; else the break order. */
function searchOrder(size: number, flags: number, limits: GeometryLimits) {
  for (let order = 0; ; order++) {
    const { num, leftOver } = cacheEstimate(order, size, flags, limits.cacheLine);
    if (order >= MAX_GFP_ORDER) return { order, num, leftOver };
    if (num === 0) continue;
    if ((flags & CFLGS.OFF_SLAB) !== 0 && num > limits.offSlabLimit) {
      // The descriptor would not fit into a size-N object: the order before has to do.
      return { order: order - 1, ...cacheEstimate(order - 1, size, flags, limits.cacheLine) };
    }
    if (order >= limits.breakOrder || leftOver * 8 <= PAGE << order) return { order, num, leftOver };
  }
}
