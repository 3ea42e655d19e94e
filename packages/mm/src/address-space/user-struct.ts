/** Who runs processes: a struct a user, shared by all of them. */
import { KernelBug } from '../kernel-bug.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { Addr } from '../types.ts';
import { CAP, RLIMIT, type Task } from './task.ts';
import type { Vm } from './vm.ts';

/** A user with processes. @linux struct user_struct */
export interface UserStruct {
  readonly uid: number;
  /** Processes and threads that refer to it. @linux processes */
  count: number;
  /** Kernel address of its object in `uid_cache`; 0: root, who is static. */
  readonly slabAddr: Addr;
}

/**
 * Takes a reference to a user, whom the first process makes. Root is always there.
 *
 * @returns false: no memory
 * @linux 2.4.22 kernel/user.c alloc_uid()
 */
export function getUser(vm: Vm, uid: number): boolean {
  const user = userOf(vm, uid);
  if (user !== undefined) {
    user.count++;
    return true;
  }
  const slabAddr = vm.slab.kmemCacheAlloc(vm.caches.uid, GFP_KERNEL);
  if (slabAddr === 0) return false;
  vm.users.set(uid, { uid, count: 1, slabAddr });
  return true;
}

/** Drops a reference; a user without processes is forgotten. @linux 2.4.22 kernel/user.c free_uid() */
export function putUser(vm: Vm, uid: number): void {
  const user = userOf(vm, uid);
  if (user === undefined) throw new KernelBug(`free_uid: user ${uid} has no processes`);
  if (--user.count > 0 || uid === 0) return;
  vm.users.delete(uid);
  vm.slab.kmemCacheFree(vm.caches.uid, user.slabAddr);
}

/**
 * Whether a task's user has as many processes as RLIMIT_NPROC lets it, so that the task may not fork.
 *
 * @linux 2.4.22 kernel/fork.c do_fork()
 */
export function hasAllItsProcesses(vm: Vm, task: Task): boolean {
  const processes = userOf(vm, task.user)?.count ?? 0;
  if (processes < (task.rlimCur[RLIMIT.nproc] as number)) return false;
  return !(vm.rules.adminExceedsNproc && (task.capable(CAP.sysAdmin) || task.capable(CAP.sysResource)));
}

function userOf(vm: Vm, uid: number): UserStruct | undefined {
  return uid === 0 ? vm.rootUser : vm.users.get(uid);
}
