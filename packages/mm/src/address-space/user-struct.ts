/** Who runs processes: a struct a user, shared by all of them. */
import { KernelBug } from '../kernel-bug.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { Addr } from '../types.ts';
import type { Vm } from './vm.ts';

/** A user with processes. @linux struct user_struct */
export interface UserStruct {
  readonly uid: number;
  /** Processes that refer to it. @linux __count */
  count: number;
  /** Kernel address of its object in `uid_cache`. */
  readonly slabAddr: Addr;
}

/**
 * Takes a reference to a user, whom the first process makes. Root is static and never counted.
 *
 * @returns false: no memory
 * @linux 2.4.22 kernel/user.c alloc_uid()
 */
export function getUser(vm: Vm, uid: number): boolean {
  if (uid === 0) return true;
  const user = vm.users.get(uid);
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
  if (uid === 0) return;
  const user = vm.users.get(uid);
  if (user === undefined) throw new KernelBug(`free_uid: user ${uid} has no processes`);
  if (--user.count > 0) return;
  vm.users.delete(uid);
  vm.slab.kmemCacheFree(vm.caches.uid, user.slabAddr);
}
