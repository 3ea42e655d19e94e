import { Errno } from '../errno.ts';
import type { SysvShmRules } from '../shmem/sysv-shm.ts';

const RULES: SysvShmRules = {
  attachReplaces: false,
  attachIgnoresSequence: false,
  detachOfNothing: -Errno.EINVAL,
  anyoneRemoves: false,
};

const RULES_2_4_0: SysvShmRules = {
  attachReplaces: true,
  attachIgnoresSequence: true,
  detachOfNothing: 0,
  anyoneRemoves: true,
};

/** How the calls of System V shared memory of a release differ from the others'. */
export function sysvShmRules(release: string): SysvShmRules {
  return release === '2.4.0' ? RULES_2_4_0 : RULES;
}
