import { drainArray } from './cpu-arrays.ts';
import type { KmemCache } from './kmem-cache.ts';
import type { SlabAllocator } from './slab-allocator.ts';
import { DFLGS_GROWN, SLAB } from './slab-flags.ts';
import { MM_SLAB_REAP, MM_SLAB_REAP_SCORE, MM_SLAB_REAP_SKIP } from './tracepoints.ts';

/** Caches that one call looks at. */
const REAP_SCANLEN = 10;

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
      const freeSlabs = slab.lists.countFree(cache);
      const pages = reapScore(freeSlabs, cache.gfporder, cache.ctor !== null);
      if (slab.trace.on) traceScore(slab, cache, freeSlabs, pages, bestPages);
      if (pages > bestPages) {
        best = cache;
        bestPages = pages;
        bestSlabs = freeSlabs;
        perfect = slab.variant.reapIsPerfect(freeSlabs, pages);
      }
    }
    cache = cache.next;
  } while (!perfect && --scan !== 0 && cache !== slab.clockSearchp);
  slab.clockSearchp = cache;
  if (best === null) return 0;
  return freeSlabs(slab, best, slab.variant.reapSlabs(bestSlabs), gfp);
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

/** Frees up to `wanted` free slabs, the longest unused first. Returns the pages. */
function freeSlabs(slab: SlabAllocator, cache: KmemCache, wanted: number, gfp: number): number {
  let slabs = 0;
  while (slabs < wanted && cache.growing === 0) {
    const at = slab.lists.takeFree(cache);
    if (at === 0) break;
    if (slab.build.debug) cache.stats.reaped++;
    slab.slabDestroy(cache, at);
    slabs++;
  }
  const pages = slabs << cache.gfporder;
  if (slab.trace.on) slab.trace.emit(MM_SLAB_REAP, cache.traceName, slabs, pages, gfp);
  return pages;
}
