import type { Task } from './address-space/task.ts';
import type { Vm } from './address-space/vm.ts';
import { PF } from './page-allocator/process-flags.ts';
import type { Waits } from './waits.ts';

/**
 * Plugs in who schedules tasks: while a fault or a read waits for a disk, and holds nothing that other address spaces could want, others
 * may run. Without it time passes until the disk is done.
 *
 * @param inside tasks in the middle of the kernel: they end when they come back
 * @param run lets others run until `done`, and goes back to the running task; false: nobody could run
 */
export function plugInScheduler(
  vm: Vm,
  waits: Waits,
  inside: Set<Task>,
  run: (done: () => boolean) => boolean,
): void {
  waits.runOthers = (done) => {
    const task = vm.current;
    const busy = vm.kernelFaults > 0 || (vm.allocator.currentFlags & PF.MEMALLOC) !== 0;
    if (busy || inside.has(task)) return false;
    inside.add(task);
    const ran = run(done);
    inside.delete(task);
    return ran;
  };
}
