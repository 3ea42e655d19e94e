import type { ShmemRules } from '../shmem/shmem-pages.ts';

const RULES_2_4_22: ShmemRules = {
  chargesIndexPages: true,
  marksAccessed: true,
  returnsBlocksAtOnce: true,
  readsLeaveHoles: true,
  truncateHoldsPage: true,
  movesForAnyone: false,
  hasReadpage: true,
  fullIsOutOfMemory: false,
  unuseAnswers: true,
  sizeInPercent: true,
  // Compiled by gcc 3 for one CPU.
  inlineLinkBytes: 92,
};

const RULES_2_4_20: ShmemRules = {
  chargesIndexPages: false,
  marksAccessed: false,
  returnsBlocksAtOnce: false,
  readsLeaveHoles: false,
  truncateHoldsPage: false,
  movesForAnyone: false,
  hasReadpage: true,
  fullIsOutOfMemory: false,
  unuseAnswers: false,
  sizeInPercent: false,
  // It has a semaphore more.
  inlineLinkBytes: 108,
};

/** No tmpfs yet: only segments and shared anonymous memory, which nobody reads, writes or truncates. */
const RULES_2_4_0: ShmemRules = {
  ...RULES_2_4_20,
  movesForAnyone: true,
  hasReadpage: false,
  fullIsOutOfMemory: true,
};

const RULES: Readonly<Record<string, ShmemRules>> = { '2.4.0': RULES_2_4_0, '2.4.20': RULES_2_4_20 };

/** How shared memory of a release differs from the others'. */
export function shmemRules(release: string): ShmemRules {
  return RULES[release] ?? RULES_2_4_22;
}
