import { defineTracepoint } from '../trace/trace.ts';

/** kmalloc() returned (`ptr` 0: no memory). `bytes_alloc` is what the size cache really gives. */
export const KMALLOC = defineTracepoint({
  name: 'kmalloc',
  fields: ['ptr', 'bytes_req', 'bytes_alloc', 'gfp'],
  origin: 'mm/slab.c kmalloc()',
  hex: ['ptr', 'gfp'],
});

/** kfree() of a pointer that is not NULL. */
export const KFREE = defineTracepoint({
  name: 'kfree',
  fields: ['ptr', 'cache'],
  origin: 'mm/slab.c kfree()',
  hex: ['ptr'],
  text: ['cache'],
});

/** kmem_cache_alloc() returned (`ptr` 0: no memory). */
export const KMEM_CACHE_ALLOC = defineTracepoint({
  name: 'kmem_cache_alloc',
  fields: ['cache', 'ptr', 'bytes_alloc', 'gfp'],
  origin: 'mm/slab.c kmem_cache_alloc()',
  hex: ['ptr', 'gfp'],
  text: ['cache'],
});

/** kmem_cache_free() was called. */
export const KMEM_CACHE_FREE = defineTracepoint({
  name: 'kmem_cache_free',
  fields: ['cache', 'ptr'],
  origin: 'mm/slab.c kmem_cache_free()',
  hex: ['ptr'],
  text: ['cache'],
});

/**
 * A cache without a free object tried to get one more slab: it needs a block of pages (`pfn`), and, if descriptors are off
 * the slab, an object for the descriptor (`slab`).
 */
export const MM_SLAB_GROW = defineTracepoint({
  name: 'mm_slab_grow',
  fields: ['cache', 'pfn', 'order', 'slab', 'colouroff', 'gfp', 'outcome'],
  origin: 'mm/slab.c kmem_cache_grow()',
  hex: ['slab', 'gfp'],
  text: ['cache'],
  decision: 'pfn != 0 && slab != 0',
});

/** A slab's pages went back to the page allocator. */
export const MM_SLAB_DESTROY = defineTracepoint({
  name: 'mm_slab_destroy',
  fields: ['cache', 'pfn', 'order'],
  origin: 'mm/slab.c kmem_slab_destroy()',
  text: ['cache'],
});

/** Reap came to a cache: it passes over one that must not be reaped, grows right now, or grew since the last visit. */
export const MM_SLAB_REAP_SKIP = defineTracepoint({
  name: 'mm_slab_reap_skip',
  fields: ['cache', 'no_reap', 'growing', 'grown', 'outcome'],
  origin: 'mm/slab.c kmem_cache_reap()',
  text: ['cache'],
  decision: 'no_reap != 0 || growing != 0 || grown != 0',
});

/**
 * Reap weighed a cache: `pages` is what its free slabs are worth, less a fifth each for having a constructor and for slabs
 * of several pages. It becomes the candidate if it beats the best so far; `pages` >= 10 ends the search.
 */
export const MM_SLAB_REAP_SCORE = defineTracepoint({
  name: 'mm_slab_reap_score',
  fields: ['cache', 'full_free', 'order', 'ctor', 'pages', 'best', 'outcome'],
  origin: 'mm/slab.c kmem_cache_reap()',
  text: ['cache'],
  decision: 'pages > best',
});

/** Reap is done: `cache` gave `slabs` slabs, `pages` pages. */
export const MM_SLAB_REAP = defineTracepoint({
  name: 'mm_slab_reap',
  fields: ['cache', 'slabs', 'pages', 'gfp'],
  origin: 'mm/slab.c kmem_cache_reap()',
  hex: ['gfp'],
  text: ['cache'],
});
