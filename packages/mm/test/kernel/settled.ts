import type { Kernel } from '../../src/index.ts';
import { cacheUsage } from '../../src/slab/check.ts';

/**
 * Free pages of a machine once every cache has given back what it can: the slabs without objects, and (SMP) the objects in per-CPU
 * arrays. What cannot be given back counts as free: page tables in the quicklists, and file structs, which never go back to
 * their cache.
 */
export function settledFreePages(kernel: Kernel): number {
  const { slab, caches } = kernel;
  // Some buffer heads are kept for the next buffers.
  kernel.paging.buffers.heads.drain();
  for (let round = 0; round < 2; round++) {
    for (const cache of slab.chain) {
      if (slab.build.smp) slab.kmemTuneCpucache(cache, 0, 0);
      slab.kmemCacheShrink(cache);
    }
  }
  const filpPages = cacheUsage(slab, caches.filp).slabs << caches.filp.gfporder;
  return kernel.allocator.nrFreePages() + kernel.pageTables.cachedTables + filpPages;
}
