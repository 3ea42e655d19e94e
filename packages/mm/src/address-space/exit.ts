import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import { PF } from '../page-allocator/process-flags.ts';
import { SCHED_PROCESS_EXIT } from './fault-tracepoints.ts';
import { exitResources, freeTaskStruct } from './fork.ts';
import { mmdrop, mmput } from './mm-life.ts';
import type { Task } from './task.ts';
import { putUser } from './user-struct.ts';
import { mmRelease } from './vfork.ts';
import type { Vm } from './vm.ts';

/**
 * Leaves the address space. The CPU stays on its top page table, lazily, so that one is kept (`activeMm` holds a reference
 * to the struct) until another task runs.
 *
 * @linux 2.4.22 kernel/exit.c exit_mm()
 */
export function exitMm(vm: Vm, task: Task): void {
  mmRelease(task);
  const mm = task.mm;
  if (mm === null) return;
  if (mm !== task.activeMm) throw new KernelBug(`exit_mm: pid ${task.pid} runs on another address space`);
  mm.mmCount++;
  task.mm = null;
  // From here on this CPU may leave the tables at any flush.
  if (task === vm.current) vm.tlb.enterLazyTlb();
  mmput(vm, mm);
}

/**
 * Drops the address space on which a dead task or kernel thread ran lazily. The scheduler calls it once another top page
 * table is loaded; {@link releaseTask} does it at the latest.
 *
 * @linux 2.4.22 kernel/sched.c schedule()
 */
export function dropActiveMm(vm: Vm, task: Task): void {
  const mm = task.activeMm;
  if (mm === null || task.mm !== null) return;
  task.activeMm = null;
  mmdrop(vm, mm);
}

/**
 * Ends a task: its memory and files go, its dead children are released (as init would). It becomes a zombie that keeps only
 * its task_struct, until the parent's {@link sysWait4}, or {@link releaseTask} when nobody will wait.
 *
 * @param code as the parent's wait shows it
 * @linux 2.4.22 kernel/exit.c do_exit()
 */
export function doExit(vm: Vm, task: Task, code: number): void {
  if (task.dead) throw new KernelBug(`pid ${task.pid} exits twice`);
  if (vm.trace.on) {
    vm.trace.emit(SCHED_PROCESS_EXIT, vm.trace.intern(task.comm), task.pid, code, task.mm?.rss ?? 0);
  }
  task.flags |= PF.EXITING;
  if (task === vm.current) vm.allocator.currentFlags |= PF.EXITING;
  exitMm(vm, task);
  exitResources(vm, task);
  vm.signals.drop(task);
  task.exitCode = code;
  task.dead = true;
  for (const child of task.children.slice()) if (child.dead) releaseTask(vm, child);
}

/**
 * Frees what is left of a dead task. The task that runs now inherits its fault counts. Another task must run: one cannot free the stack
 * that one stands on.
 *
 * @linux 2.4.22 kernel/exit.c release_task()
 */
export function releaseTask(vm: Vm, task: Task): void {
  if (!task.dead) throw new KernelBug(`release_task: pid ${task.pid} is alive`);
  dropActiveMm(vm, task);
  const heir = vm.current;
  if (heir !== task) {
    heir.cminFlt += task.minFlt + task.cminFlt;
    heir.cmajFlt += task.majFlt + task.cmajFlt;
  }
  const siblings = task.parent?.children;
  const at = siblings === undefined ? -1 : siblings.indexOf(task);
  if (at >= 0) siblings?.splice(at, 1);
  putUser(vm, task.user);
  vm.nrThreads--;
  freeTaskStruct(vm, task);
}

/**
 * Reaps one dead child of the running task.
 *
 * @param pid which one; -1: any
 * @returns its pid; 0 when it (or every one) still lives; -ECHILD when there is no such child
 * @linux 2.4.22 kernel/exit.c sys_wait4() with WNOHANG
 */
export function sysWait4(vm: Vm, pid: number): number {
  let found = false;
  for (const child of vm.current.children) {
    if (pid !== -1 && child.pid !== pid) continue;
    found = true;
    if (!child.dead) continue;
    releaseTask(vm, child);
    return child.pid;
  }
  return found ? 0 : -Errno.ECHILD;
}
