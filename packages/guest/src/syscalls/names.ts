/** System calls that make, move and remove names. */
import { Errno } from '@pagewalk/mm';
import { AT, AT_FDCWD, pathAt, textAt, withPath, withPaths } from '../files/paths.ts';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const O = { wronly: 1, creat: 0o100, excl: 0o200 } as const;
/** Flags of renameat2: the target must not be there. */
const RENAME_NOREPLACE = 1;

export const mkdirat: SystemCall = (guest, task, directory, at, mode) =>
  withPath(guest, task, at, (path) => task.process.mkdir(path, mode), directory);
export const mkdir: SystemCall = (guest, task, at, mode) => mkdirat(guest, task, AT_FDCWD, at, mode, 0, 0, 0);

/** Regular files only: there are no FIFOs in the tree, and devices have their nodes. -EPERM */
export const mknodat: SystemCall = (guest, task, directory, at, mode) => {
  const kind = mode & S_IFMT;
  if (kind !== 0 && kind !== S_IFREG) return -Errno.EPERM;
  return withPath(
    guest,
    task,
    at,
    (path) => {
      const fd = task.process.open(path, O.wronly | O.creat | O.excl, mode);
      return fd < 0 ? fd : task.process.close(fd);
    },
    directory,
  );
};
export const mknod: SystemCall = (guest, task, at, mode) => mknodat(guest, task, AT_FDCWD, at, mode, 0, 0, 0);

export const unlinkat: SystemCall = (guest, task, directory, at, flags) => {
  if ((flags & ~AT.removedir) !== 0) return -Errno.EINVAL;
  const { process } = task;
  const remove = flags === 0 ? process.unlink.bind(process) : process.rmdir.bind(process);
  return withPath(guest, task, at, remove, directory);
};
export const unlink: SystemCall = (guest, task, at) => unlinkat(guest, task, AT_FDCWD, at, 0, 0, 0, 0);
export const rmdir: SystemCall = (guest, task, at) =>
  unlinkat(guest, task, AT_FDCWD, at, AT.removedir, 0, 0, 0);

export const linkat: SystemCall = (guest, task, fromDirectory, from, toDirectory, to, flags) => {
  if ((flags & ~AT.symlinkFollow) !== 0) return -Errno.EINVAL;
  const follow = (flags & AT.symlinkFollow) !== 0;
  return withPaths(guest, task, [from, fromDirectory], [to, toDirectory], (one, two) =>
    task.process.link(one, two, follow),
  );
};
/** A symbolic link is followed, as in 2.4. */
export const link: SystemCall = (guest, task, from, to) =>
  linkat(guest, task, AT_FDCWD, from, AT_FDCWD, to, AT.symlinkFollow, 0);

export const symlinkat: SystemCall = (guest, task, targetAt, directory, at) => {
  const target = textAt(guest, targetAt);
  if (typeof target === 'number') return target;
  return withPath(guest, task, at, (path) => task.process.symlink(target, path), directory);
};
export const symlink: SystemCall = (guest, task, targetAt, at) =>
  symlinkat(guest, task, targetAt, AT_FDCWD, at, 0, 0, 0);

export const renameat2: SystemCall = (guest, task, fromDirectory, from, toDirectory, to, flags) => {
  if ((flags & ~RENAME_NOREPLACE) !== 0) return -Errno.EINVAL;
  return withPaths(guest, task, [from, fromDirectory], [to, toDirectory], (one, two) => {
    const taken = flags !== 0 && typeof task.process.stat(two, false) !== 'number';
    return taken ? -Errno.EEXIST : task.process.rename(one, two);
  });
};
export const renameat: SystemCall = (guest, task, fromDirectory, from, toDirectory, to) =>
  renameat2(guest, task, fromDirectory, from, toDirectory, to, 0, 0);
export const rename: SystemCall = (guest, task, from, to) =>
  renameat2(guest, task, AT_FDCWD, from, AT_FDCWD, to, 0, 0);

/** Where a symbolic link leads. */
export const readlinkat: SystemCall = (guest, task, directory, pathAddr, at, size) => {
  if ((size | 0) <= 0) return -Errno.EINVAL;
  const target = linkTarget(guest, task, directory, pathAddr);
  if (typeof target === 'number') return target;
  const bytes = new TextEncoder().encode(target).subarray(0, size);
  return guest.user.put(at, bytes) ? bytes.length : -Errno.EFAULT;
};
export const readlink: SystemCall = (guest, task, pathAddr, at, size) =>
  readlinkat(guest, task, AT_FDCWD, pathAddr, at, size, 0, 0);

function linkTarget(guest: Guest, task: GuestTask, directory: number, addr: number): string | number {
  const path = pathAt(guest, task, directory, addr);
  return typeof path === 'number' ? path : task.process.readlink(path);
}
