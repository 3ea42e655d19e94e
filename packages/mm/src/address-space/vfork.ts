import { Errno } from '../errno.ts';
import { ConfigError } from '../kernel-bug.ts';
import type { Task } from './task.ts';

/** Bits of clone's flags; the low byte is the signal that the parent gets at the end. @linux 2.4.22 include/linux/sched.h CLONE_* */
export const CLONE = {
  signal: 0xff,
  vm: 0x100,
  fs: 0x200,
  files: 0x400,
  sigHand: 0x800,
  pid: 0x1000,
  ptrace: 0x2000,
  vfork: 0x4000,
  parent: 0x8000,
  thread: 0x10000,
  newNs: 0x20000,
} as const;

/**
 * The parent sleeps until the child gives the address space back that it borrowed. The sleep cannot be interrupted.
 *
 * @linux 2.4.22 kernel/fork.c do_fork()
 */
export function waitForVfork(parent: Task, child: Task): void {
  child.vforkParent = parent;
  parent.vforkChild = child;
}

/**
 * A task is about to leave its address space, by exec or exit: a parent that waits in vfork goes on.
 *
 * @linux 2.4.22 kernel/fork.c mm_release()
 */
export function mmRelease(task: Task): void {
  const parent = task.vforkParent;
  if (parent === null) return;
  task.vforkParent = null;
  parent.vforkChild = null;
}

/** What clone makes of flags that it cannot do: 0 or -errno. @linux 2.4.22 kernel/fork.c do_fork() */
export function refuseCloneFlags(flags: number): number {
  const both = CLONE.newNs | CLONE.fs;
  if ((flags & both) === both) return -Errno.EINVAL;
  // Only the swapper, while it starts the other CPUs.
  if ((flags & CLONE.pid) !== 0) return -Errno.EPERM;
  const known =
    CLONE.signal |
    CLONE.vm |
    CLONE.fs |
    CLONE.files |
    CLONE.sigHand |
    CLONE.vfork |
    CLONE.parent |
    CLONE.thread;
  if ((flags & ~known) !== 0) {
    throw new ConfigError(`clone: flags 0x${(flags >>> 0).toString(16)}; known are 0x${known.toString(16)}`);
  }
  return 0;
}
