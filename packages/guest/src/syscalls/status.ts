/** System calls that tell and change what a file is, besides its bytes. */
import { Errno, type FileStatus, type FileTimes, type Path, type Statfs } from '@pagewalk/mm';
import { AT, AT_FDCWD, pathAt, textAt, withPath } from '../files/paths.ts';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

const S_IFMT = 0o170000;
const HIGH = 2 ** 32;

/** Puts a status into the program's memory: 0 or -EFAULT. */
type PutStatus = (guest: Guest, at: number, status: FileStatus) => number;

/** @linux struct stat */
const putStat: PutStatus = (guest, at, status) => {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, status.dev, true);
  view.setUint32(4, status.ino, true);
  view.setUint16(8, status.mode, true);
  view.setUint16(10, status.nlink, true);
  view.setUint16(12, status.uid, true);
  view.setUint16(14, status.gid, true);
  view.setUint16(16, status.rdev, true);
  view.setUint32(20, status.size, true);
  view.setUint32(24, status.blksize, true);
  view.setUint32(28, status.blocks, true);
  view.setUint32(32, status.atime, true);
  view.setUint32(40, status.mtime, true);
  view.setUint32(48, status.ctime, true);
  return guest.user.put(at, bytes) ? 0 : -Errno.EFAULT;
};

/** @linux struct stat64 */
const putStat64: PutStatus = (guest, at, status) => {
  const bytes = new Uint8Array(96);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, status.dev, true);
  view.setUint32(12, status.ino, true);
  view.setUint32(16, status.mode, true);
  view.setUint32(20, status.nlink, true);
  view.setUint32(24, status.uid, true);
  view.setUint32(28, status.gid, true);
  view.setUint16(32, status.rdev, true);
  put64(view, 44, status.size);
  view.setUint32(52, status.blksize, true);
  put64(view, 56, status.blocks);
  view.setUint32(64, status.atime, true);
  view.setUint32(72, status.mtime, true);
  view.setUint32(80, status.ctime, true);
  put64(view, 88, status.ino);
  return guest.user.put(at, bytes) ? 0 : -Errno.EFAULT;
};

/** What statx always tells: all but the time of birth. @linux STATX_BASIC_STATS */
const STATX_BASIC = 0x7ff;

/** @linux struct statx, of kernels of today */
const putStatx: PutStatus = (guest, at, status) => {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, STATX_BASIC, true);
  view.setUint32(4, status.blksize, true);
  view.setUint32(16, status.nlink, true);
  view.setUint32(20, status.uid, true);
  view.setUint32(24, status.gid, true);
  view.setUint16(28, status.mode, true);
  put64(view, 32, status.ino);
  put64(view, 40, status.size);
  put64(view, 48, status.blocks);
  put64(view, 64, status.atime);
  put64(view, 96, status.ctime);
  put64(view, 112, status.mtime);
  view.setUint32(128, status.rdev >> 8, true);
  view.setUint32(132, status.rdev & 0xff, true);
  view.setUint32(136, status.dev >> 8, true);
  view.setUint32(140, status.dev & 0xff, true);
  return guest.user.put(at, bytes) ? 0 : -Errno.EFAULT;
};

function put64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % HIGH, true);
  view.setUint32(at + 4, Math.floor(value / HIGH), true);
}

/** Of a descriptor; a stream says itself of which kind it is. */
function statFd(guest: Guest, task: GuestTask, fd: number, at: number, put: PutStatus): number {
  const status = task.process.fstat(fd);
  if (typeof status === 'number') return status;
  const stream = guest.streamOf(task.process.task.files[fd]);
  if (stream === null) return put(guest, at, status);
  return put(guest, at, { ...status, mode: stream.type | (status.mode & ~S_IFMT) });
}

function statAt(
  guest: Guest,
  task: GuestTask,
  [directory, pathAddr, at, flags]: readonly [number, number, number, number],
  put: PutStatus,
): number {
  if ((flags & AT.emptyPath) !== 0 && textAt(guest, pathAddr) === '') {
    if ((directory | 0) !== AT_FDCWD) return statFd(guest, task, directory, at, put);
    return told(task.process.stat('.'));
  }
  const path = pathAt(guest, task, directory, pathAddr);
  if (typeof path === 'number') return path;
  return told(task.process.stat(path, (flags & AT.symlinkNofollow) === 0));

  function told(status: FileStatus | number): number {
    return typeof status === 'number' ? status : put(guest, at, status);
  }
}

