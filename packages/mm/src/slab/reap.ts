import { drainArray } from './cpu-arrays.ts';
import { CACHE } from './descriptor-layout.ts';
import type { KmemCache } from './kmem-cache.ts';
import type { SlabAllocator } from './slab-allocator.ts';
import { DFLGS_GROWN, SLAB } from './slab-flags.ts';
import { MM_SLAB_REAP, MM_SLAB_REAP_SCORE, MM_SLAB_REAP_SKIP } from './tracepoints.ts';

const PHYSICAL = 0x3fffffff;
/** Caches that one call looks at. */
const REAP_SCANLEN = 10;
/** Pages that end the search. */
const REAP_PERFECT = 10;

/**
 * What the free slabs of a cache are worth to reap, in pages: less a fifth when constructed objects would be lost, less
 * another fifth when a slab is several pages, which are harder to get again.
 */
export function reapScore(freeSlabs: number, gfporder: number, hasCtor: boolean): number {
  let pages = freeSlabs << gfporder;
  if (hasCtor) pages = Math.floor((pages * 4 + 1) / 5);
  if (gfporder > 0) pages = Math.floor((pages * 4 + 1) / 5);
  return pages;
}

/** See {@link SlabAllocator.kmemCacheReap}. @linux 2.4.22 mm/slab.c kmem_cache_reap() */
export function kmemCacheReap(slab: SlabAllocator, gfp: number): number {
  let scan = REAP_SCANLEN;
  let best: KmemCache | null = null;
  let bestPages = 0;
  let bestSlabs = 0;
  let cache = slab.clockSearchp;
  let perfect = false;
  do {
    if (!passesOver(slab, cache)) {
      if (slab.build.smp) drainArray(slab, cache, slab.cpu);
      const freeSlabs = countFree(slab, cache);
      const pages = reapScore(freeSlabs, cache.gfporder, cache.ctor !== null);
      if (slab.trace.on) traceScore(slab, cache, freeSlabs, pages, bestPages);
      if (pages > bestPages) {
        best = cache;
        bestPages = pages;
        bestSlabs = freeSlabs;
        perfect = pages >= REAP_PERFECT;
      }
    }
    cache = cache.next;
  } while (!perfect && --scan !== 0 && cache !== slab.clockSearchp);
  slab.clockSearchp = cache;
  if (best === null) return 0;
  return freeSlabs(slab, best, Math.floor((bestSlabs + 1) / 2), gfp);
}

/** Whether a cache is not to be weighed this time. Clears its mark of having grown, unless it is exempt anyway. */
function passesOver(slab: SlabAllocator, cache: KmemCache): boolean {
  const noReap = (cache.flags & SLAB.NO_REAP) !== 0;
  const grown = !noReap && cache.growing === 0 && (cache.dflags & DFLGS_GROWN) !== 0;
  const over = noReap || cache.growing !== 0 || grown;
  if (grown) slab.setDflags(cache, cache.dflags & ~DFLGS_GROWN);
  if (slab.trace.on) {
    const { traceName, growing } = cache;
    slab.trace.emit(MM_SLAB_REAP_SKIP, traceName, noReap ? 1 : 0, growing, grown ? 1 : 0, over ? 1 : 0);
  }
  return over;
}

function traceScore(slab: SlabAllocator, cache: KmemCache, free: number, pages: number, best: number): void {
  const ctor = cache.ctor === null ? 0 : 1;
  const { traceName, gfporder } = cache;
  slab.trace.emit(MM_SLAB_REAP_SCORE, traceName, free, gfporder, ctor, pages, best, pages > best ? 1 : 0);
}

function countFree(slab: SlabAllocator, cache: KmemCache): number {
  const list = cache.at + CACHE.slabsFree;
  let count = 0;
  for (let at = slab.load(list) & PHYSICAL; at !== list; at = slab.load(at) & PHYSICAL) count++;
  return count;
}

/** Frees up to `wanted` free slabs, the longest unused first. Returns the pages. */
function freeSlabs(slab: SlabAllocator, cache: KmemCache, wanted: number, gfp: number): number {
  const list = cache.at + CACHE.slabsFree;
  let slabs = 0;
  while (slabs < wanted && cache.growing === 0) {
    const at = slab.load(list + 4) & PHYSICAL;
    if (at === list) break;
    slab.listDel(at);
    if (slab.build.debug) cache.stats.reaped++;
    slab.slabDestroy(cache, at);
    slabs++;
  }
  const pages = slabs << cache.gfporder;
  if (slab.trace.on) slab.trace.emit(MM_SLAB_REAP, cache.traceName, slabs, pages, gfp);
  return pages;
}
