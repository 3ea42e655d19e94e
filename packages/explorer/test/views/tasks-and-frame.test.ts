import { describe, expect, it } from 'vitest';
import { subjectOf } from '../../src/protocol/subject.ts';
import type { TaskRow } from '../../src/protocol/views.ts';
import { hexLines } from '../../src/views/frame/hex-lines.ts';
import { byteAt, bytesBox } from '../../src/views/memory/bytes-box.ts';
import { chooseTask } from '../../src/views/parts/choose-task.ts';
import { pressColumn, sortTasks } from '../../src/views/tasks/sort-tasks.ts';

const task = (row: Partial<TaskRow>): TaskRow => ({
  pid: 1,
  ppid: 0,
  comm: 'init',
  state: 'S',
  kernel: false,
  size: 10,
  rss: 5,
  swapped: 0,
  minorFaults: 0,
  majorFaults: 0,
  cpu: 0,
  ...row,
});
const TASKS = [
  task({ pid: 7, comm: 'grow', rss: 90 }),
  task({ pid: 3, comm: 'kswapd', kernel: true, size: 0, rss: 0 }),
  task({ pid: 5, comm: 'cat', rss: 5 }),
  task({ pid: 1 }),
];
const pids = (rows: readonly TaskRow[]) => rows.map((row) => row.pid);

describe('the table of tasks', () => {
  it('is sorted by any column, equal rows by pid', () => {
    expect(pids(sortTasks(TASKS, { column: 'pid', descending: false }))).toEqual([1, 3, 5, 7]);
    expect(pids(sortTasks(TASKS, { column: 'rss', descending: true }))).toEqual([7, 1, 5, 3]);
    expect(pids(sortTasks(TASKS, { column: 'comm', descending: false }))).toEqual([5, 7, 1, 3]);
  });

  it('begins with the largest number or with A, and turns when pressed again', () => {
    const byPid = { column: 'pid', descending: false } as const;
    const byRss = pressColumn(byPid, 'rss');
    expect(byRss).toEqual({ column: 'rss', descending: true });
    expect(pressColumn(byRss, 'rss').descending).toBe(false);
    expect(pressColumn(byRss, 'comm').descending).toBe(false);
  });
});

describe('the task that a view is about', () => {
  it('is the selected one, the running one, or the last that has memory', () => {
    expect(subjectOf({ kind: 'address', pid: 5, address: 0 }).pid).toBe(5);
    expect(subjectOf({ kind: 'frame', pfn: 5 }).pid).toBe(0);
    expect(chooseTask(TASKS, 5, 7)).toBe(5);
    expect(chooseTask(TASKS, 0, 7)).toBe(7);
    expect(chooseTask(TASKS, 3, 3)).toBe(1);
    expect(chooseTask([], 3, 3)).toBe(0);
  });
});

describe('a hex dump', () => {
  it('has sixteen bytes a line, with text', () => {
    const bytes = new TextEncoder().encode('Hello, memory!\n\0next');
    const lines = hexLines(bytes);
    expect(lines[0]).toEqual({
      offset: 0,
      hex: '48 65 6c 6c 6f 2c 20 6d  65 6d 6f 72 79 21 0a 00',
      text: 'Hello, memory!..',
      repeated: 0,
    });
    expect(lines[1]?.hex).toBe('6e 65 78 74');
  });

  it('counts equal lines instead of showing them', () => {
    const bytes = new Uint8Array(4096);
    bytes[2048] = 1;
    expect(hexLines(bytes).map((line) => [line.offset, line.repeated])).toEqual([
      [0, 127],
      [2048, 0],
      [2064, 126],
    ]);
    expect(hexLines(new Uint8Array(0))).toEqual([]);
  });
});

it('finds the byte of a frame under a place', () => {
  const box = bytesBox(1000, 1);
  expect(byteAt(1000, 1, box.left + 1, box.top + 1)).toBe(0);
  expect(byteAt(1000, 1, box.left + box.width - 1, box.top + box.height - 1)).toBe(4095);
  expect(byteAt(1000, 1, box.left + box.width * (5.5 / 64), box.top + box.height * (2.5 / 64))).toBe(
    2 * 64 + 5,
  );
  expect(byteAt(1000, 1, 1, 1)).toBe(-1);
});
