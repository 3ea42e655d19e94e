/** The tasks that the kernel itself starts at boot. They have a task_struct and a stack, and no address space. */
import { allocTaskStruct } from './address-space/fork.ts';
import { Task } from './address-space/task.ts';
import { getUser } from './address-space/user-struct.ts';
import type { Vm } from './address-space/vm.ts';
import { KernelPanic } from './kernel-bug.ts';
import { PF } from './page-allocator/process-flags.ts';

/** The idle task of each CPU: that of the first is part of the kernel image, the others have a block. */
export function idleTasks(cpus: number): Task[] {
  return Array.from({ length: cpus }, () => new Task(0, null, 'swapper'));
}

/** Gives the idle tasks of the further CPUs their blocks. @linux 2.4.22 arch/i386/kernel/smpboot.c do_boot_cpu() */
export function bootIdleTasks(vm: Vm, idle: readonly Task[]): void {
  for (const task of idle.slice(1)) takeBlock(vm, task);
}

/** Threads that may use the last page, so that they can free others. @linux PF_MEMALLOC */
const RECLAIMERS: ReadonlySet<string> = new Set(['kswapd', 'kreclaimd']);

/**
 * Starts pid 1 and the kernel's threads, in the order of boot: the processes of users come behind them.
 *
 * ```
 *   1 init   2 keventd   3 ksoftirqd_CPU0 .. one a CPU   then kswapd, bdflush, kupdated
 * ```
 * The program of init is not simulated: it is the parent of whatever has no other, and reaps it.
 *
 * @param names of the release's threads, init's first
 * @linux 2.4.22 init/main.c rest_init(), do_basic_setup(); kernel/context.c start_context_thread(); kernel/softirq.c
 * spawn_ksoftirqd(); mm/vmscan.c kswapd_init(); fs/buffer.c bdflush_init()
 */
export function startKernelThreads(vm: Vm, names: readonly string[]): Task[] {
  const tasks: Task[] = [];
  for (const [index, name] of names.entries()) {
    const task = new Task(index + 1, tasks[0] ?? null, name);
    takeBlock(vm, task);
    if (RECLAIMERS.has(name)) task.flags |= PF.MEMALLOC;
    tasks[0]?.children.push(task);
    tasks.push(task);
    vm.nrThreads++;
  }
  return tasks;
}

function takeBlock(vm: Vm, task: Task): void {
  if (allocTaskStruct(vm, task) !== 0) throw new KernelPanic(`no memory for the stack of '${task.comm}'`);
  getUser(vm, task.user);
}
