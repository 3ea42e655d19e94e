import { defineTracepoint } from '../trace/trace.ts';

/** A segment was made. */
export const SHM_NEWSEG = defineTracepoint({
  name: 'shm_newseg',
  fields: ['id', 'key', 'bytes'],
  origin: 'ipc/shm.c newseg()',
  hex: ['key'],
});

/** An area of a segment came into being, by shmat, fork or a split. `nattch` counts it. */
export const SHM_OPEN = defineTracepoint({
  name: 'shm_open',
  fields: ['id', 'nattch'],
  origin: 'ipc/shm.c shm_inc()',
});

/** An area of a segment went. `nattch` are those that are left. */
export const SHM_CLOSE = defineTracepoint({
  name: 'shm_close',
  fields: ['id', 'nattch'],
  origin: 'ipc/shm.c shm_close()',
});

/** A segment went: it was removed, and nobody had it attached any more. */
export const SHM_DESTROY = defineTracepoint({
  name: 'shm_destroy',
  fields: ['id'],
  origin: 'ipc/shm.c shm_destroy()',
});
