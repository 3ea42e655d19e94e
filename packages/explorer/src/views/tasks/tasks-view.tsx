import { useSignal } from '@preact/signals';
import './tasks.css';
import { count, countOf, pagesAsBytes, time } from '../../app/format.ts';
import { status } from '../../app/machine-signals.ts';
import { useView } from '../../app/use-view.ts';
import type { TaskRow } from '../../protocol/views.ts';
import { SelectRow } from '../parts/select-row.tsx';
import { useStandingOrder } from '../parts/standing-order.ts';
import { useSubject } from '../parts/use-subject.ts';
import { pressColumn, sortTasks, type TaskColumn, type TaskOrder } from './sort-tasks.ts';

interface Column {
  readonly key: TaskColumn;
  readonly title: string;
  readonly about: string;
  readonly number: boolean;
}

const COLUMNS: readonly Column[] = [
  { key: 'pid', title: 'pid', about: 'Number of the process', number: true },
  { key: 'comm', title: 'command', about: 'Name of the program', number: false },
  { key: 'state', title: 'state', about: 'Runs, sleeps, waits for a disk, stopped, zombie', number: false },
  { key: 'ppid', title: 'parent', about: 'Number of the process that started it', number: true },
  { key: 'size', title: 'size', about: 'Address space: all areas, touched or not', number: true },
  { key: 'rss', title: 'resident', about: 'Pages that have a frame now (RSS)', number: true },
  { key: 'swapped', title: 'in swap', about: 'Pages that lie in a swap area', number: true },
  { key: 'minorFaults', title: 'minor', about: 'Page faults that needed no disk', number: true },
  { key: 'majorFaults', title: 'major', about: 'Page faults that read from a disk', number: true },
  { key: 'cpu', title: 'CPU', about: 'Virtual time on the CPU', number: true },
];

/** States of a task, in words. */
const STATE_WORDS: Readonly<Record<string, string>> = {
  R: 'runs',
  S: 'sleeps',
  D: 'waits',
  T: 'stopped',
  Z: 'zombie',
};

/** Every task of the machine, kernel threads included. */
export function TasksView(_properties: { panelId: string }) {
  const data = useView({ view: 'tasks' }).value;
  const { subject } = useSubject();
  const order = useSignal<TaskOrder>({ column: 'pid', descending: false });
  const { column, descending } = order.value;
  const rows = useStandingOrder(
    sortTasks(data?.tasks ?? [], order.value),
    ({ pid }) => String(pid),
    `${column} ${descending}`,
  );
  if (data === null) return <div class="view-empty">Tasks appear when a machine runs.</div>;
  return (
    <div class="view">
      <div class="view-body tasks-body">
        <table class="table tasks-table">
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <Head
                  key={column.key}
                  column={column}
                  order={order.value}
                  onOrder={(next) => (order.value = next)}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((task) => (
              <Task key={task.pid} task={task} related={task.pid === subject.pid} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Head(properties: { column: Column; order: TaskOrder; onOrder: (order: TaskOrder) => void }) {
  const { column, order, onOrder } = properties;
  const own = order.column === column.key;
  return (
    <th
      class={`${column.number ? 'number' : ''}${column.key === 'ppid' ? ' tasks-parent' : ''}`}
      title={column.about}
      aria-sort={own ? (order.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="tasks-sort" onClick={() => onOrder(pressColumn(order, column.key))}>
        {column.title}
        <span class="tasks-arrow" aria-hidden="true">
          {own ? (order.descending ? '▾' : '▴') : ''}
        </span>
      </button>
    </th>
  );
}

function Task({ task, related }: { task: TaskRow; related: boolean }) {
  const running = status.value.pid === task.pid;
  return (
    <SelectRow target={{ kind: 'task', pid: task.pid }} related={related}>
      <td class="number">{task.pid}</td>
      <td class={task.kernel ? 'soft' : ''} title={task.comm}>
        {task.kernel ? `[${task.comm}]` : task.comm}
        {running && (
          <span class="tasks-now" title="On the CPU now">
            {' '}
            ◂
          </span>
        )}
      </td>
      <td title={STATE_WORDS[task.state] ?? task.state}>
        <span class={`tasks-state tasks-${task.state}`}>{task.state}</span>{' '}
        <span class="soft tasks-words">{STATE_WORDS[task.state] ?? ''}</span>
      </td>
      <td class="number soft tasks-parent">{task.ppid}</td>
      <Pages pages={task.size} />
      <Pages pages={task.rss} />
      <Pages pages={task.swapped} />
      <td class="number">{count(task.minorFaults)}</td>
      <td class="number">{count(task.majorFaults)}</td>
      <td class="number">{time(task.cpu)}</td>
    </SelectRow>
  );
}

function Pages({ pages }: { pages: number }) {
  return (
    <td class={`number${pages === 0 ? ' faint' : ''}`} title={countOf(pages, 'page')}>
      {pages === 0 ? '–' : pagesAsBytes(pages)}
    </td>
  );
}