export const stat: SystemCall = (guest, task, path, at) =>
  statAt(guest, task, [AT_FDCWD, path, at, 0], putStat);
export const lstat: SystemCall = (guest, task, path, at) =>
  statAt(guest, task, [AT_FDCWD, path, at, AT.symlinkNofollow], putStat);
export const stat64: SystemCall = (guest, task, path, at) =>
  statAt(guest, task, [AT_FDCWD, path, at, 0], putStat64);
export const lstat64: SystemCall = (guest, task, path, at) =>
  statAt(guest, task, [AT_FDCWD, path, at, AT.symlinkNofollow], putStat64);
export const fstatat64: SystemCall = (guest, task, directory, path, at, flags) =>
  statAt(guest, task, [directory, path, at, flags], putStat64);
export const statx: SystemCall = (guest, task, directory, path, flags, _mask, at) =>
  statAt(guest, task, [directory, path, at, flags], putStatx);
export const fstat: SystemCall = (guest, task, fd, at) => statFd(guest, task, fd, at, putStat);
export const fstat64: SystemCall = (guest, task, fd, at) => statFd(guest, task, fd, at, putStat64);

/** Everybody is root: what is there may be used, but a file without any execute bit is not executed. */
export const faccessat: SystemCall = (guest, task, directory, at, mode) => {
  if ((mode & ~7) !== 0) return -Errno.EINVAL;
  return withPath(
    guest,
    task,
    at,
    (path) => {
      const status = task.process.stat(path);
      if (typeof status === 'number') return status;
      const executes = (mode & 1) !== 0 && (status.mode & S_IFMT) === 0o100000;
      return executes && (status.mode & 0o111) === 0 ? -Errno.EACCES : 0;
    },
    directory,
  );
};
export const access: SystemCall = (guest, task, at, mode) =>
  faccessat(guest, task, AT_FDCWD, at, mode, 0, 0, 0);

export const fchmodat: SystemCall = (guest, task, directory, at, mode) =>
  withPath(guest, task, at, (path) => task.process.chmod(path, mode), directory);
export const chmod: SystemCall = (guest, task, at, mode) =>
  fchmodat(guest, task, AT_FDCWD, at, mode, 0, 0, 0);
export const fchmod: SystemCall = (_guest, { process }, fd, mode) => process.fchmod(fd, mode);

/** -1, and 65535 of the calls with 16 bits: stays what it is. */
function owner(id: number): number {
  return (id & 0xffff) === 0xffff ? -1 : id;
}
export const fchownat: SystemCall = (guest, task, directory, at, uid, gid, flags) => {
  if ((flags & AT.emptyPath) !== 0 && textAt(guest, at) === '') {
    return task.process.fchown(directory, owner(uid), owner(gid));
  }
  const follow = (flags & AT.symlinkNofollow) === 0;
  const change = (path: Path) => task.process.chown(path, owner(uid), owner(gid), follow);
  return withPath(guest, task, at, change, directory);
};
export const chown: SystemCall = (guest, task, at, uid, gid) =>
  fchownat(guest, task, AT_FDCWD, at, uid, gid, 0, 0);
export const lchown: SystemCall = (guest, task, at, uid, gid) =>
  fchownat(guest, task, AT_FDCWD, at, uid, gid, AT.symlinkNofollow, 0);
export const fchown: SystemCall = (_guest, { process }, fd, uid, gid) =>
  process.fchown(fd, owner(uid), owner(gid));

/** In place of nanoseconds: the time is now; it is left. */
const UTIME = { now: 0x3fffffff, omit: 0x3ffffffe } as const;

/** Reads two pairs of seconds and parts of a second; null: -EFAULT. `words`: 32-bit words of each number. */
function timesAt(guest: Guest, at: number, words: 1 | 2): FileTimes | null {
  const read = guest.user.words(at, 4 * words);
  if (read === null) return null;
  const now = Math.floor(guest.kernel.vfs.now());
  const time = (i: number) => {
    const part = read[2 * i * words + words] as number;
    if (part === UTIME.omit) return null;
    return part === UTIME.now ? now : (read[2 * i * words] as number);
  };
  return { atime: time(0), mtime: time(1) };
}

