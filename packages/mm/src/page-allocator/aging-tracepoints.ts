import { defineTracepoint } from '../trace/trace.ts';

const ORIGIN = 'mm/page_alloc.c __alloc_pages()';

/** An allocation looked whether both inactive and freeable pages run out: then it wakes kswapd. */
export const ALLOC_WAKES_KSWAPD = defineTracepoint({
  name: 'alloc_wakes_kswapd',
  fields: ['inactive_shortage', 'inactive_target', 'free_shortage', 'outcome'],
  origin: ORIGIN,
  decision: 'inactive_shortage > (inactive_target >> 1) && free_shortage > 0',
});

/** kswapd was not woken; would cleaning the inactive dirty pages help? Then bdflush is. */
export const ALLOC_WAKES_BDFLUSH = defineTracepoint({
  name: 'alloc_wakes_bdflush',
  fields: ['free_shortage', 'inactive_dirty', 'high', 'outcome'],
  origin: ORIGIN,
  decision: 'free_shortage > 0 && inactive_dirty > free_shortage && inactive_dirty >= high',
});

/** First look at a zone: with so many free pages it gives a block at once. `min` decides whether kreclaimd is woken. */
export const ZONE_FREE_OK = defineTracepoint({
  name: 'zone_free_ok',
  fields: ['zone', 'free', 'low', 'min', 'order', 'outcome'],
  origin: ORIGIN,
  decision: 'free >= low',
});

/** A zone was weighed against one of its watermarks: `limit` 2 pages_high, 1 pages_low, 0 pages_min. */
export const ZONE_LIMIT_OK = defineTracepoint({
  name: 'zone_limit_ok',
  fields: ['zone', 'free', 'inactive_clean', 'mark', 'order', 'limit', 'outcome'],
  origin: 'mm/page_alloc.c __alloc_pages_limit()',
  decision: 'free + inactive_clean > mark',
});

/** The zone may give: an inactive clean page, because free ones are few and the caller may take one, or a free one? */
export const DIRECT_RECLAIM = defineTracepoint({
  name: 'direct_reclaim',
  fields: ['zone', 'direct', 'free', 'min', 'outcome'],
  origin: 'mm/page_alloc.c __alloc_pages_limit()',
  decision: 'direct && free < min + 8',
});

/** Last resort: may the zone give one of its last pages? `memalloc`: the task is in reclaim itself. */
export const ZONE_LAST_PAGES = defineTracepoint({
  name: 'zone_last_pages',
  fields: ['zone', 'free', 'min', 'memalloc', 'order', 'outcome'],
  origin: ORIGIN,
  decision: 'memalloc || free >= (min >> 2)',
});
