import type { Kernel, Task } from '@pagewalk/mm';
import type { TaskRow, TasksView } from '../../protocol/views.ts';
import { swappedPages } from './page-table-pages.ts';

/** All tasks, kernel threads included. */
export function tasksView(kernel: Kernel): TasksView {
  return {
    view: 'tasks',
    tasks: kernel.tasks.filter(({ pid }) => pid !== 0).map((task) => row(kernel, task)),
  };
}

function row(kernel: Kernel, task: Task): TaskRow {
  const { mm } = task;
  return {
    pid: task.pid,
    ppid: task.parent?.pid ?? 0,
    comm: task.comm,
    state: stateOf(kernel, task),
    kernel: !kernel.processes.has(task.pid) && task.pid !== 1,
    size: mm?.totalVm ?? 0,
    rss: mm?.rss ?? 0,
    swapped: mm === null ? 0 : swappedPages(kernel, mm.pgd),
    minorFaults: task.minFlt,
    majorFaults: task.majFlt,
    cpu: task.cpuNs,
  };
}

/** R, S, D, Z: as far as the kernel knows; who waits for a program of the host sleeps. */
export function stateOf(kernel: Kernel, task: Task): string {
  if (task.dead) return 'Z';
  if (task.vforkChild !== null) return 'D';
  return task === kernel.cpus.currentOf(task.processor) ? 'R' : 'S';
}
