import { useEffect, useRef } from 'preact/hooks';
import { status } from '../../app/machine-signals.ts';
import { type Selection, selection } from '../../app/selection.ts';
import { useView } from '../../app/use-view.ts';
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

/** The task that the view is about, and all that it could be about. It follows the selection, and stays with it afterwards. */
export function useTask(): { readonly pid: number; readonly tasks: readonly TaskRow[] } {
  const tasks = useView({ view: 'tasks' }).value?.tasks ?? [];
  const last = useRef(0);
  const named = taskOfSelection(selection.value);
  const wanted = named !== 0 ? named : last.current;
  const pid = chooseTask(tasks, wanted, status.value.pid);
  useEffect(() => {
    last.current = pid;
  }, [pid]);
  return { pid, tasks: tasks.filter((task) => !task.kernel && task.size > 0) };
}
