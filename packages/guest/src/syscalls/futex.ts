/** The system calls futex and futex_time64, and those on lists of mutexes. @linux 2.6 kernel/futex.c */
import { Errno } from '@pagewalk/mm';
import { type FutexKey, FutexWaiter } from '../futex/futexes.ts';
import type { Guest } from '../guest.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';
import { CLOCK, deadlineOf, readTimespec, type TimeWidth } from './clocks.ts';

const OP = { wait: 0, wake: 1, requeue: 3, cmpRequeue: 4, wakeOp: 5, waitBitset: 9, wakeBitset: 10 } as const;
const PRIVATE = 128;
const CLOCK_REALTIME = 256;
const EVERYBODY = 0xffffffff;
const ETIMEDOUT = 110;
const MOST_OWNERS = 0x7fffffff;

function futexCall(width: TimeWidth): SystemCall {
  return (guest, task, addr, flags, value, timeAt, addr2, value3) => {
    const op = flags & ~(PRIVATE | CLOCK_REALTIME);
    const isPrivate = (flags & PRIVATE) !== 0;
    const waits = op === OP.wait || op === OP.waitBitset;
    if ((flags & CLOCK_REALTIME) !== 0 && !waits) return -Errno.ENOSYS;
    let wakeAt: number | undefined;
    if (waits && timeAt !== 0) {
      const time = readTimespec(guest, timeAt, width);
      if (typeof time === 'number') return time;
      const clock = (flags & CLOCK_REALTIME) !== 0 ? CLOCK.realtime : CLOCK.monotonic;
      wakeAt = deadlineOf(guest, clock, time, op === OP.waitBitset);
    }
    const key = (at: number) => guest.futexes.keyOf(guest, task, at, isPrivate);
    switch (op) {
      case OP.wait:
        return wait(guest, key(addr), addr, value, EVERYBODY, wakeAt);
      case OP.waitBitset:
        return wait(guest, key(addr), addr, value, value3, wakeAt);
      case OP.wake:
        return wake(guest, key(addr), value, EVERYBODY);
      case OP.wakeBitset:
        return wake(guest, key(addr), value, value3);
      case OP.requeue:
        return requeue(guest, key(addr), key(addr2), value, timeAt, null);
      case OP.cmpRequeue:
        return requeue(guest, key(addr), key(addr2), value, timeAt, { addr, value: value3 });
      case OP.wakeOp:
        return wakeOp(guest, key(addr), key(addr2), { value, most2: timeAt, addr2, code: value3 });
      default:
        return -Errno.ENOSYS;
    }
  };
}
export const futex = futexCall(4);
export const futexTime64 = futexCall(8);

function wait(
  guest: Guest,
  key: FutexKey | number,
  addr: number,
  expected: number,
  bits: number,
  wakeAt: number | undefined,
): CallResult {
  if (bits === 0) return -Errno.EINVAL;
  if (typeof key === 'number') return key;
  const word = guest.user.words(addr, 1)?.[0];
  if (word === undefined) return -Errno.EFAULT;
  if (word !== expected) return -Errno.EAGAIN;
  const waiter = new FutexWaiter(key, bits);
  guest.futexes.add(waiter);
  const cancel = () => guest.futexes.remove(waiter);
  const sleep = {
    ready: () => waiter.woken,
    finish: () => {
      cancel();
      return waiter.woken ? 0 : -ETIMEDOUT;
    },
    cancel,
  };
  // With a limit it is not made again: the limit would begin anew.
  return wakeAt === undefined ? sleep : { ...sleep, wakeAt, interrupted: () => -Errno.EINTR };
}

function wake(guest: Guest, key: FutexKey | number, most: number, bits: number): number {
  if (bits === 0) return -Errno.EINVAL;
  return typeof key === 'number' ? key : guest.futexes.wake(key, most | 0, bits);
}

function requeue(
  guest: Guest,
  from: FutexKey | number,
  to: FutexKey | number,
  most: number,
  move: number,
  compare: { readonly addr: number; readonly value: number } | null,
): number {
  if (most > MOST_OWNERS || move > MOST_OWNERS) return -Errno.EINVAL;
  if (typeof from === 'number') return from;
  if (typeof to === 'number') return to;
  if (compare !== null) {
    const word = guest.user.words(compare.addr, 1)?.[0];
    if (word === undefined) return -Errno.EFAULT;
    if (word !== compare.value) return -Errno.EAGAIN;
  }
  return guest.futexes.requeue(from, to, most, move);
}

/**
 * Changes a second word, wakes at the first, and at the second if that was as asked.
 *
 * ```
 *   code: operation (4 bits, 8: shift the operand) | comparison (4) | operand (12, signed) | compared with (12, signed)
 * ```
 * @linux futex_wake_op(), futex_atomic_op_inuser()
 */
function wakeOp(
  guest: Guest,
  key: FutexKey | number,
  key2: FutexKey | number,
  {
    value,
    most2,
    addr2,
    code,
  }: { readonly value: number; readonly most2: number; readonly addr2: number; readonly code: number },
): number {
  if (typeof key === 'number') return key;
  if (typeof key2 === 'number') return key2;
  const old = guest.user.words(addr2, 1)?.[0];
  if (old === undefined) return -Errno.EFAULT;
  const operand = (code << 8) >> 20;
  const changed = changedWord((code >>> 28) & 7, old, code >>> 31 === 1 ? 1 << (operand & 31) : operand);
  if (changed === null) return -Errno.ENOSYS;
  if (!guest.user.putWords(addr2, changed)) return -Errno.EFAULT;
  const matches = holds((code >>> 24) & 15, old | 0, (code << 20) >> 20);
  if (matches === null) return -Errno.ENOSYS;
  const woken = guest.futexes.wake(key, value | 0);
  return matches ? woken + guest.futexes.wake(key2, most2 | 0) : woken;
}

function changedWord(operation: number, old: number, operand: number): number | null {
  switch (operation) {
    case 0:
      return operand;
    case 1:
      return old + operand;
    case 2:
      return old | operand;
    case 3:
      return old & ~operand;
    case 4:
      return old ^ operand;
    default:
      return null;
  }
}

function holds(comparison: number, old: number, operand: number): boolean | null {
  switch (comparison) {
    case 0:
      return old === operand;
    case 1:
      return old !== operand;
    case 2:
      return old < operand;
    case 3:
      return old <= operand;
    case 4:
      return old > operand;
    case 5:
      return old >= operand;
    default:
      return null;
  }
}

/** Bytes of the head of a list. */
const HEAD_BYTES = 12;

export const setRobustList: SystemCall = (_guest, task, at, length) => {
  if (length !== HEAD_BYTES) return -Errno.EINVAL;
  task.robustListAt = at;
  return 0;
};

/** @param tid of whom; 0: one's own */
export const getRobustList: SystemCall = (guest, task, tid, headAt, lengthAt) => {
  const of: GuestTask | undefined = tid === 0 ? task : guest.tasks.find((other) => other.tid === tid);
  if (of === undefined) return -Errno.ESRCH;
  const { user } = guest;
  return user.putWords(lengthAt, HEAD_BYTES) && user.putWords(headAt, of.robustListAt) ? 0 : -Errno.EFAULT;
};
