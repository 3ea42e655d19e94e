/** System calls on descriptors. */
import { Errno, OpenFile } from '@pagewalk/mm';
import type { SystemCall } from './call.ts';
import { isLockCommand, rangeLock } from './locks.ts';

const O = { append: 0o2000, nonblock: 0o4000, largefile: 0o100000, cloexec: 0o2000000 } as const;
const F = { dupfd: 0, getfd: 1, setfd: 2, getfl: 3, setfl: 4, dupfdCloexec: 1030 } as const;
/** close_range only marks. */
const CLOSE_RANGE_CLOEXEC = 4;

export const dup: SystemCall = (_guest, { process }, fd) => process.dup(fd);
export const dup2: SystemCall = (_guest, { process }, from, to) => process.dup2(from, to);
export const dup3: SystemCall = (_guest, { process }, from, to, flags) => {
  if (from === to || (flags & ~O.cloexec) !== 0) return -Errno.EINVAL;
  const fd = process.dup2(from, to);
  if (fd >= 0 && flags !== 0) process.setCloseOnExec(fd, true);
  return fd;
};

export const fcntl: SystemCall = (guest, task, fd, command, argument) => {
  const { process } = task;
  const file = process.task.files[fd] ?? null;
  if (!(file instanceof OpenFile)) return -Errno.EBADF;
  if (command === F.dupfd) return process.dup(fd, argument);
  if (command === F.dupfdCloexec) {
    const copy = process.dup(fd, argument);
    if (copy >= 0) process.setCloseOnExec(copy, true);
    return copy;
  }
  if (command === F.getfd) return process.getCloseOnExec(fd);
  if (command === F.setfd) return process.setCloseOnExec(fd, (argument & 1) !== 0);
  if (command === F.getfl) {
    const { append, nonblock, largefile } = file;
    const mode = (file.mode - 1) & 3;
    return mode | (append ? O.append : 0) | (nonblock ? O.nonblock : 0) | (largefile ? O.largefile : 0);
  }
  if (command === F.setfl) {
    file.append = (argument & O.append) !== 0;
    file.nonblock = (argument & O.nonblock) !== 0;
    return 0;
  }
  return isLockCommand(command) ? rangeLock(guest, task, file, [command, argument]) : -Errno.EINVAL;
};

export const pipe2: SystemCall = (guest, task, at, flags) => {
  if ((flags & ~(O.cloexec | O.nonblock)) !== 0) return -Errno.EINVAL;
  const ends = guest.streams.pipe(task);
  if (typeof ends === 'number') return ends;
  const { process } = task;
  for (const fd of ends) {
    if ((flags & O.cloexec) !== 0) process.setCloseOnExec(fd, true);
    (process.task.files[fd] as OpenFile).nonblock = (flags & O.nonblock) !== 0;
  }
  return guest.user.putWords(at, ...ends) ? 0 : -Errno.EFAULT;
};
export const pipe: SystemCall = (guest, task, at) => pipe2(guest, task, at, 0, 0, 0, 0, 0);

export const closeRange: SystemCall = (_guest, { process }, first, last, flags) => {
  if (first > last || (flags & ~CLOSE_RANGE_CLOEXEC) !== 0) return -Errno.EINVAL;
  const { files } = process.task;
  for (let fd = first; fd <= last && fd < files.length; fd++) {
    if (!files[fd]) continue;
    if (flags !== 0) process.setCloseOnExec(fd, true);
    else process.close(fd);
  }
  return 0;
};
