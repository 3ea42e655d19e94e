/** System calls that send signals, and that wait for them. @linux 2.6 kernel/signal.c */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { fromProgram, SI, SIGINFO_BYTES, type SignalInfo, siginfoBytes } from '../siginfo.ts';
import { SIG, SIGNALS } from '../signal-numbers.ts';
import { sendSignal, sendToThread } from '../signals.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';
import { CLOCK, deadlineOf, readTimespec, type TimeWidth } from './clocks.ts';
import { readSet, SET_BYTES } from './signals.ts';

/** A living thread for each process. */
function processes({ tasks }: Guest): GuestTask[] {
  return tasks.filter((task) => task.group.threads[0] === task);
}

/** To one process; to all (-1) but oneself; to one's own group (0); to another group (below -1). */
export const kill: SystemCall = (guest, task, pid, signal) => {
  if (signal > SIGNALS) return -Errno.EINVAL;
  const target = pid | 0;
  const group = target === 0 ? task.job.group : -target;
  const found = processes(guest).filter((other) =>
    target > 0
      ? other.pid === target
      : target === -1
        ? other.group !== task.group
        : other.job.group === group,
  );
  if (found.length === 0) {
    // A zombie hears nothing, but is there.
    return task.group.children.some((child) => child.pid === target) ? 0 : -Errno.ESRCH;
  }
  for (const other of found) sendSignal(guest, other, signal, fromProgram(signal, SI.user, task.pid));
  return 0;
};

/** @param group pid of the thread's process; 0: it does not matter */
function sendTo(guest: Guest, group: number, tid: number, info: SignalInfo): number {
  if (info.signo > SIGNALS) return -Errno.EINVAL;
  const target = guest.tasks.find((other) => other.tid === tid && (group === 0 || other.pid === group));
  if (target === undefined) return -Errno.ESRCH;
  return sendToThread(guest, target, info) ? 0 : -Errno.EAGAIN;
}

export const tkill: SystemCall = (guest, task, tid, signal) =>
  (tid | 0) <= 0 ? -Errno.EINVAL : sendTo(guest, 0, tid, fromProgram(signal, SI.tkill, task.pid));
export const tgkill: SystemCall = (guest, task, group, tid, signal) =>
  (tid | 0) <= 0 || (group | 0) <= 0
    ? -Errno.EINVAL
    : sendTo(guest, group, tid, fromProgram(signal, SI.tkill, task.pid));

/** A siginfo that a program made; codes of the kernel's only for oneself. */
function readInfo(
  { user }: Guest,
  task: GuestTask,
  pid: number,
  signo: number,
  at: number,
): SignalInfo | number {
  const words = user.words(at, SIGINFO_BYTES / 4);
  if (words === null) return -Errno.EFAULT;
  const code = (words[2] as number) | 0;
  if ((code >= 0 || code === SI.tkill) && pid !== task.pid) return -Errno.EPERM;
  return { signo, code, words: [...words.subarray(3)] };
}

export const rtSigqueueinfo: SystemCall = (guest, task, pid, signal, infoAt) => {
  const info = readInfo(guest, task, pid, signal, infoAt);
  if (typeof info === 'number') return info;
  if (signal > SIGNALS) return -Errno.EINVAL;
  const target = guest.tasks.find((other) => other.pid === pid);
  if (target === undefined) return -Errno.ESRCH;
  return sendSignal(guest, target, signal, info) ? 0 : -Errno.EAGAIN;
};
export const rtTgsigqueueinfo: SystemCall = (guest, task, group, tid, signal, infoAt) => {
  const info = readInfo(guest, task, group, signal, infoAt);
  if (typeof info === 'number') return info;
  return (tid | 0) <= 0 || (group | 0) <= 0 ? -Errno.EINVAL : sendTo(guest, group, tid, info);
};

/** Takes a signal of a set, which need not be let in, and tells of it; waits for one up to a time. */
function timedWait(width: TimeWidth): SystemCall {
  return (guest, task, setAt, infoAt, timeAt, size): CallResult => {
    if (size !== SET_BYTES) return -Errno.EINVAL;
    const set = readSet(guest, setAt);
    if (set === null) return -Errno.EFAULT;
    set.remove(SIG.kill);
    set.remove(SIG.stop);
    const time = timeAt === 0 ? { ns: Infinity } : readTimespec(guest, timeAt, width);
    if (typeof time === 'number') return time;
    const { pending, group } = task;
    const finish = () => {
      const info = pending.takeOf(set) ?? group.pending.takeOf(set);
      if (info === null) return -Errno.EAGAIN;
      const told = infoAt === 0 || guest.user.put(infoAt, siginfoBytes(info));
      return told ? info.signo : -Errno.EFAULT;
    };
    const ready = () => pending.set.meets(set) || group.pending.set.meets(set);
    if (ready() || time.ns === 0) return finish();
    task.awaited = set;
    const sleep = { ready, finish, interrupted: () => -Errno.EINTR };
    if (time.ns === Infinity) return sleep;
    return { ...sleep, wakeAt: deadlineOf(guest, CLOCK.monotonic, time, false) };
  };
}
export const rtSigtimedwait = timedWait(4);
export const rtSigtimedwait64 = timedWait(8);
