/** System calls that lock files. */
import { Errno, OpenFile } from '@pagewalk/mm';
import type { RangeLock } from '../files/locks.ts';
import type { Guest } from '../guest.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

const LOCK = { shared: 1, exclusive: 2, nonblocking: 4, unlock: 8 } as const;
const F = { getlk: 5, setlk: 6, setlkw: 7, getlk64: 12, setlk64: 13, setlkw64: 14 } as const;
const TYPE = { read: 0, write: 1, unlock: 2 } as const;

/** Whether a command of fcntl is one of {@link rangeLock}. */
export function isLockCommand(command: number): boolean {
  return (Object.values(F) as number[]).includes(command);
}

export const flock: SystemCall = (guest, task, fd, operation) => {
  const file = task.process.task.files[fd] ?? null;
  if (!(file instanceof OpenFile)) return -Errno.EBADF;
  const kind = operation & ~LOCK.nonblocking;
  if (kind === LOCK.unlock) {
    guest.locks.unlock(file);
    return 0;
  }
  if (kind !== LOCK.shared && kind !== LOCK.exclusive) return -Errno.EINVAL;
  const take = () => guest.locks.lock(file, kind === LOCK.exclusive);
  if (take()) return 0;
  return (operation & LOCK.nonblocking) !== 0 ? -Errno.EAGAIN : untilTaken(take);
};

/** Sleeps until a lock could be taken. */
function untilTaken(take: () => boolean): CallResult {
  let taken = false;
  return {
    ready: () => {
      taken ||= take();
      return taken;
    },
    finish: () => (taken || take() ? 0 : untilTaken(take)),
  };
}

/**
 * ```
 *   flock    type (16) | from (16) | start (32) | length (32) | pid
 *   flock64  type (16) | from (16) | start (64) | length (64) | pid
 * ```
 * @linux 2.4.22 fs/locks.c fcntl_setlk(), fcntl_getlk()
 */
export function rangeLock(
  guest: Guest,
  task: GuestTask,
  file: OpenFile,
  [command, at]: readonly [command: number, at: number],
): CallResult {
  const wide = command >= F.getlk64;
  const bytes = guest.user.get(at, wide ? 24 : 16);
  if (bytes === null) return -Errno.EFAULT;
  const view = new DataView(bytes.buffer);
  const number = (offset: number) =>
    view.getUint32(offset, true) + (wide ? view.getInt32(offset + 4, true) * 2 ** 32 : 0);
  const signed = (offset: number) => (wide ? number(offset) : view.getInt32(offset, true));
  const type = view.getInt16(0, true);
  const base = [0, file.pos, file.inode.size][view.getInt16(2, true)];
  const length = signed(wide ? 12 : 8);
  const from = (base ?? Number.NaN) + signed(4);
  const start = length < 0 ? from + length : from;
  if (!(start >= 0) || type < TYPE.read || type > TYPE.unlock) return -Errno.EINVAL;
  const end = length === 0 ? Infinity : length < 0 ? from : start + length;
  const owner = task.process.task.tgid;
  const wanted: RangeLock = { owner, start, end, exclusive: type === TYPE.write };
  const { locks } = guest;
  if (command === F.getlk || command === F.getlk64) {
    return tell(guest, at, bytes, wide, locks.conflict(file.inode, wanted));
  }
  const take = () => {
    if (type !== TYPE.unlock && locks.conflict(file.inode, wanted) !== null) return false;
    locks.setRange(file.inode, wanted, type === TYPE.unlock);
    return true;
  };
  if (take()) return 0;
  return command === F.setlk || command === F.setlk64 ? -Errno.EAGAIN : untilTaken(take);
}

/** Says which lock stands against the one that was asked for. */
function tell(guest: Guest, at: number, bytes: Uint8Array, wide: boolean, lock: RangeLock | null): number {
  const view = new DataView(bytes.buffer);
  if (lock === null) view.setInt16(0, TYPE.unlock, true);
  else {
    view.setInt16(0, lock.exclusive ? TYPE.write : TYPE.read, true);
    view.setInt16(2, 0, true);
    const length = lock.end === Infinity ? 0 : lock.end - lock.start;
    [lock.start, length].forEach((value, i) => {
      const offset = 4 + i * (wide ? 8 : 4);
      view.setUint32(offset, value % 2 ** 32, true);
      if (wide) view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
    });
    view.setUint32(wide ? 20 : 12, lock.owner, true);
  }
  return guest.user.put(at, bytes) ? 0 : -Errno.EFAULT;
}
