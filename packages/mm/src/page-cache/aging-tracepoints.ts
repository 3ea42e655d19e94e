import { defineTracepoint } from '../trace/trace.ts';

/** A page went to the head of a list: 1 active, 2 inactive_dirty, 3 inactive_clean; or left its list: 0. */
export const MM_PAGE_LIST = defineTracepoint({
  name: 'mm_page_list',
  fields: ['pfn', 'list', 'age'],
  origin: 'mm/swap.c add_page_to_active_list()',
});

/** A page's age rose after a use, or fell after a look without one. */
export const MM_PAGE_AGE = defineTracepoint({
  name: 'mm_page_age',
  fields: ['pfn', 'age', 'up'],
  origin: 'mm/swap.c age_page_up()',
});
