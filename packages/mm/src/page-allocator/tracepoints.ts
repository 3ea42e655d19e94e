import { defineTracepoint } from '../trace/trace.ts';

/**
 * A block was handed out (`pfn` 0: the allocation failed). `zone` is the one it came from, -1 on failure; here and below:
 * 0 DMA, 1 Normal, 2 HighMem, plus 3 times the node's number.
 */
export const MM_PAGE_ALLOC = defineTracepoint({
  name: 'mm_page_alloc',
  fields: ['pfn', 'order', 'gfp', 'zone'],
  origin: 'mm/page_alloc.c __alloc_pages()',
  hex: ['gfp'],
});

/** The last reference to a block was dropped. */
export const MM_PAGE_FREE = defineTracepoint({
  name: 'mm_page_free',
  fields: ['pfn', 'order'],
  origin: 'mm/page_alloc.c __free_pages_ok()',
});

/**
 * A zone was weighed: it may give a block only if it has more free pages than `mark`, the request plus the watermarks of
 * this zone and of all zones before it in the zonelist. `pass` 1 compares with pages_low, 2 and 3 with pages_min.
 */
export const ZONE_WATERMARK_OK = defineTracepoint({
  name: 'zone_watermark_ok',
  fields: ['zone', 'free', 'mark', 'order', 'gfp', 'pass', 'outcome'],
  origin: 'mm/page_alloc.c __alloc_pages()',
  hex: ['gfp'],
  decision: 'free > mark',
});

/** Every zone is below its low watermark: the preferred zone is marked for balancing and kswapd is woken. */
export const MM_VMSCAN_WAKEUP_KSWAPD = defineTracepoint({
  name: 'mm_vmscan_wakeup_kswapd',
  fields: ['zone', 'order', 'gfp'],
  origin: 'mm/page_alloc.c __alloc_pages()',
  hex: ['gfp'],
});
