/** Waiting for several descriptors at once: poll, select and their kin. @linux 2.4.22 fs/select.c */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { POLL } from '../streams.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';
import { CLOCK, deadlineOf, readTimespec, type TimeWidth, timespecWords } from './clocks.ts';
import { maskForCall, readSet, restoreMask, SET_BYTES } from './signals.ts';

/** Descriptors that one call may name. */
const MOST = 1024;
/** Milliseconds from here on, as unsigned numbers, are negative: no limit. */
const NO_LIMIT = 0x80000000;

/** What a descriptor is ready for, of what was asked; errors are told in any case. */
function eventsOf(guest: Guest, task: GuestTask, fd: number, wanted: number): number {
  if (fd < 0) return 0;
  const file = task.process.task.files[fd] ?? null;
  if (file === null) return POLL.invalid;
  // A file is always ready.
  const events = guest.streamOf(file)?.poll(file) ?? POLL.in | POLL.out;
  return events & (wanted | POLL.error | POLL.hangup);
}

/** Something to wait for: whether it is there, and what the call then gives. */
interface Waited {
  ready(): boolean;
  finish(): number;
}

/** @param wakeAt virtual time, ns; Infinity: no limit; 0: does not wait at all */
function waitFor(guest: Guest, { ready, finish }: Waited, wakeAt: number): CallResult {
  if (wakeAt <= guest.kernel.clock.now || ready()) return finish();
  const sleep = { ready, finish, interrupted: () => -Errno.EINTR };
  return wakeAt === Infinity ? sleep : { ...sleep, wakeAt };
}

/**
 * ```
 *   pollfd: descriptor (32 bits) | events (16) | what happened (16)
 * ```
 */
function polled(guest: Guest, task: GuestTask, at: number, count: number): Waited | number {
  if (count > MOST) return -Errno.EINVAL;
  const words = guest.user.words(at, 2 * count);
  if (words === null) return -Errno.EFAULT;
  const events = () => {
    const found: number[] = [];
    for (let i = 0; i < count; i++) {
      found.push(eventsOf(guest, task, (words[2 * i] as number) | 0, (words[2 * i + 1] as number) & 0xffff));
    }
    return found;
  };
  return {
    ready: () => events().some((happened) => happened !== 0),
    finish: () => {
      const found = events();
      found.forEach((happened, i) => {
        words[2 * i + 1] = ((words[2 * i + 1] as number) & 0xffff) | (happened << 16);
      });
      if (!guest.user.putWords(at, ...words)) return -Errno.EFAULT;
      return found.filter((happened) => happened !== 0).length;
    },
  };
}

export const poll: SystemCall = (guest, task, at, count, milliseconds) => {
  const waited = polled(guest, task, at, count);
  if (typeof waited === 'number') return waited;
  const limit = milliseconds >= NO_LIMIT ? Infinity : guest.kernel.clock.now + milliseconds * 1e6;
  return waitFor(guest, waited, limit);
};

/** With a limit in nanoseconds, which is then told what is left, and a mask of signals for its time. */
function ppollCall(width: TimeWidth): SystemCall {
  return (guest, task, at, count, timeAt, maskAt, size) => {
    const limit = limitOf(guest, timeAt, width);
    if (typeof limit === 'number') return limit;
    const waited = polled(guest, task, at, count);
    if (typeof waited === 'number') return waited;
    return masked(guest, task, maskAt, size, () =>
      waitFor(guest, tellsRest(guest, waited, limit.at, timeAt, width), limit.at),
    );
  };
}
export const ppoll = ppollCall(4);
export const ppoll64 = ppollCall(8);

/** Virtual time of a limit in memory, ns; Infinity: there is none. */
function limitOf(guest: Guest, timeAt: number, width: TimeWidth): { readonly at: number } | number {
  if (timeAt === 0) return { at: Infinity };
  const time = readTimespec(guest, timeAt, width);
  return typeof time === 'number' ? time : { at: deadlineOf(guest, CLOCK.monotonic, time, false) };
}

/** What is left of a limit is told when the call ends. */
function tellsRest(guest: Guest, waited: Waited, limit: number, timeAt: number, width: TimeWidth): Waited {
  if (timeAt === 0) return waited;
  const finish = () => {
    const result = waited.finish();
    guest.user.putWords(timeAt, ...timespecWords(Math.max(0, limit - guest.kernel.clock.now), width));
    return result;
  };
  return { ready: waited.ready, finish };
}

