import type { MmStruct } from '../address-space/mm-struct.ts';
import type { Task } from '../address-space/task.ts';
import { VM } from '../address-space/vma.ts';
import type { TaskView } from './pid-stat.ts';

/** @linux 2.4.22 fs/proc/array.c task_state_array */
const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'disk sleep',
  T: 'stopped',
  Z: 'zombie',
};
/** Bytes of `task->comm` without its NUL. */
const COMM_LENGTH = 15;

/**
 * /proc/PID/status. There are no supplementary groups.
 *
 * @param running whether the task runs, as one that reads its own status does; else it sleeps
 * @param showsTgid 2.4.0 does not
 * @param view null: signals are never blocked, ignored or caught
 * @linux 2.4.22 fs/proc/array.c proc_pid_status()
 */
export function statusText(
  task: Task,
  running = true,
  showsTgid = true,
  view: TaskView | null = null,
): string {
  const { uid, gid, mm } = task;
  const state = view === null ? (task.dead ? 'Z' : running ? 'R' : 'S') : view.state;
  let pending = 0;
  for (const signal of task.pending) pending |= 1 << (signal.signo - 1);
  // Init keeps what it was born with; for all others exec takes away what the system-wide bound lacks.
  const permitted = task.pid === 1 ? 0xffffffff : task.capEffective;
  return [
    `Name:\t${escapeName(task.comm)}`,
    `State:\t${state} (${STATES[state]})`,
    ...(showsTgid ? [`Tgid:\t${task.tgid}`] : []),
    `Pid:\t${task.pid}`,
    `PPid:\t${view?.ppid ?? parentPid(task)}`,
    'TracerPid:\t0',
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
    `Gid:\t${gid}\t${gid}\t${gid}\t${gid}`,
    `FDSize:\t${task.dead ? 0 : task.filesStruct.maxFds}`,
    'Groups:\t',
    ...(mm === null ? [] : memoryLines(mm)),
    `SigPnd:\t${view === null ? hex16(pending >>> 0) : set(view.pending)}`,
    `SigBlk:\t${set(view?.blocked)}`,
    `SigIgn:\t${set(view?.ignored)}`,
    `SigCgt:\t${set(view?.caught)}`,
    `CapInh:\t${hex16(0)}`,
    `CapPrm:\t${hex16(permitted)}`,
    `CapEff:\t${hex16(task.capEffective)}`,
    '',
  ].join('\n');
}

/** @linux fs/proc/array.c task_mem() */
function memoryLines(mm: MmStruct): string[] {
  let data = 0;
  let stack = 0;
  let exec = 0;
  let lib = 0;
  for (let vma = mm.mmap; vma !== null; vma = vma.vmNext) {
    const kib = (vma.vmEnd - vma.vmStart) / 1024;
    if (vma.vmFile === null) {
      if (vma.vmFlags & VM.growsDown) stack += kib;
      else data += kib;
    } else if ((vma.vmFlags & VM.write) === 0 && (vma.vmFlags & VM.exec) !== 0) {
      if (vma.vmFlags & VM.executable) exec += kib;
      else lib += kib;
    }
  }
  return [
    kibLine('VmSize', mm.totalVm * 4),
    kibLine('VmLck', mm.lockedVm * 4),
    kibLine('VmRSS', mm.rss * 4),
    kibLine('VmData', data),
    kibLine('VmStk', stack),
    kibLine('VmExe', exec),
    kibLine('VmLib', lib),
  ];
}

function kibLine(name: string, kib: number): string {
  return `${name}:\t${String(kib).padStart(8)} kB`;
}

/** Children of a dead task belong to init. */
function parentPid(task: Task): number {
  if (task.pid === 0 || task.parent === null) return 0;
  return task.parent.dead ? 1 : task.parent.pid;
}

function escapeName(comm: string): string {
  return comm.slice(0, COMM_LENGTH).replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** A set of signals, the highest first. */
function set(words: readonly [number, number] = [0, 0]): string {
  return `${words[1].toString(16).padStart(8, '0')}${words[0].toString(16).padStart(8, '0')}`;
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}
