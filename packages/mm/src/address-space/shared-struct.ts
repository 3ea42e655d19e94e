import type { Addr } from '../types.ts';

/** A struct of a task that its threads may share. @linux struct fs_struct, struct signal_struct */
export class SharedStruct {
  /** Its object in its cache, 0 = static. */
  slabAddr: Addr = 0;
  /** Tasks that have it. @linux count */
  users = 1;
}
