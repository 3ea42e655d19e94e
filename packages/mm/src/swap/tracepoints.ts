import { defineTracepoint } from '../trace/trace.ts';

/** A slot was taken. */
export const SWAP_SLOT_ALLOC = defineTracepoint({
  name: 'swap_slot_alloc',
  fields: ['entry', 'type', 'offset', 'prio', 'nr_swap_pages'],
  origin: 'mm/swapfile.c get_swap_page()',
  hex: ['entry'],
});

/** The last reference to a slot is gone. */
export const SWAP_SLOT_FREE = defineTracepoint({
  name: 'swap_slot_free',
  fields: ['entry', 'type', 'offset', 'nr_swap_pages'],
  origin: 'mm/swapfile.c swap_entry_free()',
  hex: ['entry'],
});

/** A page entered or left the swap cache. */
export const SWAP_CACHE_ADD = defineTracepoint({
  name: 'swap_cache_add',
  fields: ['pfn', 'entry'],
  origin: 'mm/swap_state.c add_to_swap_cache()',
  hex: ['entry'],
});
export const SWAP_CACHE_DELETE = defineTracepoint({
  name: 'swap_cache_delete',
  fields: ['pfn', 'entry'],
  origin: 'mm/swap_state.c __delete_from_swap_cache()',
  hex: ['entry'],
});

/** A page goes to its slot or comes from it. */
export const MM_SWAP_PAGE_IO = defineTracepoint({
  name: 'mm_swap_page_io',
  fields: ['pfn', 'entry', 'write'],
  origin: 'mm/page_io.c rw_swap_page_base()',
  hex: ['entry'],
});

/** A page of the swap cache was dropped without being written: only the cache used it. */
export const SWAP_WRITE_SAVED = defineTracepoint({
  name: 'swap_write_saved',
  fields: ['pfn', 'entry'],
  origin: 'mm/swap_state.c swap_writepage()',
  hex: ['entry'],
});
