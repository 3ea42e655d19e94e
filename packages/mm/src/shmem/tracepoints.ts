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

/**
 * Reclaim wants a page to be written: it gets a slot and moves to the swap cache, unless nobody reclaims (`launder` 0), the file
 * is locked in memory, or no slot is free (`entry` 0; it is 0 too if none was asked for).
 */
export const SHMEM_WRITEPAGE = defineTracepoint({
  name: 'shmem_writepage',
  fields: ['ino', 'index', 'pfn', 'launder', 'locked', 'entry', 'outcome'],
  hex: ['entry'],
  origin: 'mm/shmem.c shmem_writepage()',
  decision: 'launder == 1 && locked == 0 && entry != 0',
});

/** A page is back from swap, because somebody needs it. `swapped`: pages of the file that are still there. */
export const SHMEM_SWAP_IN = defineTracepoint({
  name: 'shmem_swap_in',
  fields: ['ino', 'index', 'pfn', 'entry', 'swapped'],
  hex: ['entry'],
  origin: 'mm/shmem.c shmem_getpage()',
});

/** A page is back from swap, because its area is switched off. `moved` 0: the file has another page there by now. */
export const SHMEM_UNUSE = defineTracepoint({
  name: 'shmem_unuse',
  fields: ['ino', 'index', 'pfn', 'entry', 'moved'],
  hex: ['entry'],
  origin: 'mm/shmem.c shmem_unuse_inode()',
});
