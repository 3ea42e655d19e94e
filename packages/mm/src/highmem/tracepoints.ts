/** Tracepoints of the highmem room. */
import { defineTracepoint } from '../trace/trace.ts';

/** A page has an address in the kmap window now; `count` 2 and more: users + 1. `address` 0: no slot is free. */
export const KMAP = defineTracepoint({
  name: 'kmap',
  fields: ['pfn', 'address', 'count', 'fresh'],
  origin: 'mm/highmem.c kmap_high()',
  hex: ['address'],
});
/** A slot that the search for a free one looks at. */
export const PKMAP_SLOT = defineTracepoint({
  name: 'pkmap_slot',
  fields: ['slot', 'count', 'outcome'],
  origin: 'mm/highmem.c map_new_virtual()',
  decision: 'count == 0',
});
/** All slots are in use. `nonblock` 0: the caller sleeps until a page loses its last user. */
export const PKMAP_FULL = defineTracepoint({
  name: 'pkmap_full',
  fields: ['pfn', 'nonblock'],
  origin: 'mm/highmem.c map_new_virtual()',
});
/** The window was passed once: the unused slots are unmapped and all TLBs flushed. */
export const PKMAP_FLUSH = defineTracepoint({
  name: 'pkmap_flush',
  fields: ['round', 'unmapped', 'used'],
  origin: 'mm/highmem.c flush_all_zero_pkmaps()',
});
/** A user of a page is done. `outcome` 1: it was the last; the page stays mapped until the next flush. */
export const KUNMAP = defineTracepoint({
  name: 'kunmap',
  fields: ['pfn', 'address', 'count', 'wakes', 'outcome'],
  origin: 'mm/highmem.c kunmap_high()',
  hex: ['address'],
  decision: 'count == 1',
});
export const KMAP_ATOMIC = defineTracepoint({
  name: 'kmap_atomic',
  fields: ['pfn', 'type', 'cpu', 'address'],
  origin: 'include/asm-i386/highmem.h kmap_atomic()',
  hex: ['address'],
});
export const KUNMAP_ATOMIC = defineTracepoint({
  name: 'kunmap_atomic',
  fields: ['address', 'type', 'cpu', 'cleared'],
  origin: 'include/asm-i386/highmem.h kunmap_atomic()',
  hex: ['address'],
});
export const SET_FIXMAP = defineTracepoint({
  name: 'set_fixmap',
  fields: ['slot', 'address', 'phys', 'flags'],
  origin: 'arch/i386/mm/init.c __set_fixmap()',
  hex: ['address', 'phys', 'flags'],
});
