/** System calls on files, pipes and the console. */
import { Errno, type File } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';
import { POWER_ON } from './time.ts';

const S_IF = { regular: 0o100000, blockdev: 0o060000, directory: 0o040000, symlink: 0o120000 } as const;
const FMODE = { read: 1, write: 2 } as const;
const IOV_MAX = 1024;
const F = { dupfd: 0, getfd: 1, setfd: 2, getfl: 3, setfl: 4, dupfdCloexec: 1030 } as const;
const O_CLOEXEC = 0o2000000;

function fileOf(task: GuestTask, fd: number): File | null {
  return task.process.task.files[fd] ?? null;
}

export const read: SystemCall = (guest, task, fd, addr, length) => {
  const file = fileOf(task, fd);
  const stream = guest.streamOf(file);
  if (stream !== null) {
    return ((file as File).mode & FMODE.read) === 0 ? -Errno.EBADF : stream.read(task, addr, length);
  }
  const result = task.process.read(fd, addr, length);
  if (result > 0) guest.user.written(addr, result);
  return result;
};

export const write: SystemCall = (guest, task, fd, addr, length) => {
  const file = fileOf(task, fd);
  const stream = guest.streamOf(file);
  if (stream !== null) {
    return ((file as File).mode & FMODE.write) === 0 ? -Errno.EBADF : stream.write(task, addr, length);
  }
  const result = task.process.write(fd, addr, length);
  if (result > 0) guest.cpuForgets(file);
  return result;
};

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
function vectored(guest: Guest, task: GuestTask, call: SystemCall, fd: number, at: number, count: number) {
  if (count > IOV_MAX) return -Errno.EINVAL;
  const words = guest.user.words(at, 2 * count);
  if (words === null) return -Errno.EFAULT;
  const from = (index: number, done: number): CallResult => {
    for (let i = index; i < count; i++) {
      const length = words[2 * i + 1] as number;
      const result = length === 0 ? 0 : call(guest, task, fd, words[2 * i] as number, length, 0, 0, 0);
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
export const readv: SystemCall = (guest, task, fd, at, count) => vectored(guest, task, read, fd, at, count);
export const writev: SystemCall = (guest, task, fd, at, count) => vectored(guest, task, write, fd, at, count);

export const open: SystemCall = (guest, task, at, flags, mode) => {
  const { process } = task;
  const path = guest.user.text(at);
  if (path === null) return -Errno.EFAULT;
  const fd = process.open(guest.pathOf(task, path), flags, mode);
  if (fd >= 0 && (flags & O_CLOEXEC) !== 0) process.setCloseOnExec(fd, true);
  return fd;
};
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

/** The lowest free descriptor from `from` on becomes one more of an open file. */
function duplicate({ process }: GuestTask, file: File, from: number): number {
  const { files } = process.task;
  let fd = from;
  while (files[fd]) fd++;
  if (fd >= process.getrlimit(7).cur || fd >= FILES_MAX) return -Errno.EMFILE;
  put(process.task, fd, file);
  return fd;
}
/** The descriptors that the table has at first. @linux NR_OPEN_DEFAULT */
const FILES_MAX = 32;

function put(task: GuestTask['process']['task'], fd: number, file: File): void {
  while (task.files.length < fd) task.files.push(null);
  task.files[fd] = file;
  task.closeOnExec[fd] = false;
  file.count++;
}

export const dup: SystemCall = (_guest, task, fd) => {
  const file = fileOf(task, fd);
  return file === null ? -Errno.EBADF : duplicate(task, file, 0);
};
export const dup2: SystemCall = (_guest, task, from, to) => {
  const file = fileOf(task, from);
  if (file === null || to >= FILES_MAX) return -Errno.EBADF;
  if (from === to) return to;
  if (fileOf(task, to) !== null) task.process.close(to);
  put(task.process.task, to, file);
  return to;
};

export const fcntl: SystemCall = (_guest, task, fd, command, argument) => {
  const file = fileOf(task, fd);
  if (file === null) return -Errno.EBADF;
  const { process } = task;
  if (command === F.dupfd || command === F.dupfdCloexec) {
    if (argument >= FILES_MAX) return -Errno.EINVAL;
    const copy = duplicate(task, file, argument);
    if (copy >= 0 && command === F.dupfdCloexec) process.setCloseOnExec(copy, true);
    return copy;
  }
  if (command === F.getfd) return process.getCloseOnExec(fd);
  if (command === F.setfd) return process.setCloseOnExec(fd, (argument & 1) !== 0);
  if (command === F.getfl) return (file.mode - 1) | (file.append ? 0o2000 : 0);
  return -Errno.EINVAL;
};

export const pipe: SystemCall = (guest, task, at) => {
  const ends = guest.streams.pipe(task);
  if (typeof ends === 'number') return ends;
  return guest.user.putWords(at, ...ends) ? 0 : -Errno.EFAULT;
};

export const pipe2: SystemCall = (guest, task, at, flags) => {
  if ((flags & ~O_CLOEXEC) !== 0) return -Errno.EINVAL;
  const ends = guest.streams.pipe(task);
  if (typeof ends === 'number') return ends;
  if (flags !== 0) for (const fd of ends) task.process.setCloseOnExec(fd, true);
  return guest.user.putWords(at, ...ends) ? 0 : -Errno.EFAULT;
};

/** There are no directories to begin at: a descriptor is not heeded. */
export const openat: SystemCall = (guest, task, _directory, at, flags, mode) =>
  open(guest, task, at, flags, mode, 0, 0, 0);

export const unlink: SystemCall = (guest, task, at) => {
  const path = guest.user.text(at);
  return path === null ? -Errno.EFAULT : task.process.unlink(guest.pathOf(task, path));
};
export const link: SystemCall = (guest, task, fromAt, toAt) => {
  const [from, to] = [guest.user.text(fromAt), guest.user.text(toAt)];
  if (from === null || to === null) return -Errno.EFAULT;
  return task.process.link(guest.pathOf(task, from), guest.pathOf(task, to));
};
export const rename: SystemCall = (guest, task, fromAt, toAt) => {
  const [from, to] = [guest.user.text(fromAt), guest.user.text(toAt)];
  if (from === null || to === null) return -Errno.EFAULT;
  return task.process.rename(guest.pathOf(task, from), guest.pathOf(task, to));
};
/** Where a symbolic link leads; /proc/self/exe leads to the task's program. */
export const readlink: SystemCall = (guest, task, pathAt, at, size) => {
  const path = guest.user.text(pathAt);
  if (path === null) return -Errno.EFAULT;
  const target = path === '/proc/self/exe' ? task.exe : task.process.readlink(guest.pathOf(task, path));
  if (typeof target === 'number') return target;
  const bytes = new TextEncoder().encode(target).subarray(0, size);
  return guest.user.put(at, bytes) ? bytes.length : -Errno.EFAULT;
};
export const access: SystemCall = (guest, task, at) => {
  const path = guest.user.text(at);
  if (path === null) return -Errno.EFAULT;
  return guest.kernel.fs.lookup(guest.pathOf(task, path)) === null ? -Errno.ENOENT : 0;
};
export const ftruncate: SystemCall = (guest, task, fd, size) => {
  const result = task.process.ftruncate(fd, size);
  guest.cpuForgets(fileOf(task, fd));
  return result;
};
export const sync: SystemCall = (_guest, { process }) => process.sync();
export const fsync: SystemCall = (guest, task, fd) =>
  guest.streamOf(fileOf(task, fd)) === null ? task.process.fsync(fd) : -Errno.EINVAL;
export const fdatasync: SystemCall = (guest, task, fd) =>
  guest.streamOf(fileOf(task, fd)) === null ? task.process.fdatasync(fd) : -Errno.EINVAL;
export const readahead: SystemCall = (_guest, { process }, fd, low, high, count) =>
  process.readahead(fd, low + (high | 0) * 2 ** 32, count);

type StatInode = { ino: number; dev: number; kind: string; size: number; nlink: number; mode?: number };

/** st_mode: the kind of a stream, or of a file, and the permission bits. */
function modeOf(inode: StatInode, streamType: number | null): number {
  const type =
    streamType ??
    (inode.kind === 'chardev' ? 0o020000 : (S_IF[inode.kind as keyof typeof S_IF] ?? S_IF.regular));
  return type | (inode.mode ?? 0o644);
}

/** @linux struct stat */
function putStat(guest: Guest, at: number, inode: StatInode, streamType: number | null): number {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, inode.dev, true);
  view.setUint32(4, inode.ino, true);
  view.setUint16(8, modeOf(inode, streamType), true);
  view.setUint16(10, inode.nlink, true);
  view.setUint32(20, inode.size, true);
  view.setUint32(24, 4096, true);
  view.setUint32(28, Math.ceil(inode.size / 512), true);
  for (const field of [32, 40, 48]) view.setUint32(field, POWER_ON, true);
  return guest.user.put(at, bytes) ? 0 : -Errno.EFAULT;
}

/** @linux struct stat64 */
function putStat64(guest: Guest, at: number, inode: StatInode, streamType: number | null): number {
  const bytes = new Uint8Array(96);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, inode.dev, true);
  view.setUint32(12, inode.ino, true);
  view.setUint32(16, modeOf(inode, streamType), true);
  view.setUint32(20, inode.nlink, true);
  view.setUint32(44, inode.size % 2 ** 32, true);
  view.setUint32(48, Math.floor(inode.size / 2 ** 32), true);
  view.setUint32(52, 4096, true);
  view.setUint32(56, Math.ceil(inode.size / 512), true);
  for (const field of [64, 72, 80]) view.setUint32(field, POWER_ON, true);
  view.setUint32(88, inode.ino, true);
  return guest.user.put(at, bytes) ? 0 : -Errno.EFAULT;
}

type PutStat = typeof putStat;
function statPath(guest: Guest, task: GuestTask, pathAt: number, at: number, put: PutStat): number {
  const path = guest.user.text(pathAt);
  if (path === null) return -Errno.EFAULT;
  const inode = guest.kernel.fs.lookup(guest.pathOf(task, path));
  return inode === null ? -Errno.ENOENT : put(guest, at, inode, null);
}
function statFd(guest: Guest, task: GuestTask, fd: number, at: number, put: PutStat): number {
  const file = fileOf(task, fd);
  if (file === null) return -Errno.EBADF;
  return put(guest, at, file.inode, guest.streamOf(file)?.type ?? null);
}
export const stat: SystemCall = (guest, task, pathAt, at) => statPath(guest, task, pathAt, at, putStat);
export const stat64: SystemCall = (guest, task, pathAt, at) => statPath(guest, task, pathAt, at, putStat64);
/** With AT_EMPTY_PATH and an empty path it is fstat64. */
const AT_EMPTY_PATH = 0x1000;
export const fstatat64: SystemCall = (guest, task, fd, pathAt, at, flags) =>
  (flags & AT_EMPTY_PATH) !== 0 && guest.user.text(pathAt) === ''
    ? statFd(guest, task, fd, at, putStat64)
    : statPath(guest, task, pathAt, at, putStat64);
export const fstat: SystemCall = (guest, task, fd, at) => statFd(guest, task, fd, at, putStat);
export const fstat64: SystemCall = (guest, task, fd, at) => statFd(guest, task, fd, at, putStat64);
