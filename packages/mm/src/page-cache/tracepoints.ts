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
