import type { ShmemRules } from '../shmem/shmem-pages.ts';

/** How shared memory of a release differs from the others'. */
export function shmemRules(release: string): ShmemRules {
  const rewritten = release !== '2.4.20';
  return {
    chargesIndexPages: rewritten,
    marksAccessed: rewritten,
    returnsBlocksAtOnce: rewritten,
    readsLeaveHoles: rewritten,
    truncateHoldsPage: rewritten,
    unuseAnswers: rewritten,
    sizeInPercent: rewritten,
    // Compiled by gcc 3 for one CPU; 2.4.20 has a semaphore more.
    inlineLinkBytes: rewritten ? 92 : 108,
  };
}
