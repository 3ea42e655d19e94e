/** A slab cache as it stands in simulated memory: its slabs, their objects, their chains of free objects. */
import {
  type Addr,
  BUFCTL_END,
  CPUCACHE,
  cacheUsage,
  type KmemCache,
  SLAB_T,
  type SlabAllocator,
} from '@pagewalk/mm';

const PAGE_OFFSET = 0xc0000000;
const PHYSICAL = 0x3fffffff;

/** A cache in numbers. */
export interface CacheView {
  readonly name: string;
  /** Kernel address of its descriptor. */
  readonly address: Addr;
  /** Bytes of an object, guard words included. */
  readonly objectBytes: number;
  readonly flags: number;
  readonly activeObjects: number;
  readonly objects: number;
  readonly activeSlabs: number;
  readonly slabs: number;
  /** Pages of a slab. */
  readonly pagesPerSlab: number;
  readonly objectsPerSlab: number;
  /** Colours, and bytes between them. */
  readonly colours: number;
  readonly colourBytes: number;
  /** Colour of the next slab. */
  readonly nextColour: number;
  /** Whether the descriptors of slabs lie in another cache, and in which. */
  readonly offSlab: boolean;
  readonly descriptorCache: string | null;
  /** Bytes of a slab's descriptor with its chain. */
  readonly descriptorBytes: number;
  /** Bytes of a slab that are neither objects nor an on-slab descriptor. */
  readonly unusedBytes: number;
  /** Objects in the arrays of the CPUs: free for their CPU, in use for the slabs. Empty on a uniprocessor kernel. */
  readonly cpuObjects: readonly number[];
}

export type SlabListName = 'full' | 'partial' | 'free';

/** One slab. */
export interface SlabView {
  readonly list: SlabListName;
  /** Kernel address of the descriptor (slab_t). */
  readonly descriptor: Addr;
  /** First page frame and kernel address. */
  readonly pfn: number;
  readonly address: Addr;
  /** Where the first object lies. */
  readonly firstObject: Addr;
  /** Bytes before the objects that the colour adds. */
  readonly colourOffset: number;
  readonly inUse: number;
  /** Per object: `#` in use, `.` free, `c` in a CPU's array. */
  readonly map: string;
  /** Numbers of the free objects, in the order in which they will be handed out. */
  readonly freeChain: readonly number[];
}

/** The cache in numbers. */
export function cacheView(slab: SlabAllocator, cache: KmemCache): CacheView {
  const usage = cacheUsage(slab, cache);
  const { num, gfporder, slabSize, offSlab } = cache;
  const bytes = 4096 << gfporder;
  return {
    name: cache.name,
    address: cache.address,
    objectBytes: cache.objsize,
    flags: cache.flags,
    ...usage,
    pagesPerSlab: 1 << gfporder,
    objectsPerSlab: num,
    colours: cache.colour,
    colourBytes: cache.colourOff,
    nextColour: cache.colourNext,
    offSlab,
    descriptorCache: cache.slabpCache?.name ?? null,
    descriptorBytes: slabSize,
    unusedBytes: bytes - num * cache.objsize - (offSlab ? 0 : slabSize),
    cpuObjects: [...arrays(slab, cache)].map((objects) => objects.length),
  };
}

/** All caches in the order of /proc/slabinfo. */
export function cacheViews(slab: SlabAllocator): CacheView[] {
  return [...slab.chain].map((cache) => cacheView(slab, cache));
}

/** The slabs of a cache: the full ones, the partial ones, the free ones, each from the head of their list. */
export function slabViews(slab: SlabAllocator, cache: KmemCache): SlabView[] {
  const held = new Set([...arrays(slab, cache)].flat());
  const lists = slab.lists.byUse(cache);
  return (['full', 'partial', 'free'] as const).flatMap((list) =>
    lists[list].map((each) => slabView(slab, cache, list, each, held)),
  );
}

function slabView(
  slab: SlabAllocator,
  cache: KmemCache,
  list: SlabListName,
  at: number,
  held: ReadonlySet<number>,
): SlabView {
  const sMem = slab.load(at + SLAB_T.sMem) & PHYSICAL;
  const colouroff = slab.load(at + SLAB_T.colouroff);
  const freeChain = chainOf(slab, cache, at);
  const free = new Set(freeChain);
  const guard = cache.objsize === cache.usableBytes ? 0 : 4;
  let map = '';
  for (let i = 0; i < cache.num; i++) {
    map += free.has(i) ? '.' : held.has(sMem + i * cache.objsize + guard) ? 'c' : '#';
  }
  const first = sMem - colouroff;
  return {
    list,
    descriptor: (at + PAGE_OFFSET) >>> 0,
    pfn: first >>> 12,
    address: (first + PAGE_OFFSET) >>> 0,
    firstObject: (sMem + PAGE_OFFSET) >>> 0,
    // With the descriptor on the slab, colouroff counts it, too.
    colourOffset: cache.offSlab ? colouroff : colouroff - cache.slabSize,
    inUse: slab.load(at + SLAB_T.inuse),
    map,
    freeChain,
  };
}

/** The chain of free objects; at most as long as a slab has objects. */
function chainOf(slab: SlabAllocator, cache: KmemCache, at: number): number[] {
  const chain: number[] = [];
  for (let index = slab.load(at + SLAB_T.free); index !== BUFCTL_END && chain.length < cache.num; ) {
    if (index < 0 || index >= cache.num) break;
    chain.push(index);
    index = slab.load(at + SLAB_T.bufctl + index * 4);
  }
  return chain;
}

/** Physical addresses of the objects in each CPU's array. */
function* arrays(slab: SlabAllocator, cache: KmemCache): Generator<number[]> {
  if (!slab.build.smp) return;
  for (let cpu = 0; cpu < slab.cpus; cpu++) {
    const array = cache.cpuArrays[cpu] as number;
    const avail = array === 0 ? 0 : slab.load(array + CPUCACHE.avail);
    yield Array.from({ length: avail }, (_, i) => slab.load(array + CPUCACHE.entries + i * 4) & PHYSICAL);
  }
}

/** Where an address lies in the slabs. */
export interface ObjectPlace {
  readonly cache: KmemCache;
  /** Number of the object in its slab; outside 0 .. num - 1 the address is in the slab, but in no object. */
  readonly index: number;
  /** Kernel address of the object, guard word included. */
  readonly object: Addr;
  /** Kernel address of the slab's first page. */
  readonly slab: Addr;
  readonly colourOffset: number;
  /** Whether it is on its slab's chain of free objects. */
  readonly free: boolean;
}

/** The slab object around a kernel address; null: the address is in no slab. */
export function objectAt(slab: SlabAllocator, address: Addr): ObjectPlace | null {
  if (address < PAGE_OFFSET) return null;
  const phys = address - PAGE_OFFSET;
  const cache = slab.cachesById[slab.cacheOfFrame[phys >>> 12] ?? 0] ?? null;
  if (cache === null) return null;
  const at = (slab.allocator.memMap.prev[phys >>> 12] as number) & PHYSICAL;
  const sMem = slab.load(at + SLAB_T.sMem) & PHYSICAL;
  const colouroff = slab.load(at + SLAB_T.colouroff);
  const index = Math.floor((phys - sMem) / cache.objsize);
  return {
    cache,
    index,
    object: (sMem + index * cache.objsize + PAGE_OFFSET) >>> 0,
    slab: (sMem - colouroff + PAGE_OFFSET) >>> 0,
    colourOffset: cache.offSlab ? colouroff : colouroff - cache.slabSize,
    free: chainOf(slab, cache, at).includes(index),
  };
}
