import type { ShmemRules } from '../shmem/shmem-pages.ts';

/** How shared memory of a release differs from the others'. */
export function shmemRules(release: string): ShmemRules {
  const rewritten = release !== '2.4.20';
  return {
    chargesIndexPages: rewritten,
    marksAccessed: rewritten,
    returnsBlocksAtOnce: rewritten,
    readsLeaveHoles: rewritten,
    unuseAnswers: rewritten,
    sizeInPercent: rewritten,
  };
}
