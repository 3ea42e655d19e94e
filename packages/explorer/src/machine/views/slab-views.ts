import { cacheViews, slabViews } from '@pagewalk/lab/browser';
import type { Kernel } from '@pagewalk/mm';
import type { SlabCacheView, SlabView } from '../../protocol/views.ts';

/** Slabs that are told one by one. */
const SLABS_MAX = 2048;

/** All slab caches, in the order of /proc/slabinfo. */
export function slabView({ slab }: Kernel): SlabView {
  return {
    view: 'slab',
    caches: cacheViews(slab).map((cache) => ({
      name: cache.name,
      activeObjects: cache.activeObjects,
      objects: cache.objects,
      objectSize: cache.objectBytes,
      activeSlabs: cache.activeSlabs,
      slabs: cache.slabs,
      pagesPerSlab: cache.pagesPerSlab,
    })),
  };
}

/** One cache, slab by slab; empty if there is none of this name. */
export function slabCacheView({ slab }: Kernel, name: string): SlabCacheView {
  const cache = slab.find(name);
  if (cache === null) return { view: 'slab-cache', name, colourOffset: 0, slabs: [] };
  return {
    view: 'slab-cache',
    name,
    colourOffset: cache.colourOff,
    slabs: slabViews(slab, cache)
      .slice(0, SLABS_MAX)
      .map(({ list, pfn, colourOffset, inUse, map, freeChain }) => ({
        list,
        pfn,
        colour: cache.colourOff === 0 ? 0 : colourOffset / cache.colourOff,
        inUse,
        objects: Uint8Array.from(map, (mark) => (mark === '.' ? 0 : 1)),
        chain: freeChain,
      })),
  };
}