/** Makes a call with another mask of signals. @param maskAt 0: without */
function masked(
  guest: Guest,
  task: GuestTask,
  maskAt: number,
  size: number,
  call: () => CallResult,
): CallResult {
  if (maskAt === 0) return call();
  if (size !== SET_BYTES) return -Errno.EINVAL;
  const mask = readSet(guest, maskAt);
  if (mask === null) return -Errno.EFAULT;
  maskForCall(task, mask);
  const result = call();
  if (typeof result !== 'object' || result === null) {
    restoreMask(task);
    return result;
  }
  const finish = () => {
    const value = result.finish();
    restoreMask(task);
    return value;
  };
  return { ...result, finish };
}

/** Sets of descriptors: for reading, for writing, for what is exceptional. Each is ready when one of its events is there. */
const SET_EVENTS = [POLL.in | POLL.hangup | POLL.error, POLL.out | POLL.error, 0] as const;

/** @returns what is waited for, or -EINVAL, -EFAULT, -EBADF */
function selected(guest: Guest, task: GuestTask, count: number, sets: readonly number[]): Waited | number {
  if (count > 0x7fffffff) return -Errno.EINVAL;
  const words = Math.ceil(Math.min(count, MOST) / 32);
  const asked = sets.map((at) => (at === 0 ? new Uint32Array(words) : guest.user.words(at, words)));
  const fds: { readonly fd: number; readonly set: number }[] = [];
  for (const [set, bits] of asked.entries()) {
    if (bits === null) return -Errno.EFAULT;
    for (let fd = 0; fd < Math.min(count, MOST); fd++) {
      if ((((bits[fd >>> 5] as number) >>> (fd & 31)) & 1) === 1) fds.push({ fd, set });
    }
  }
  if (fds.some(({ fd }) => !task.process.task.files[fd])) return -Errno.EBADF;
  const found = () =>
    fds.filter(
      ({ fd, set }) => (eventsOf(guest, task, fd, POLL.in | POLL.out) & (SET_EVENTS[set] as number)) !== 0,
    );
  return {
    ready: () => found().length > 0,
    finish: () => {
      const bits = sets.map(() => new Uint32Array(words));
      const all = found();
      for (const { fd, set } of all) (bits[set] as Uint32Array)[fd >>> 5]! |= 1 << (fd & 31);
      for (const [set, at] of sets.entries()) {
        if (at !== 0 && !guest.user.putWords(at, ...(bits[set] as Uint32Array))) return -Errno.EFAULT;
      }
      return all.length;
    },
  };
}

/** The limit is a timeval. What is left of it is told. */
export const newselect: SystemCall = (guest, task, count, inAt, outAt, exceptAt, timeAt) => {
  let limit = Infinity;
  if (timeAt !== 0) {
    const words = guest.user.words(timeAt, 2);
    if (words === null) return -Errno.EFAULT;
    const [seconds = 0, micros = 0] = words;
    if (seconds > 0x7fffffff || micros > 0x7fffffff) return -Errno.EINVAL;
    limit = guest.kernel.clock.now + seconds * 1e9 + micros * 1e3;
  }
  const waited = selected(guest, task, count, [inAt, outAt, exceptAt]);
  if (typeof waited === 'number') return waited;
  const finish = () => {
    const result = waited.finish();
    const rest = Math.max(0, limit - guest.kernel.clock.now);
    if (timeAt !== 0) guest.user.putWords(timeAt, Math.floor(rest / 1e9), Math.floor((rest % 1e9) / 1e3));
    return result;
  };
  return waitFor(guest, { ready: waited.ready, finish }, limit);
};

/** The arguments lie in memory. @linux arch/i386/kernel/sys_i386.c old_select() */
export const oldSelect: SystemCall = (guest, task, at) => {
  const words = guest.user.words(at, 5);
  if (words === null) return -Errno.EFAULT;
  const [count = 0, inAt = 0, outAt = 0, exceptAt = 0, timeAt = 0] = words;
  return newselect(guest, task, count, inAt, outAt, exceptAt, timeAt, 0);
};

/** The sixth argument points to the mask and its size. */
function pselectCall(width: TimeWidth): SystemCall {
  return (guest, task, count, inAt, outAt, exceptAt, timeAt, maskArgsAt) => {
    const [maskAt = 0, size = 0] = maskArgsAt === 0 ? [] : (guest.user.words(maskArgsAt, 2) ?? [-1]);
    if (maskAt < 0) return -Errno.EFAULT;
    const limit = limitOf(guest, timeAt, width);
    if (typeof limit === 'number') return limit;
    const waited = selected(guest, task, count, [inAt, outAt, exceptAt]);
    if (typeof waited === 'number') return waited;
    return masked(guest, task, maskAt, size, () =>
      waitFor(guest, tellsRest(guest, waited, limit.at, timeAt, width), limit.at),
    );
  };
}
export const pselect6 = pselectCall(4);
export const pselect64 = pselectCall(8);
