import { defineTracepoint } from '../../trace/trace.ts';

const VMSCAN = 'mm/vmscan.c';

/** What became of a mapping that swap_out looked at. */
export const AGED_UNMAP = {
  young: 0,
  used: 1,
  locked: 2,
  swapCache: 3,
  clean: 4,
  file: 5,
  noSlot: 6,
  newSlot: 7,
} as const;
/** {@link AGED_UNMAP} in words. */
export const AGED_UNMAP_NAMES = [
  'it was used since the last look',
  'the page is not old yet',
  'the page is locked',
  'the page has a slot already: unmapped',
  'the page never changed: unmapped',
  'the page belongs to a file: unmapped',
  'no slot is free',
  'the page got a slot: unmapped',
] as const;
/** A mapping that swap_out looked at; `quota`: how many more of this address space it may look at. */
export const AGED_TRY_TO_SWAP_OUT = defineTracepoint({
  name: 'aged_try_to_swap_out',
  fields: ['mm', 'address', 'pfn', 'verdict', 'age', 'quota', 'entry'],
  origin: `${VMSCAN} try_to_swap_out()`,
  hex: ['mm', 'address', 'entry'],
});
/** The address space that swap_out chose, by its quota. */
export const AGED_SWAP_OUT = defineTracepoint({
  name: 'aged_swap_out',
  fields: ['mm', 'quota', 'rss', 'used_up'],
  origin: `${VMSCAN} swap_out()`,
  hex: ['mm'],
});

/** What became of a page that page_launder or reclaim_page looked at. */
export const LAUNDER = {
  used: 0,
  locked: 1,
  noWritepage: 2,
  later: 3,
  written: 4,
  refused: 5,
  buffersBusy: 6,
  freed: 7,
  busy: 8,
  clean: 9,
  unknown: 10,
  dirty: 11,
  reclaimed: 12,
} as const;
/** {@link LAUNDER} in words. */
export const LAUNDER_NAMES = [
  'is in use: active',
  'is locked: back to the head',
  'is dirty and cannot be written: active',
  'is dirty: back to the head for the second round',
  'is dirty: its write was started',
  'is dirty and its owner will not write it: active',
  'has buffers in use: back to the head',
  'was only buffers: freed',
  'has other users: active',
  'is clean: can be had at once',
  'is of no use here: active',
  'is not clean any more: to be cleaned',
  'is reclaimed',
] as const;
/** A page of the inactive_dirty list. */
export const AGED_LAUNDER_PAGE = defineTracepoint({
  name: 'aged_launder_page',
  fields: ['pfn', 'round', 'verdict', 'flags', 'count', 'age'],
  origin: `${VMSCAN} page_launder()`,
  hex: ['flags'],
});
/** page_launder is done with a round. */
export const AGED_LAUNDER = defineTracepoint({
  name: 'aged_page_launder',
  fields: ['round', 'cleaned', 'inactive_dirty', 'free_shortage', 'again'],
  origin: `${VMSCAN} page_launder()`,
});
/** A page of an inactive_clean list. */
export const AGED_RECLAIM_PAGE = defineTracepoint({
  name: 'aged_reclaim_page',
  fields: ['pfn', 'zone', 'verdict', 'clean'],
  origin: `${VMSCAN} reclaim_page()`,
});
/** A page at the tail of the active list: old and unused, it leaves. */
export const AGED_REFILL_PAGE = defineTracepoint({
  name: 'aged_refill_page',
  fields: ['pfn', 'referenced', 'age', 'count', 'most', 'outcome'],
  origin: `${VMSCAN} refill_inactive_scan()`,
  decision: 'referenced == 0 && age == 0 && count <= most',
});
/** kswapd or an allocation looks for pages, with what is missing. */
export const AGED_TRY_TO_FREE = defineTracepoint({
  name: 'aged_try_to_free_pages',
  fields: ['gfp_flags', 'user', 'free_shortage', 'inactive_shortage', 'cleaned', 'result'],
  origin: `${VMSCAN} do_try_to_free_pages()`,
  hex: ['gfp_flags'],
});
