/** System calls that make, replace, end and wait for tasks. */
import { CLONE, Errno } from '@pagewalk/mm';
import { REG } from '../cpu/registers.ts';
import type { Guest } from '../guest.ts';
import { type CallResult, type GuestTask, TLS_ENTRIES } from '../task.ts';
import { TLS_FIRST } from '../tls.ts';
import type { SystemCall } from './call.ts';

const WNOHANG = 1;
const WUNTRACED = 2;
const WCONTINUED = 8;
const WAIT_FLAGS = 0xe000000b;

export const exit: SystemCall = (guest, task, code) => {
  guest.exitTask(task, code);
  return null;
};

export const getpid: SystemCall = (_guest, task) => task.pid;
export const getppid: SystemCall = (_guest, { parent }) => (parent?.status === null ? parent.pid : 1);
/** Everybody is root. */
export const getuid: SystemCall = () => 0;

/** Gives the rest of the slice away. */
export const schedYield: SystemCall = () => ({ ready: () => true, finish: () => 0 });

export const fork: SystemCall = (guest, task) => {
  const child = task.process.fork();
  if (typeof child === 'number') return child;
  return bear(guest, task, child);
};

/** The parent sleeps until the child leaves its memory. */
export const vfork: SystemCall = (guest, task) => {
  const child = task.process.vfork();
  if (typeof child === 'number') return child;
  return bear(guest, task, child);
};

function bear(guest: Guest, task: GuestTask, process: GuestTask['process']): number {
  guest.registersOf(task);
  const child = guest.adopt(process, task);
  child.registers.general[0] = 0;
  return process.pid;
}

/** Further bits of clone's flags, newer than 2.4. */
const CLONE_PARENT_SETTID = 0x00100000;
const CLONE_CHILD_CLEARTID = 0x00200000;
const CLONE_CHILD_SETTID = 0x01000000;
const CLONE_KNOWN =
  CLONE.signal | CLONE.vm | CLONE.vfork | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID;

/**
 * What a C library makes of fork and of posix_spawn: a child with memory of its own, or one that borrows the parent's while that one
 * sleeps. There are no threads: -EINVAL. @linux sys_clone()
 */
export const clone: SystemCall = (guest, task, flags, stack, parentTidAt, _tls, childTidAt) => {
  const shares = (flags & CLONE.vm) !== 0;
  const borrows = (flags & CLONE.vfork) !== 0;
  if ((flags & ~CLONE_KNOWN) !== 0 || shares !== borrows) return -Errno.EINVAL;
  const process = shares ? task.process.vfork() : task.process.fork();
  if (typeof process === 'number') return process;
  const pid = bear(guest, task, process);
  const child = task.children.at(-1) as GuestTask;
  if (stack !== 0) child.registers.general[REG.esp] = stack;
  if ((flags & CLONE_CHILD_SETTID) !== 0) {
    guest.kernel.run(process);
    guest.user.putWords(childTidAt, pid);
    if (!shares) guest.kernel.run(task.process);
  }
  if ((flags & CLONE_PARENT_SETTID) !== 0) guest.user.putWords(parentTidAt, pid);
  return pid;
};

export const execve: SystemCall = (guest, task, pathAt, argvAt, envpAt) => {
  const path = guest.user.text(pathAt);
  const argv = guest.user.texts(argvAt);
  const envp = guest.user.texts(envpAt);
  if (path === null || argv === null || envp === null) return -Errno.EFAULT;
  const result = task.process.exec(path, argv, envp);
  if (task.process.ended !== null) return null;
  // Behind the point of no return a failure is a signal, which is delivered on the way back.
  if (result !== 0) return result;
  task.job.hasExeced = true;
  task.actions.forEach((action, signal) => {
    if (action.handler > 1) task.actions[signal] = { handler: 0, flags: 0, restorer: 0, mask: 0 };
  });
  guest.enterProgram(task);
  return null;
};

export const wait4: SystemCall = (guest, task, pid, statusAt, options, rusageAt) => {
  if ((options & ~WAIT_FLAGS) !== 0) return -Errno.EINVAL;
  return waitFor(guest, task, pid | 0, statusAt, options, rusageAt);
};
export const waitpid: SystemCall = (guest, task, pid, statusAt, options) =>
  waitFor(guest, task, pid | 0, statusAt, options, 0);

