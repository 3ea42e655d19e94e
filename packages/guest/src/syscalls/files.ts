/** System calls on open files: the bytes of files, pipes and the console. */
import { Errno, type File, OpenFile, type Path } from '@pagewalk/mm';
import { AT_FDCWD, withPath } from '../files/paths.ts';
import type { Guest } from '../guest.ts';
import { POLL } from '../streams.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

const FMODE = { read: 1, write: 2 } as const;
const IOV_MAX = 1024;
const O_CLOEXEC = 0o2000000;
const O_TRUNC = 0o1000;
/** What an open of a link says that leads to something without a path. */
const NO_PATH: readonly number[] = [-Errno.ENXIO, -Errno.ENOENT, -Errno.EACCES];
/** Links to links that an open looks through. */
const LINKS = 5;
/** What is written to a pipe at once or not at all. */
const PIPE_BUF = 4096;

function fileOf(task: GuestTask, fd: number): File | null {
  return task.process.task.files[fd] ?? null;
}

/** Whether an open file does not want to wait, and would have to. */
function mustWait(guest: Guest, file: File, event: number): boolean {
  if (!(file instanceof OpenFile) || !file.nonblock) return false;
  return ((guest.streamOf(file)?.poll(file) ?? event) & (event | POLL.error | POLL.hangup)) === 0;
}

export const read: SystemCall = (guest, task, fd, addr, length) => {
  const file = fileOf(task, fd);
  const stream = guest.streamOf(file);
  if (file !== null && stream !== null) {
    if ((file.mode & FMODE.read) === 0) return -Errno.EBADF;
    return mustWait(guest, file, POLL.in) ? -Errno.EAGAIN : stream.read(task, addr, length);
  }
  if (file?.inode.kind === 'directory') return -Errno.EISDIR;
  const result = task.process.read(fd, addr, length);
  if (result > 0) guest.user.written(addr, result);
  return result;
};

export const write: SystemCall = (guest, task, fd, addr, length) => {
  const file = fileOf(task, fd);
  const stream = guest.streamOf(file);
  if (file !== null && stream !== null) {
    if ((file.mode & FMODE.write) === 0) return -Errno.EBADF;
    if (!(file instanceof OpenFile && file.nonblock)) return stream.write(task, addr, length);
    return mustWait(guest, file, POLL.out)
      ? -Errno.EAGAIN
      : now(stream.write(task, addr, Math.min(length, PIPE_BUF)));
  }
  const result = task.process.write(fd, addr, length);
  if (result > 0) guest.cpuForgets(file);
  return result;
};

/** A result that may not be waited for. */
function now(result: CallResult): CallResult {
  return typeof result === 'object' && result !== null ? -Errno.EAGAIN : result;
}

export const pread: SystemCall = (guest, task, fd, addr, length, low, high) => {
  if (guest.streamOf(fileOf(task, fd)) !== null) return -Errno.ESPIPE;
  const result = task.process.pread(fd, addr, length, low + (high | 0) * 2 ** 32);
  if (result > 0) guest.user.written(addr, result);
  return result;
};
export const pwrite: SystemCall = (guest, task, fd, addr, length, low, high) => {
  const file = fileOf(task, fd);
  if (guest.streamOf(file) !== null) return -Errno.ESPIPE;
  const result = task.process.pwrite(fd, addr, length, low + (high | 0) * 2 ** 32);
  if (result > 0) guest.cpuForgets(file);
  return result;
};

/** One buffer after the other, until one is not filled. */
function vectored(
  guest: Guest,
  task: GuestTask,
  call: SystemCall,
  [fd, at, count]: readonly [fd: number, at: number, count: number],
  position = 0,
) {
  if (count > IOV_MAX) return -Errno.EINVAL;
  const words = guest.user.words(at, 2 * count);
  if (words === null) return -Errno.EFAULT;
  const from = (index: number, done: number): CallResult => {
    for (let i = index; i < count; i++) {
      const length = words[2 * i + 1] as number;
      const here = position + done;
      const [low, high] = [here % 2 ** 32, Math.floor(here / 2 ** 32)];
      const buffer = words[2 * i] as number;
      const result = length === 0 ? 0 : call(guest, task, fd, buffer, length, low, high, 0);
      if (result === null) return null;
      if (typeof result !== 'number') {
        // A read that has something does not wait for more.
        if (done > 0 && call === read) return done;
        return { ...result, finish: () => proceed(i, done, length, result.finish()) };
      }
      if (result < 0) return done > 0 ? done : result;
      done += result;
      if (result < length) return done;
    }
    return done;
  };
  const proceed = (i: number, done: number, length: number, result: CallResult): CallResult => {
    if (result === null) return null;
    if (typeof result !== 'number') {
      return { ...result, finish: () => proceed(i, done, length, result.finish()) };
    }
    if (result < 0) return done > 0 ? done : result;
    return result < length ? done + result : from(i + 1, done + result);
  };
  return from(0, 0);
}
export const readv: SystemCall = (guest, task, fd, at, count) => vectored(guest, task, read, [fd, at, count]);
export const writev: SystemCall = (guest, task, fd, at, count) =>
  vectored(guest, task, write, [fd, at, count]);
