/** System calls on handlers and masks of signals. @linux 2.4.22 kernel/signal.c, arch/i386/kernel/signal.c */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { signalReturn } from '../signal-frame.ts';
import { SIG, SIGNALS } from '../signal-numbers.ts';
import { SignalSet } from '../signal-set.ts';
import { onSignalStack, SS } from '../signal-stack.ts';
import { type CallResult, DEFAULT_ACTION, type GuestTask, NO_STACK, type SignalAction } from '../task.ts';
import type { SystemCall } from './call.ts';

/** Bytes of a mask of 64 signals. */
export const SET_BYTES = 8;
/** SA_ONESHOT and SA_NOMASK: what signal() asks for. */
const ONCE = 0xc0000000;
/** Bytes that a stack for signals has at least. */
const MINSIGSTKSZ = 2048;

/** Reads a mask of 64 signals; null: -EFAULT. */
export function readSet({ user }: Guest, at: number): SignalSet | null {
  const words = user.words(at, 2);
  return words === null ? null : new SignalSet(words[0], words[1]);
}

/** Sets what a signal does: what it did before, or -EINVAL. */
function setAction(task: GuestTask, signal: number, action: SignalAction | null): SignalAction | number {
  if (signal < 1 || signal > SIGNALS) return -Errno.EINVAL;
  if (action !== null && (signal === SIG.kill || signal === SIG.stop)) return -Errno.EINVAL;
  const old = task.actions[signal] ?? DEFAULT_ACTION;
  if (action !== null) task.actions[signal] = { ...action, mask: action.mask.copy().blockable() };
  return old;
}

/** @linux sys_signal(): once, and then the default again */
export const signal: SystemCall = (_guest, task, number, handler) => {
  const old = setAction(task, number, { handler, flags: ONCE, restorer: 0, mask: new SignalSet() });
  return typeof old === 'number' ? old : old.handler;
};

/** handler | mask | flags | restorer */
export const sigaction: SystemCall = ({ user }, task, number, actAt, oldAt) => {
  const words = actAt === 0 ? null : user.words(actAt, 4);
  if (actAt !== 0 && words === null) return -Errno.EFAULT;
  const [handler = 0, mask = 0, flags = 0, restorer = 0] = words ?? [];
  const action = words === null ? null : { handler, flags, restorer, mask: new SignalSet(mask) };
  const old = setAction(task, number, action);
  if (typeof old === 'number') return old;
  if (oldAt !== 0 && !user.putWords(oldAt, old.handler, old.mask.lo, old.flags, old.restorer)) {
    return -Errno.EFAULT;
  }
  return 0;
};

/** handler | flags | restorer | mask of 64 bits */
export const rtSigaction: SystemCall = ({ user }, task, number, actAt, oldAt, size) => {
  if (size !== SET_BYTES) return -Errno.EINVAL;
  const words = actAt === 0 ? null : user.words(actAt, 5);
  if (actAt !== 0 && words === null) return -Errno.EFAULT;
  const [handler = 0, flags = 0, restorer = 0, lo = 0, hi = 0] = words ?? [];
  const action = words === null ? null : { handler, flags, restorer, mask: new SignalSet(lo, hi) };
  const old = setAction(task, number, action);
  if (typeof old === 'number') return old;
  const { mask } = old;
  if (oldAt !== 0 && !user.putWords(oldAt, old.handler, old.flags, old.restorer, mask.lo, mask.hi)) {
    return -Errno.EFAULT;
  }
  return 0;
};

/** Changes the mask: 0, or -EINVAL. @param how 0: blocks, 1: lets in, 2: sets */
function changeMask({ blocked }: GuestTask, how: number, set: SignalSet): number {
  set.blockable();
  if (how === 0) blocked.addAll(set);
  else if (how === 1) blocked.removeAll(set);
  else if (how === 2) blocked.set(set);
  else return -Errno.EINVAL;
  return 0;
}

/** The mask is one word: signals above 32 stay as they are. */
export const sigprocmask: SystemCall = ({ user }, task, how, setAt, oldAt) => {
  const before = task.blocked.copy();
  if (setAt !== 0) {
    const word = user.words(setAt, 1)?.[0];
    if (word === undefined) return -Errno.EFAULT;
    const result = changeMask(task, how, new SignalSet(word, how === 2 ? before.hi : 0));
    if (result !== 0) return result;
  }
  return oldAt === 0 || user.putWords(oldAt, before.lo) ? 0 : -Errno.EFAULT;
};