function setTimes(
  guest: Guest,
  task: GuestTask,
  [directory, at, flags]: readonly [number, number, number],
  times: FileTimes | null,
): number {
  if (at === 0) return task.process.futimes(directory, times);
  const follow = (flags & AT.symlinkNofollow) === 0;
  return withPath(guest, task, at, (path) => task.process.utimes(path, times, follow), directory);
}

export const utimensat: SystemCall = (guest, task, directory, at, timesAddr, flags) => {
  const times = timesAddr === 0 ? null : timesAt(guest, timesAddr, 1);
  if (timesAddr !== 0 && times === null) return -Errno.EFAULT;
  return setTimes(guest, task, [directory, at, flags], times);
};
export const utimensat64: SystemCall = (guest, task, directory, at, timesAddr, flags) => {
  const times = timesAddr === 0 ? null : timesAt(guest, timesAddr, 2);
  if (timesAddr !== 0 && times === null) return -Errno.EFAULT;
  return setTimes(guest, task, [directory, at, flags], times);
};
/** Microseconds are as good as nanoseconds: files keep seconds. */
export const futimesat: SystemCall = (guest, task, directory, at, timesAddr) =>
  utimensat(guest, task, directory, at, timesAddr, 0, 0, 0);
export const utimes: SystemCall = (guest, task, at, timesAddr) =>
  utimensat(guest, task, AT_FDCWD, at, timesAddr, 0, 0, 0);
export const utime: SystemCall = (guest, task, at, timesAddr) => {
  const words = timesAddr === 0 ? null : guest.user.words(timesAddr, 2);
  if (timesAddr !== 0 && words === null) return -Errno.EFAULT;
  const times = words === null ? null : { atime: words[0] as number, mtime: words[1] as number };
  return setTimes(guest, task, [AT_FDCWD, at, 0], times);
};

/** @linux struct statfs */
function putStatfs(guest: Guest, at: number, told: Statfs): number {
  const { type, bsize, blocks, bfree, bavail, files, ffree, namelen } = told;
  const words = [type, bsize, blocks, bfree, bavail, files, ffree, 0, 0, namelen, bsize, 0, 0, 0, 0, 0];
  return guest.user.putWords(at, ...words) ? 0 : -Errno.EFAULT;
}
const STATFS64_BYTES = 84;
/** @linux struct statfs64, of 2.6 */
function putStatfs64(guest: Guest, at: number, told: Statfs): number {
  const { type, bsize, blocks, bfree, bavail, files, ffree, namelen } = told;
  const long = [blocks, bfree, bavail, files, ffree].flatMap((count) => [count, 0]);
  const words = [type, bsize, ...long, 0, 0, namelen, bsize, 0, 0, 0, 0, 0];
  return guest.user.putWords(at, ...words) ? 0 : -Errno.EFAULT;
}
function statfsOf(
  guest: Guest,
  task: GuestTask,
  path: Path | number,
  at: number,
  put: typeof putStatfs,
): number {
  if (typeof path === 'number') return path;
  const told = task.process.statfs(path);
  return typeof told === 'number' ? told : put(guest, at, told);
}
/** The path that a descriptor was opened by. */
function pathOfFd(task: GuestTask, fd: number): Path | number {
  return task.process.task.files[fd]?.path ?? -Errno.EBADF;
}
export const statfs: SystemCall = (guest, task, pathAddr, at) =>
  statfsOf(guest, task, pathAt(guest, task, AT_FDCWD, pathAddr), at, putStatfs);
export const fstatfs: SystemCall = (guest, task, fd, at) =>
  statfsOf(guest, task, pathOfFd(task, fd), at, putStatfs);
export const statfs64: SystemCall = (guest, task, pathAddr, size, at) =>
  size !== STATFS64_BYTES
    ? -Errno.EINVAL
    : statfsOf(guest, task, pathAt(guest, task, AT_FDCWD, pathAddr), at, putStatfs64);
export const fstatfs64: SystemCall = (guest, task, fd, size, at) =>
  size !== STATFS64_BYTES ? -Errno.EINVAL : statfsOf(guest, task, pathOfFd(task, fd), at, putStatfs64);
