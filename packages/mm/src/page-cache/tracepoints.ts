import { defineTracepoint } from '../trace/trace.ts';

/** A page became the cache's page for (`ino`, `index`). */
export const MM_FILEMAP_ADD_TO_PAGE_CACHE = defineTracepoint({
  name: 'mm_filemap_add_to_page_cache',
  fields: ['pfn', 'dev', 'ino', 'index'],
  origin: 'mm/filemap.c __add_to_page_cache()',
  hex: ['dev'],
});

/** A page left the cache. */
export const MM_FILEMAP_DELETE_FROM_PAGE_CACHE = defineTracepoint({
  name: 'mm_filemap_delete_from_page_cache',
  fields: ['pfn', 'dev', 'ino', 'index'],
  origin: 'mm/filemap.c __remove_inode_page()',
  hex: ['dev'],
});

/** A page came onto the LRU lists, always at the head of the inactive one. */
export const MM_LRU_INSERTION = defineTracepoint({
  name: 'mm_lru_insertion',
  fields: ['pfn'],
  origin: 'mm/swap.c lru_cache_add()',
});

/** An inactive page moved to the head of the active list. */
export const MM_LRU_ACTIVATE = defineTracepoint({
  name: 'mm_lru_activate',
  fields: ['pfn'],
  origin: 'mm/swap.c activate_page()',
});

/** Reclaim frees names that nobody uses: of `unused`, one in `priority`; at 0, all. */
export const MM_SHRINK_DCACHE = defineTracepoint({
  name: 'mm_shrink_dcache',
  fields: ['priority', 'unused', 'count'],
  origin: 'fs/dcache.c shrink_dcache_memory()',
});

/** Reclaim frees inodes that nobody uses and that have no pages. */
export const MM_SHRINK_ICACHE = defineTracepoint({
  name: 'mm_shrink_icache',
  fields: ['priority', 'unused', 'count'],
  origin: 'fs/inode.c shrink_icache_memory()',
});

/** An inode leaves memory. */
export const MM_INODE_EVICT = defineTracepoint({
  name: 'mm_inode_evict',
  fields: ['dev', 'ino', 'nlink'],
  origin: 'fs/inode.c clear_inode()',
  hex: ['dev'],
});