export const rtSigprocmask: SystemCall = (guest, task, how, setAt, oldAt, size) => {
  if (size !== SET_BYTES) return -Errno.EINVAL;
  const before = task.blocked.copy();
  if (setAt !== 0) {
    const set = readSet(guest, setAt);
    if (set === null) return -Errno.EFAULT;
    const result = changeMask(task, how, set);
    if (result !== 0) return result;
  }
  return oldAt === 0 || guest.user.putWords(oldAt, before.lo, before.hi) ? 0 : -Errno.EFAULT;
};

/** The mask as a number. */
export const sgetmask: SystemCall = (_guest, task) => task.blocked.lo;
export const ssetmask: SystemCall = (_guest, task, lo) => {
  const before = task.blocked.lo;
  task.blocked.set(new SignalSet(lo).blockable());
  return before;
};

/** Blocked signals that were sent. */
function pendingSet({ pending, group, blocked }: GuestTask): SignalSet {
  const set = pending.set.copy();
  set.addAll(group.pending.set);
  return new SignalSet(set.lo & blocked.lo, set.hi & blocked.hi);
}
export const sigpending: SystemCall = ({ user }, task, at) =>
  user.putWords(at, pendingSet(task).lo) ? 0 : -Errno.EFAULT;
export const rtSigpending: SystemCall = ({ user }, task, at, size) => {
  if (size > SET_BYTES) return -Errno.EINVAL;
  const { lo, hi } = pendingSet(task);
  const bytes = new Uint8Array(Uint32Array.of(lo, hi).buffer);
  return user.put(at, bytes.subarray(0, size)) ? 0 : -Errno.EFAULT;
};

/** Sleeps until a handler has run. */
function sleepForHandler(): CallResult {
  return { ready: () => false, finish: () => -Errno.EINTR, interrupted: () => -Errno.EINTR };
}
export const pause: SystemCall = () => sleepForHandler();

/** For the time of a call the mask is another one: the handler that ends it goes back to the one from before. */
export function maskForCall(task: GuestTask, mask: SignalSet): void {
  task.savedMask ??= task.blocked.copy();
  task.blocked.set(mask.blockable());
}

/** The call ends without a handler: the mask from before is back. */
export function restoreMask(task: GuestTask): void {
  if (task.savedMask !== null) task.blocked.set(task.savedMask);
  task.savedMask = null;
}

/** The mask is the third argument. */
export const sigsuspend: SystemCall = (_guest, task, _a, _b, mask) => {
  maskForCall(task, new SignalSet(mask));
  return sleepForHandler();
};
export const rtSigsuspend: SystemCall = (guest, task, at, size) => {
  if (size !== SET_BYTES) return -Errno.EINVAL;
  const mask = readSet(guest, at);
  if (mask === null) return -Errno.EFAULT;
  maskForCall(task, mask);
  return sleepForHandler();
};

/** start | flags | size */
export const sigaltstack: SystemCall = (guest, task, newAt, oldAt) => {
  guest.registersOf(task);
  const { signalStack: old } = task;
  const inUse = onSignalStack(task);
  if (newAt !== 0) {
    const words = guest.user.words(newAt, 3);
    if (words === null) return -Errno.EFAULT;
    const [start = 0, flags = 0, size = 0] = words;
    if (inUse) return -Errno.EPERM;
    const kind = (flags & ~SS.autodisarm) >>> 0;
    if (kind !== 0 && kind !== SS.onStack && kind !== SS.disable) return -Errno.EINVAL;
    if (kind !== SS.disable && size < MINSIGSTKSZ) return -Errno.ENOMEM;
    task.signalStack = kind === SS.disable ? NO_STACK : { start, size, flags: (flags & SS.autodisarm) >>> 0 };
  }
  if (oldAt === 0) return 0;
  const flags = (old.size === 0 ? SS.disable : inUse ? SS.onStack : 0) | old.flags;
  return guest.user.putWords(oldAt, old.start, flags, old.size) ? 0 : -Errno.EFAULT;
};

function goBack(guest: Guest, task: GuestTask, withInfo: boolean): null {
  guest.registersOf(task);
  signalReturn(guest, task, withInfo);
  if (!task.dead) guest.reload(task);
  return null;
}
export const sigreturn: SystemCall = (guest, task) => goBack(guest, task, false);
export const rtSigreturn: SystemCall = (guest, task) => goBack(guest, task, true);
