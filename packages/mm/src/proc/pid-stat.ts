import type { Task } from '../address-space/task.ts';

/** What a scheduler and a terminal know of a task, beyond its memory. */
export interface TaskView {
  /** R, S, D, T, Z. */
  readonly state: string;
  /** The parent's pid. */
  readonly ppid: number;
  readonly group: number;
  readonly session: number;
  /** Controlling terminal, major << 8 | minor, 0 = none; and the group in front there, -1 = none. */
  readonly tty: number;
  readonly ttyGroup: number;
  /** Signals as the two words of a set: 1 .. 32 in the first. */
  readonly pending: readonly [number, number];
  readonly blocked: readonly [number, number];
  readonly ignored: readonly [number, number];
  readonly caught: readonly [number, number];
  readonly eip: number;
  readonly esp: number;
  /** Ticks of processor time: its own, and of children that were waited for. */
  readonly ticks: number;
  readonly childTicks: number;
}

/** A sleeping task's, whose time slice is whole. */
const PRIORITY = 9;
const SIGCHLD = 17;
const RLIMIT_RSS = 5;

/**
 * /proc/PID/stat: one line of numbers. The time in the kernel is not told apart: it counts as the program's.
 * @linux 2.4.22 fs/proc/array.c proc_pid_stat()
 */
export function pidStatText(task: Task, view: TaskView): string {
  const { mm } = task;
  let vsize = 0;
  for (let vma = mm?.mmap ?? null; vma !== null; vma = vma.vmNext) vsize += vma.vmEnd - vma.vmStart;
  const set = ([low]: readonly [number, number]) => low & 0x7fffffff;
  const numbers = [
    view.ppid,
    view.group,
    view.session,
    view.tty,
    view.ttyGroup,
    task.flags >>> 0,
    task.minFlt,
    task.cminFlt,
    task.majFlt,
    task.cmajFlt,
    view.ticks,
    0,
    view.childTicks,
    0,
    PRIORITY,
    task.nice,
    0,
    0,
    task.startTime,
    vsize,
    mm?.rss ?? 0,
    task.rlimCur[RLIMIT_RSS],
    mm?.startCode ?? 0,
    mm?.endCode ?? 0,
    mm?.startStack ?? 0,
    mm === null ? 0 : view.esp,
    mm === null ? 0 : view.eip,
    set(view.pending),
    set(view.blocked),
    set(view.ignored),
    set(view.caught),
    0,
    task.nswap,
    0,
    SIGCHLD,
    task.processor,
  ];
  return `${task.pid} (${task.comm}) ${view.state} ${numbers.join(' ')}\n`;
}
