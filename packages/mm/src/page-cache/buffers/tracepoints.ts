import { defineTracepoint } from '../../trace/trace.ts';

const ORIGIN = 'fs/buffer.c';

/** A buffer became dirty. */
export const MM_BUFFER_DIRTY = defineTracepoint({
  name: 'writeback_dirty_buffer',
  fields: ['dev', 'block', 'pfn'],
  origin: `${ORIGIN} __mark_buffer_dirty()`,
});

/** How much is dirty, against the soft and the hard limit (all in percent times pages): 1 write now, 0 wake bdflush, -1 nothing. */
export const BALANCE_DIRTY = defineTracepoint({
  name: 'balance_dirty_state',
  fields: ['dirty', 'soft', 'hard', 'state'],
  origin: `${ORIGIN} balance_dirty_state()`,
});

/** A page lost its buffers. */
export const MM_PAGE_BUFFERS_FREED = defineTracepoint({
  name: 'mm_page_buffers_freed',
  fields: ['pfn'],
  origin: `${ORIGIN} try_to_free_buffers()`,
});

/** A page's buffers are in use, dirty or under I/O. */
export const MM_PAGE_BUFFERS_BUSY = defineTracepoint({
  name: 'mm_page_buffers_busy',
  fields: ['pfn', 'gfp_flags', 'attempt', 'may_do_io'],
  origin: `${ORIGIN} try_to_free_buffers()`,
  hex: ['gfp_flags'],
});
