import type { Kernel } from '../../src/index.ts';
import { cacheUsage } from '../../src/slab/check.ts';

/**
 * Free pages of a machine once every cache has given back what it can: the slabs without objects, and (SMP) the objects in per-CPU
 * arrays. What cannot be given back although nothing leaked counts as free: page tables in the quicklists, file structs, which
 * never go back to their cache, slabs that hold few objects while others of their cache have room, and the page directories of
 * ended processes that idle CPUs have not left yet.
 */
export function settledFreePages(kernel: Kernel): number {
  const { slab, caches } = kernel;
  kernel.paging.buffers.heads.drain();
  for (let round = 0; round < 2; round++) {
    for (const cache of slab.chain) {
      if (slab.build.smp) slab.kmemTuneCpucache(cache, 0, 0);
      slab.kmemCacheShrink(cache);
    }
  }
  let spare = 0;
  for (const cache of slab.chain) {
    const { slabs, activeObjects } = cacheUsage(slab, cache);
    const needed = cache === caches.filp ? 0 : Math.ceil(activeObjects / cache.num);
    spare += (slabs - needed) << cache.gfporder;
  }
  for (const mm of new Set(kernel.tasks.map(({ activeMm }) => activeMm))) {
    if (mm?.mmUsers === 0) kernel.pageTables.forEachDirectoryFrame(mm.pgd, () => spare++);
  }
  return kernel.allocator.nrFreePages() + kernel.pageTables.cachedTables + spare;
}
