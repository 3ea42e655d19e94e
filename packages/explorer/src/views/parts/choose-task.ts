import type { TaskRow } from '../../protocol/views.ts';

/** The task whose memory a view shows: of those that have an address space, the wanted one, or the running one, or the last. */
export function chooseTask(tasks: readonly TaskRow[], wanted: number, running: number): number {
  const own = tasks.filter((task) => !task.kernel && task.size > 0);
  for (const pid of [wanted, running]) if (own.some((task) => task.pid === pid)) return pid;
  return own.at(-1)?.pid ?? 0;
}
