/** System calls on signals. */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { SIG, SIGNALS, signalBit } from '../signal-numbers.ts';
import { sendSignal, signalReturn } from '../signals.ts';
import { DEFAULT_ACTION, type GuestTask, type SignalAction } from '../task.ts';
import type { SystemCall } from './call.ts';

const UNBLOCKABLE = signalBit(SIG.kill) | signalBit(SIG.stop);

/** To one process; to all (-1) but oneself; to one's own group (0); to another group (below -1). */
export const kill: SystemCall = (guest, task, pid, signal) => {
  if (signal > 64) return -Errno.EINVAL;
  const target = pid | 0;
  const group = target === 0 ? task.job.group : -target;
  const found = guest.tasks.filter((other) =>
    target > 0 ? other.pid === target : target === -1 ? other !== task : other.job.group === group,
  );
  if (found.length === 0) return -Errno.ESRCH;
  if (signal <= SIGNALS) for (const other of found) sendSignal(guest, other, signal);
  return 0;
};
export const tkill: SystemCall = (guest, task, tid, signal, c, d, e, f) =>
  (tid | 0) <= 0 ? -Errno.EINVAL : kill(guest, task, tid, signal, c, d, e, f);
export const tgkill: SystemCall = (guest, task, _group, tid, signal, d, e, f) =>
  tkill(guest, task, tid, signal, 0, d, e, f);

/** Sets what a signal does: what it did before, or -EINVAL. */
function setAction(task: GuestTask, signal: number, action: SignalAction | null): SignalAction | number {
  if (signal < 1 || signal > SIGNALS) return -Errno.EINVAL;
  if (action !== null && (signal === SIG.kill || signal === SIG.stop)) return -Errno.EINVAL;
  const old = task.actions[signal] ?? DEFAULT_ACTION;
  if (action !== null) task.actions[signal] = { ...action, mask: (action.mask & ~UNBLOCKABLE) >>> 0 };
  return old;
}

/** @linux sys_signal(): once, and then the default again */
export const signal: SystemCall = (_guest, task, number, handler) => {
  const old = setAction(task, number, { handler, flags: 0xc0000000, restorer: 0, mask: 0 });
  return typeof old === 'number' ? old : old.handler;
};

/** handler | mask | flags | restorer */
export const sigaction: SystemCall = ({ user }, task, number, actAt, oldAt) => {
  const words = actAt === 0 ? null : user.words(actAt, 4);
  if (actAt !== 0 && words === null) return -Errno.EFAULT;
  const [handler = 0, mask = 0, flags = 0, restorer = 0] = words ?? [];
  const old = setAction(task, number, words === null ? null : { handler, flags, restorer, mask });
  if (typeof old === 'number') return old;
  if (oldAt !== 0 && !user.putWords(oldAt, old.handler, old.mask, old.flags, old.restorer)) {
    return -Errno.EFAULT;
  }
  return 0;
};

/** handler | flags | restorer | mask of 64 bits. Signals above 32 can be asked for; none is ever sent. */
export const rtSigaction: SystemCall = ({ user }, task, number, actAt, oldAt, size) => {
  if (size !== 8) return -Errno.EINVAL;
  const words = actAt === 0 ? null : user.words(actAt, 5);
  if (actAt !== 0 && words === null) return -Errno.EFAULT;
  if (number > SIGNALS && number <= 64) return 0;
  const [handler = 0, flags = 0, restorer = 0, mask = 0] = words ?? [];
  const old = setAction(task, number, words === null ? null : { handler, flags, restorer, mask });
  if (typeof old === 'number') return old;
  if (oldAt !== 0 && !user.putWords(oldAt, old.handler, old.flags, old.restorer, old.mask, 0)) {
    return -Errno.EFAULT;
  }
  return 0;
};

function changeMask(
  { user }: Guest,
  task: GuestTask,
  how: number,
  setAt: number,
  oldAt: number,
  words: number,
): number {
  const before = task.blocked;
  if (setAt !== 0) {
    const set = user.words(setAt, 1)?.[0];
    if (set === undefined) return -Errno.EFAULT;
    if (how > 2) return -Errno.EINVAL;
    const mask = how === 0 ? before | set : how === 1 ? before & ~set : set;
    task.blocked = (mask & ~UNBLOCKABLE) >>> 0;
  }
  const old = words === 1 ? [before] : [before, 0];
  return oldAt === 0 || user.putWords(oldAt, ...old) ? 0 : -Errno.EFAULT;
}

export const sigprocmask: SystemCall = (guest, task, how, setAt, oldAt) =>
  changeMask(guest, task, how, setAt, oldAt, 1);
export const rtSigprocmask: SystemCall = (guest, task, how, setAt, oldAt, size) =>
  size === 8 ? changeMask(guest, task, how, setAt, oldAt, 2) : -Errno.EINVAL;

function goBack(guest: Guest, task: GuestTask, withInfo: boolean): null {
  guest.registersOf(task);
  signalReturn(guest, task, withInfo);
  if (task.status === null) guest.reload(task);
  return null;
}
export const sigreturn: SystemCall = (guest, task) => goBack(guest, task, false);
export const rtSigreturn: SystemCall = (guest, task) => goBack(guest, task, true);

/** Seconds that were left of the alarm before. */
export const alarm: SystemCall = ({ kernel }, task, seconds) => {
  const { now } = kernel.clock;
  const left = task.alarmAt === 0 ? 0 : Math.ceil((task.alarmAt - now) / 1e9);
  task.alarmAt = seconds === 0 ? 0 : now + seconds * 1e9;
  return left;
};
