import { defineTracepoint } from '../trace/trace.ts';

const ORIGIN = 'drivers/block/ll_rw_blk.c';

/** A request waits in a queue of `queued` requests. */
export const BLOCK_RQ_INSERT = defineTracepoint({
  name: 'block_rq_insert',
  fields: ['dev', 'sector', 'nr_sector', 'write', 'queued'],
  origin: `${ORIGIN} add_request()`,
});

/** The disk begins with a request. */
export const BLOCK_RQ_ISSUE = defineTracepoint({
  name: 'block_rq_issue',
  fields: ['dev', 'sector', 'nr_sector', 'write'],
  origin: `${ORIGIN} generic_unplug_device()`,
});

/** The disk is done; fewer sectors than asked for is an error. */
export const BLOCK_RQ_COMPLETE = defineTracepoint({
  name: 'block_rq_complete',
  fields: ['dev', 'sector', 'nr_sector', 'write'],
  origin: `${ORIGIN} end_that_request_first()`,
});

/** A buffer joined a request behind its last sector. */
export const BLOCK_BIO_BACKMERGE = defineTracepoint({
  name: 'block_bio_backmerge',
  fields: ['dev', 'sector', 'nr_sector'],
  origin: `${ORIGIN} __make_request()`,
});

/** A buffer joined a request before its first sector. */
export const BLOCK_BIO_FRONTMERGE = defineTracepoint({
  name: 'block_bio_frontmerge',
  fields: ['dev', 'sector', 'nr_sector'],
  origin: `${ORIGIN} __make_request()`,
});

/** No request is free: the task sleeps until `batch` of them are. */
export const BLOCK_SLEEPRQ = defineTracepoint({
  name: 'block_sleeprq',
  fields: ['dev', 'write', 'batch'],
  origin: `${ORIGIN} __get_request_wait()`,
});

/** A buffer goes to its device. */
export const BLOCK_BH_SUBMIT = defineTracepoint({
  name: 'block_bh_submit',
  fields: ['dev', 'block', 'size', 'write', 'pfn'],
  origin: `${ORIGIN} submit_bh()`,
});

/** A buffer in high memory gets one in low memory in its place; `pool`: pages left for emergencies. */
export const BLOCK_BIO_BOUNCE = defineTracepoint({
  name: 'block_bio_bounce',
  fields: ['dev', 'block', 'pfn', 'bounce', 'write', 'pool'],
  origin: 'mm/highmem.c create_bounce()',
});
