import { Errno } from '../errno.ts';
import { allocTaskStruct, copyResources, exitResources, freeTaskStruct } from './fork.ts';
import { TASK_SIZE } from './layout.ts';
import { mmAlloc, mmlistAdd, mmput } from './mm-life.ts';
import type { MmStruct } from './mm-struct.ts';
import { RLIM_INFINITY, RLIMIT, type Task } from './task.ts';
import { getUser, putUser } from './user-struct.ts';
import type { Vm } from './vm.ts';
import { protectionOf, VM_STACK_FLAGS } from './vma.ts';
import { newVma } from './vma-alloc.ts';
import { insertVmStruct } from './vma-link.ts';

/**
 * Gives a task that comes from nowhere, as the first process does, all that a process has: its struct, its user (`task.user`),
 * an empty descriptor table, and an address space with one page of stack area.
 *
 * @param parent whose (empty) tables it starts with
 * @returns 0; with nothing left behind -ENOMEM, or -EAGAIN: there are as many as there may be
 */
export function spawnTask(vm: Vm, task: Task, parent: Task): number {
  if (vm.nrThreads >= vm.maxThreads) return -Errno.EAGAIN;
  if (allocTaskStruct(vm, task) !== 0) return -Errno.ENOMEM;
  if (getUser(vm, task.user)) {
    if (copyResources(vm, task, parent) === 0) {
      const mm = mmAlloc(vm);
      if (mm !== null && addStack(vm, mm)) {
        task.mm = mm;
        task.activeMm = mm;
        task.esp = TASK_SIZE - 256;
        vm.nrThreads++;
        return 0;
      }
      exitResources(vm, task);
    }
    putUser(vm, task.user);
  }
  freeTaskStruct(vm, task);
  return -Errno.ENOMEM;
}

/** Lists a new address space and makes its stack area; false: no memory, and the address space is gone. */
function addStack(vm: Vm, mm: MmStruct): boolean {
  mmlistAdd(vm, mm, vm.initMm);
  const protection = protectionOf(VM_STACK_FLAGS);
  const stack = newVma(vm, mm, TASK_SIZE - 4096, TASK_SIZE, VM_STACK_FLAGS, protection);
  if (stack === null) {
    mmput(vm, mm);
    return false;
  }
  insertVmStruct(vm, mm, stack);
  mm.totalVm = 1;
  mm.startStack = TASK_SIZE - 4096;
  return true;
}

/** Limits of the first process. @param maxThreads most processes there may be; a user may have half as many. @linux 2.4.22 include/asm-i386/resource.h INIT_RLIMITS; kernel/fork.c fork_init() */
export function setBootLimits(task: Task, maxThreads: number): void {
  task.rlimCur.fill(RLIM_INFINITY);
  task.rlimMax.fill(RLIM_INFINITY);
  task.rlimCur[RLIMIT.stack] = 8 * 2 ** 20;
  task.rlimCur[RLIMIT.core] = 0;
  task.rlimCur[RLIMIT.nproc] = Math.floor(maxThreads / 2);
  task.rlimMax[RLIMIT.nproc] = Math.floor(maxThreads / 2);
  task.rlimCur[RLIMIT.nofile] = 1024;
  task.rlimMax[RLIMIT.nofile] = 1024;
}