/** @param pid of the child; -1: any; 0: of one's own group; others below 0: of that group */
function waitFor(
  guest: Guest,
  task: GuestTask,
  pid: number,
  statusAt: number,
  options: number,
  rusageAt: number,
): CallResult {
  const group = pid === 0 ? task.job.group : -pid;
  const wanted = task.children.filter((child) =>
    pid > 0 ? child.pid === pid : pid === -1 || child.job.group === group,
  );
  if (wanted.length === 0) return -Errno.ECHILD;
  const zombie = wanted.find(({ status }) => status !== null);
  const hasNews = ({ job, status }: GuestTask) =>
    status === null &&
    ((job.news === 'stopped' && (options & WUNTRACED) !== 0) ||
      (job.news === 'continued' && (options & WCONTINUED) !== 0));
  const told = zombie === undefined ? wanted.find(hasNews) : undefined;
  if (told !== undefined) {
    const { job } = told;
    const status = job.news === 'stopped' ? (job.stoppedBy << 8) | 0x7f : 0xffff;
    if (statusAt !== 0 && !guest.user.putWords(statusAt, status)) return -Errno.EFAULT;
    job.news = null;
    return told.pid;
  }
  if (zombie === undefined) {
    if ((options & WNOHANG) !== 0) return 0;
    return {
      ready: () => wanted.some((child) => child.status !== null || hasNews(child)),
      finish: () => waitFor(guest, task, pid, statusAt, options, rusageAt),
    };
  }
  if (statusAt !== 0 && !guest.user.putWords(statusAt, zombie.status ?? 0)) return -Errno.EFAULT;
  if (rusageAt !== 0) {
    const { cpuNs, minFlt, majFlt } = zombie.process.task;
    const words = new Array<number>(18).fill(0);
    words[0] = Math.floor(cpuNs / 1e9);
    words[1] = Math.floor((cpuNs % 1e9) / 1e3);
    words[8] = minFlt;
    words[9] = majFlt;
    if (!guest.user.putWords(rusageAt, ...words)) return -Errno.EFAULT;
  }
  guest.reap(task, zombie);
  return zombie.pid;
}

/** There are no threads: nobody asks for the address. */
export const setTidAddress: SystemCall = (_guest, task) => task.pid;

/**
 * ```
 *   user_desc: entry number | base | limit | 1: 32 bit, 2-4: contents, 8: read only, 16: in pages, 32: not present, 64: usable
 * ```
 * @linux 2.6 arch/i386/kernel/process.c sys_set_thread_area()
 */
export const setThreadArea: SystemCall = (guest, task, at) => {
  const words = guest.user.words(at, 4);
  if (words === null) return -Errno.EFAULT;
  let [entry = 0, base = 0, limit = 0, flags = 0] = words;
  if (entry === 0xffffffff) {
    let free = 0;
    while (free < TLS_ENTRIES && task.tls[2 * free + 1] !== 0) free++;
    if (free === TLS_ENTRIES) return -Errno.ESRCH;
    entry = TLS_FIRST + free;
    if (!guest.user.putWords(at, entry)) return -Errno.EFAULT;
  }
  const index = entry - TLS_FIRST;
  if (index < 0 || index >= TLS_ENTRIES) return -Errno.EINVAL;
  const empty = base === 0 && limit === 0 && (flags & 0x28) === 0x28;
  const low = ((base & 0xffff) << 16) | (limit & 0xffff);
  const high =
    (base & 0xff000000) |
    ((base >>> 16) & 0xff) |
    (limit & 0xf0000) |
    (((flags >>> 3) & 1) === 0 ? 0x200 : 0) |
    0xf100 |
    ((flags & 6) << 9) |
    ((flags & 32) !== 0 ? 0 : 0x8000) |
    ((flags & 1) << 22) |
    ((flags & 16) << 19) |
    ((flags & 64) << 14);
  task.tls[2 * index] = empty ? 0 : low;
  task.tls[2 * index + 1] = empty ? 0 : (flags & 32) !== 0 ? high & ~0x8000 : high;
  guest.registersOf(task);
  guest.loadTlsSegments(task);
  guest.reload(task);
  return 0;
};
