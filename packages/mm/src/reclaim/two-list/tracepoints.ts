import { defineTracepoint } from '../../trace/trace.ts';

const VMSCAN = 'mm/vmscan.c';

/** A round of direct reclaim or of kswapd begins: 32 pages, for the zones up to the classzone. */
export const MM_VMSCAN_BEGIN = defineTracepoint({
  name: 'mm_vmscan_begin',
  fields: ['zone', 'gfp_flags', 'nr_pages', 'free'],
  origin: `${VMSCAN} try_to_free_pages_zone()`,
  hex: ['gfp_flags'],
});
/** It ends: `left` pages are still wanted; at 0 or below it was a success. */
export const MM_VMSCAN_END = defineTracepoint({
  name: 'mm_vmscan_end',
  fields: ['zone', 'priority', 'left', 'outcome'],
  origin: `${VMSCAN} try_to_free_pages_zone()`,
  decision: 'left <= 0',
});
/** How far the active list is cut down: ratio = nr_pages * active / ((inactive + 1) * 2). */
export const MM_VMSCAN_REFILL = defineTracepoint({
  name: 'mm_vmscan_refill_inactive',
  fields: ['nr_pages', 'active', 'inactive', 'ratio', 'moved'],
  origin: `${VMSCAN} shrink_caches()`,
});
/** A page at the tail of the active list: a referenced one goes round once more. */
export const MM_VMSCAN_DEACTIVATE = defineTracepoint({
  name: 'mm_vmscan_deactivate',
  fields: ['pfn', 'referenced', 'outcome'],
  origin: `${VMSCAN} refill_inactive()`,
  decision: 'referenced == 0',
});
/** A pass over the inactive list: how many pages it may look at, and how many mapped ones it may meet. */
export const MM_VMSCAN_SHRINK_CACHE = defineTracepoint({
  name: 'mm_vmscan_shrink_cache',
  fields: ['nr_pages', 'inactive', 'priority', 'max_scan', 'max_mapped'],
  origin: `${VMSCAN} shrink_cache()`,
});

/** What became of a page that shrink_cache looked at; the number is the operand `verdict`. */
export const VERDICT = {
  freed: 0,
  noReference: 1,
  otherZone: 2,
  inUse: 3,
  locked: 4,
  written: 5,
  buffersBusy: 6,
  dirty: 7,
  buffersFreed: 8,
} as const;
/** {@link VERDICT} in words. */
export const VERDICT_NAMES = [
  'freed',
  'has no reference',
  'is of a zone that is not asked for',
  'is mapped or in use',
  'is locked',
  'is dirty: its write was started',
  'has buffers that cannot be freed',
  'is dirty',
  'had nothing but buffers: freed',
] as const;
/** A page of the inactive list. */
export const MM_VMSCAN_PAGE = defineTracepoint({
  name: 'mm_vmscan_page',
  fields: ['pfn', 'verdict', 'flags', 'count', 'buffers', 'mapping', 'left'],
  origin: `${VMSCAN} shrink_cache()`,
  hex: ['flags'],
});
/** Too many mapped pages were met: now page tables are searched. */
export const MM_VMSCAN_TOO_MANY_MAPPED = defineTracepoint({
  name: 'mm_vmscan_too_many_mapped',
  fields: ['priority', 'left'],
  origin: `${VMSCAN} shrink_cache()`,
});

/** What became of a mapping that swap_out looked at. */
export const UNMAP = {
  locked: 0,
  young: 1,
  active: 2,
  otherZone: 3,
  pageLocked: 4,
  swapCache: 5,
  fileOrClean: 6,
  buffers: 7,
  newSlot: 8,
  noSlot: 9,
} as const;
/** {@link UNMAP} in words. */
export const UNMAP_NAMES = [
  'the area is locked in memory',
  'it was used since the last look',
  'the page is on the active list',
  'the page is of a zone that is not asked for',
  'the page is locked',
  'the page has a slot already: unmapped',
  'the page can be read again from its file, or is clean: unmapped',
  'the page still has buffers',
  'the page got a slot: unmapped',
  'no slot is free',
] as const;
/** A present entry of a page table that swap_out looked at; `freeable`: nobody else maps the page. */
export const MM_VMSCAN_UNMAP = defineTracepoint({
  name: 'mm_vmscan_try_to_swap_out',
  fields: ['mm', 'address', 'pfn', 'verdict', 'entry', 'freeable', 'rss', 'count'],
  origin: `${VMSCAN} try_to_swap_out()`,
  hex: ['mm', 'address', 'entry'],
});
/** A search through page tables ends; `left` of 32 pages were not found. */
export const MM_VMSCAN_SWAP_OUT = defineTracepoint({
  name: 'mm_vmscan_swap_out',
  fields: ['priority', 'left', 'outcome'],
  origin: `${VMSCAN} swap_out()`,
  decision: 'left == 0',
});
