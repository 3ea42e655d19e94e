import { select } from '../../app/selection.ts';
import type { TaskRow } from '../../protocol/views.ts';

/** Chooses among tasks that have an address space; the choice is selected everywhere. */
export function TaskChoice({ pid, tasks }: { pid: number; tasks: readonly TaskRow[] }) {
  return (
    <select
      class="field"
      aria-label="Task"
      value={String(pid)}
      onChange={(event) => select({ kind: 'task', pid: Number(event.currentTarget.value) })}
    >
      {tasks.map((task) => (
        <option key={task.pid} value={String(task.pid)}>
          {task.comm} ({task.pid})
        </option>
      ))}
    </select>
  );
}