export const preadv: SystemCall = (guest, task, fd, at, count, low, high) =>
  vectored(guest, task, pread, [fd, at, count], low + (high | 0) * 2 ** 32);
export const pwritev: SystemCall = (guest, task, fd, at, count, low, high) =>
  vectored(guest, task, pwrite, [fd, at, count], low + (high | 0) * 2 ** 32);

/**
 * Opens once more what a link to a descriptor leads to when that has no path, as a pipe: one more descriptor of it.
 * @param failed what open said
 */
function reopen(guest: Guest, task: GuestTask, path: Path, failed: number): number {
  const { namei } = guest.kernel.fs;
  let at = path;
  for (let links = 0; links < LINKS; links++) {
    const found = namei.find(at, false);
    if (typeof found === 'number' || found.inode.kind !== 'symlink') return failed;
    const match = /^\/proc\/(\d+)\/fd\/(\d+)$/.exec(found.path);
    if (match !== null) {
      const own = Number(match[1]) === task.process.task.tgid;
      return own && guest.streamOf(fileOf(task, Number(match[2]))) !== null
        ? task.process.dup(Number(match[2]))
        : failed;
    }
    const target = namei.readlink(at);
    if (typeof target === 'number') return failed;
    at = target.startsWith('/') ? target : `${found.path.slice(0, found.path.lastIndexOf('/') + 1)}${target}`;
  }
  return failed;
}

export const openat: SystemCall = (guest, task, directory, at, flags, mode) => {
  const { process } = task;
  const open = (path: Path) => {
    const fd = process.open(path, flags, mode);
    return NO_PATH.includes(fd) ? reopen(guest, task, path, fd) : fd;
  };
  const fd = withPath(guest, task, at, open, directory);
  if (fd < 0) return fd;
  if ((flags & O_CLOEXEC) !== 0) process.setCloseOnExec(fd, true);
  const file = fileOf(task, fd);
  if ((flags & O_TRUNC) !== 0) guest.cpuForgets(file);
  return fd;
};
export const open: SystemCall = (guest, task, at, flags, mode) =>
  openat(guest, task, AT_FDCWD, at, flags, mode, 0, 0);
export const creat: SystemCall = (guest, task, at, mode) => open(guest, task, at, 0o1101, mode, 0, 0, 0);
export const close: SystemCall = (_guest, { process }, fd) => process.close(fd);

const SEEK_MAX = 2;
export const lseek: SystemCall = (guest, task, fd, offset, whence) => {
  if (guest.streamOf(fileOf(task, fd)) !== null) return -Errno.ESPIPE;
  return task.process.lseek(fd, offset | 0, whence);
};
export const llseek: SystemCall = (guest, task, fd, high, low, resultAt, whence) => {
  if (guest.streamOf(fileOf(task, fd)) !== null) return -Errno.ESPIPE;
  if (whence > SEEK_MAX) return -Errno.EINVAL;
  const result = task.process.lseek(fd, (high | 0) * 2 ** 32 + low, whence);
  if (result < 0) return result;
  return guest.user.putWords(resultAt, result % 2 ** 32, Math.floor(result / 2 ** 32)) ? 0 : -Errno.EFAULT;
};

export const ftruncate: SystemCall = (guest, task, fd, size) =>
  ftruncate64(guest, task, fd, size, 0, 0, 0, 0);
export const ftruncate64: SystemCall = (guest, task, fd, low, high) => {
  const result = task.process.ftruncate(fd, low + (high | 0) * 2 ** 32);
  guest.cpuForgets(fileOf(task, fd));
  return result;
};
export const truncate64: SystemCall = (guest, task, at, low, high) =>
  withPath(guest, task, at, (path) => {
    const result = task.process.truncate(path, low + (high | 0) * 2 ** 32);
    if (result === 0) guest.cpu.dirtyAll();
    return result;
  });
export const truncate: SystemCall = (guest, task, at, size) =>
  truncate64(guest, task, at, size, size >> 31, 0, 0, 0);
export const sync: SystemCall = (_guest, { process }) => process.sync();
export const fsync: SystemCall = (guest, task, fd) =>
  guest.streamOf(fileOf(task, fd)) === null ? task.process.fsync(fd) : -Errno.EINVAL;
export const fdatasync: SystemCall = (guest, task, fd) =>
  guest.streamOf(fileOf(task, fd)) === null ? task.process.fdatasync(fd) : -Errno.EINVAL;
export const readahead: SystemCall = (_guest, { process }, fd, low, high, count) =>
  process.readahead(fd, low + (high | 0) * 2 ** 32, count);
export const syncfs: SystemCall = (_guest, { process }, fd) =>
  process.task.files[fd] ? process.sync() : -Errno.EBADF;

/** Copying within the kernel is left to the program: -EINVAL, as for a file that cannot do it. */
export const sendfile: SystemCall = () => -Errno.EINVAL;
/** Advice that changes nothing. */
export const fadvise: SystemCall = (_guest, task, fd) => (fileOf(task, fd) === null ? -Errno.EBADF : 0);
/** Room is not set aside beforehand: -EOPNOTSUPP. */
export const fallocate: SystemCall = () => -EOPNOTSUPP;
const EOPNOTSUPP = 95;
