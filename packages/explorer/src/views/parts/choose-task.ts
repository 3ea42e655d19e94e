import type { Selection } from '../../app/selection.ts';
import type { TaskRow } from '../../protocol/views.ts';

/** Task that a selection names; 0: none. */
export function taskOfSelection(chosen: Selection): number {
  switch (chosen.kind) {
    case 'task':
    case 'address':
    case 'area':
      return chosen.pid;
    default:
      return 0;
  }
}

/** The task whose memory a view shows: of those that have an address space, the wanted one, or the running one, or the last. */
export function chooseTask(tasks: readonly TaskRow[], wanted: number, running: number): number {
  const own = tasks.filter((task) => !task.kernel && task.size > 0);
  for (const pid of [wanted, running]) if (own.some((task) => task.pid === pid)) return pid;
  return own.at(-1)?.pid ?? 0;
}
