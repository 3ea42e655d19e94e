import type { TaskRow } from '../../protocol/views.ts';

/** Columns that tasks can be sorted by. */
export type TaskColumn = Exclude<keyof TaskRow, 'kernel'>;

/** By which column, and which way. */
export interface TaskOrder {
  readonly column: TaskColumn;
  readonly descending: boolean;
}

/** What a press on a column's head makes of the order: numbers begin with the largest, words with A; again turns it. */
export function pressColumn(order: TaskOrder, column: TaskColumn): TaskOrder {
  if (order.column === column) return { column, descending: !order.descending };
  const words = column === 'comm' || column === 'state' || column === 'pid' || column === 'ppid';
  return { column, descending: !words };
}

/** Tasks in an order; equal ones by pid. */
export function sortTasks(tasks: readonly TaskRow[], { column, descending }: TaskOrder): TaskRow[] {
  const sign = descending ? -1 : 1;
  return [...tasks].sort((a, b) => {
    const x = a[column];
    const y = b[column];
    if (x === y) return a.pid - b.pid;
    return x < y ? -sign : sign;
  });
}
