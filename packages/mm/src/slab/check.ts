import { KernelBug } from '../kernel-bug.ts';
import { PG } from '../physical/mem-map.ts';
import { cpuArrayLimit } from './cpu-arrays.ts';
import { CPUCACHE, SLAB_T } from './descriptor-layout.ts';
import type { KmemCache } from './kmem-cache.ts';
import type { SlabAllocator } from './slab-allocator.ts';
import { BUFCTL_END, SLAB } from './slab-flags.ts';
import type { SlabsByUse } from './slab-lists.ts';
import type { SlabMemory } from './slab-memory.ts';

const PHYSICAL = 0x3fffffff;
const DIRECT_MAP = 0xc0000000 | 0;

/** Counts of a cache, as /proc/slabinfo shows them. */
export interface CacheUsage {
  readonly activeObjects: number;
  readonly objects: number;
  readonly activeSlabs: number;
  readonly slabs: number;
}

/** Counts a cache's slabs and objects. Objects in per-CPU arrays count as active. @linux mm/slab.c s_show() */
export function cacheUsage(slab: SlabAllocator, cache: KmemCache): CacheUsage {
  let activeObjects = 0;
  const { full, partial, free } = slab.lists.byUse(cache);
  for (const at of [...full, ...partial]) activeObjects += slab.load(at + SLAB_T.inuse);
  const activeSlabs = full.length + partial.length;
  const slabs = activeSlabs + free.length;
  return { activeObjects, objects: slabs * cache.num, activeSlabs, slabs };
}

/** Physical addresses of the slab descriptors on a list, from its head. @param list its offset in the cache's descriptor */
export function slabsOn(slab: SlabMemory, cache: KmemCache, list: number): number[] {
  const limit = slab.memory.frames;
  const head = cache.at + list;
  const found: number[] = [];
  for (let at = slab.load(head) & PHYSICAL; at !== head; at = slab.load(at) & PHYSICAL) {
    if (found.length > limit) fail(cache, 'a list of slabs has no end');
    if ((slab.load((slab.load(at) & PHYSICAL) + 4) & PHYSICAL) !== at)
      fail(cache, 'a list of slabs is broken');
    found.push(at);
  }
  return found;
}

/**
 * Recounts all caches: each slab is on the list that its objects say, `inuse` is what the free chain leaves, page descriptors
 * point back, per-CPU arrays hold objects of their cache, once, and no frame is called a slab's that is none.
 *
 * @throws KernelBug that names the cache and what is wrong
 */
export function checkSlabAllocator(slab: SlabAllocator): void {
  const frames = new Set<number>();
  let link = slab.cacheCache.at + slab.layout.next;
  for (const cache of slab.chain) {
    if ((link & PHYSICAL) !== cache.at + slab.layout.next)
      fail(cache, 'the chain in memory has another order');
    link = slab.load(link & PHYSICAL);
    checkDescriptor(slab, cache);
    const free = new Set<number>();
    const lists = slab.lists.byUse(cache);
    for (const list of ['full', 'partial', 'free'] as const) {
      for (const at of lists[list]) checkSlab(slab, cache, list, at, free, frames);
    }
    if (slab.build.smp) checkArrays(slab, cache, free);
  }
  const { flags } = slab.allocator.memMap;
  for (let pfn = 0; pfn < slab.cacheOfFrame.length; pfn++) {
    const tagged = ((flags[pfn] as number) & PG.slab) !== 0;
    if (tagged !== frames.has(pfn) || tagged !== (slab.cacheOfFrame[pfn] !== 0)) {
      throw new KernelBug(
        `slab: frame ${pfn} ${tagged ? 'is marked as a slab, but in none' : 'lacks its mark'}`,
      );
    }
  }
}

function checkDescriptor(slab: SlabAllocator, cache: KmemCache): void {
  const { layout } = slab;
  const fields: [number, number][] = [
    [layout.objsize, cache.objsize],
    [layout.flags, cache.flags],
    [layout.num, cache.num],
    [layout.gfporder, cache.gfporder],
    [layout.colour, cache.colour],
    [layout.colourOff, cache.colourOff],
    [layout.colourNext, cache.colourNext],
    [layout.growing, cache.growing],
    [layout.dflags, cache.dflags],
  ];
  for (const [offset, value] of fields) {
    if (slab.load(cache.at + offset) !== value) fail(cache, `its descriptor was overwritten at ${offset}`);
  }
}

function checkSlab(
  slab: SlabAllocator,
  cache: KmemCache,
  list: keyof SlabsByUse,
  at: number,
  free: Set<number>,
  frames: Set<number>,
): void {
  const { next, prev } = slab.allocator.memMap;
  const where = `slab ${(at + 0xc0000000).toString(16)}`;
  const colouroff = slab.load(at + SLAB_T.colouroff);
  const sMem = slab.load(at + SLAB_T.sMem) & PHYSICAL;
  const first = sMem - colouroff;
  if ((first & 4095) !== 0) fail(cache, `${where} does not begin at a page`);
  if (!cache.offSlab && at !== sMem - cache.slabSize) fail(cache, `${where} is not where its page says`);
  for (let pfn = first >>> 12; pfn < (first >>> 12) + (1 << cache.gfporder); pfn++) {
    if (next[pfn] !== (cache.at | DIRECT_MAP) || prev[pfn] !== (at | DIRECT_MAP)) {
      fail(cache, `${where}: page ${pfn} does not point back to it`);
    }
    if (slab.cacheOfFrame[pfn] !== cache.id) fail(cache, `${where}: page ${pfn} belongs to another cache`);
    if (frames.has(pfn)) fail(cache, `${where}: page ${pfn} is in two slabs`);
    frames.add(pfn);
  }
  let chain = 0;
  for (let index = slab.load(at + SLAB_T.free); index !== BUFCTL_END; chain++) {
    if (index < 0 || index >= cache.num || chain >= cache.num)
      fail(cache, `${where}: its free chain is broken`);
    free.add(sMem + index * cache.objsize);
    index = slab.load(at + SLAB_T.bufctl + index * 4);
  }
  const inuse = slab.load(at + SLAB_T.inuse);
  if (inuse + chain !== cache.num) {
    fail(cache, `${where}: inuse is ${inuse}, but ${chain} of ${cache.num} objects are free`);
  }
  const right = inuse === 0 ? 'free' : inuse === cache.num ? 'full' : 'partial';
  if (list !== right)
    fail(cache, `${where} with ${inuse} of ${cache.num} objects in use is on the wrong list`);
}

function checkArrays(slab: SlabAllocator, cache: KmemCache, free: Set<number>): void {
  const limit = cpuArrayLimit(slab, cache);
  const guard = (cache.flags & SLAB.RED_ZONE) !== 0 ? 4 : 0;
  for (let cpu = 0; cpu < slab.cpus; cpu++) {
    const array = cache.cpuArrays[cpu] as number;
    if (array === 0) continue;
    const avail = slab.load(array);
    if (avail < 0 || avail > limit) fail(cache, `CPU ${cpu}'s array holds ${avail} of ${limit} objects`);
    for (let i = 0; i < avail; i++) {
      const obj = slab.load(array + CPUCACHE.entries + i * 4) & PHYSICAL;
      if (slab.cacheOfFrame[obj >>> 12] !== cache.id)
        fail(cache, `CPU ${cpu}'s array holds a foreign object`);
      if (free.has(obj - guard)) fail(cache, `CPU ${cpu}'s array holds an object that is free or held twice`);
      free.add(obj - guard);
    }
  }
}

function fail(cache: KmemCache, what: string): never {
  throw new KernelBug(`slab cache ${cache.name}: ${what}`);
}
