import { useEffect, useRef } from 'preact/hooks';
import { status } from '../../app/machine-signals.ts';
import { useView } from '../../app/use-view.ts';
import type { TaskRow } from '../../protocol/views.ts';
import { chooseTask } from './choose-task.ts';
import { useSubject } from './use-subject.ts';

/** The task that the view is about, and all that it could be about. It follows the selection, and stays with it afterwards. */
export function useTask(): { readonly pid: number; readonly tasks: readonly TaskRow[] } {
  const tasks = useView({ view: 'tasks' }).value?.tasks ?? [];
  const last = useRef(0);
  const named = useSubject().subject.pid;
  const wanted = named !== 0 ? named : last.current;
  const pid = chooseTask(tasks, wanted, status.value.pid);
  useEffect(() => {
    last.current = pid;
  }, [pid]);
  return { pid, tasks: tasks.filter((task) => !task.kernel && task.size > 0) };
}
