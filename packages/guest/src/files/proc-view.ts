/** What /proc tells of the programs, beyond their memory. */
import type { File, ProcView, Task, TaskView } from '@pagewalk/mm';
import { REG } from '../cpu/registers.ts';
import type { Guest } from '../guest.ts';
import { SignalSet } from '../signal-set.ts';
import type { GuestTask } from '../task.ts';

const S_IFIFO = 0o010000;
/** A tick, ns. */
const TICK_NS = 10e6;
/** The terminal, /dev/console. */
const TTY_DEVICE = 0x0501;

/** The view of /proc on a guest's tasks. */
export function procView(guest: Guest): ProcView {
  return {
    task: (task) => {
      const found = guest.tasks.find(({ process }) => process.task === task);
      return found === undefined ? null : viewOf(guest, found);
    },
    fileName: (file) => streamName(guest, file),
  };
}

function viewOf(guest: Guest, task: GuestTask): TaskView {
  const { job, registers, process, parent } = task;
  const { waitedFor } = task.group;
  guest.registersOf(task);
  const foreground = guest.console.tty?.foreground ?? -1;
  return {
    state: stateOf(guest, task),
    ppid: parent === null || parent.status !== null ? 1 : parent.pid,
    group: job.group,
    session: job.session,
    tty: job.hasTerminal ? TTY_DEVICE : 0,
    ttyGroup: job.hasTerminal ? foreground : -1,
    pending: words(task.pending.set),
    blocked: words(task.blocked),
    ignored: words(actionSet(task, (handler) => handler === 1)),
    caught: words(actionSet(task, (handler) => handler > 1)),
    eip: registers.eip,
    esp: registers.general[REG.esp] as number,
    ticks: process.task.cpuTicks,
    childTicks: Math.floor((waitedFor.user + waitedFor.system) / TICK_NS),
  };
}

function stateOf(guest: Guest, task: GuestTask): string {
  if (task.job.stoppedBy !== 0) return 'T';
  if (task.process.task === (guest.kernel.vm.current as Task)) return 'R';
  return task.sleep === null && task.process.task.vforkChild === null ? 'R' : 'S';
}

function actionSet(task: GuestTask, wanted: (handler: number) => boolean): SignalSet {
  const set = new SignalSet();
  task.actions.forEach(({ handler }, signal) => {
    if (signal > 0 && wanted(handler)) set.add(signal);
  });
  return set;
}

function words({ lo, hi }: SignalSet): [number, number] {
  return [lo, hi];
}

/** The name of what has no path; null: it has one. */
function streamName(guest: Guest, file: File): string | null {
  const stream = guest.streamOf(file);
  return stream !== null && stream.type === S_IFIFO ? `pipe:[${file.inode.ino}]` : null;
}
