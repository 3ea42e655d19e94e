import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { PgdSource } from '../page-tables/pgd-source.ts';
import type { SlabAllocator } from './slab-allocator.ts';

const PAGE_OFFSET = 0xc0000000;
/** PTRS_PER_PGD entries of 8 bytes. */
const PGD_BYTES = 32;

/**
 * Top levels of PAE as slab objects: of the cache `pae_pgd` where the release has it, else kmalloced.
 *
 * @linux 2.4.22 arch/i386/mm/init.c pgtable_cache_init()
 */
export function slabPgds(slab: SlabAllocator): PgdSource {
  const cache = slab.find('pae_pgd');
  return {
    alloc: () => {
      const obj =
        cache === null ? slab.kmalloc(PGD_BYTES, GFP_KERNEL) : slab.kmemCacheAlloc(cache, GFP_KERNEL);
      return obj === 0 ? 0 : obj - PAGE_OFFSET;
    },
    free: (phys) => {
      if (cache === null) slab.kfree(phys + PAGE_OFFSET);
      else slab.kmemCacheFree(cache, phys + PAGE_OFFSET);
    },
  };
}
