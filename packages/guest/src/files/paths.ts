/** Paths as programs give them to system calls. */
import { Errno, OpenFile, type Path } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';

/** In place of a descriptor: the working directory. @linux AT_FDCWD */
export const AT_FDCWD = -100;
/** Flags of the calls whose names end in `at`. */
export const AT = {
  symlinkNofollow: 0x100,
  removedir: 0x200,
  symlinkFollow: 0x400,
  emptyPath: 0x1000,
} as const;

/** A path's text in the program's memory: the text, or -EFAULT, -ENAMETOOLONG. @linux 2.4.22 fs/namei.c do_getname() */
export function textAt(guest: Guest, addr: number): string | number {
  const text = guest.user.text(addr);
  if (text !== null) return text;
  return guest.user.get(addr, 4096) === null ? -Errno.EFAULT : -Errno.ENAMETOOLONG;
}

/**
 * A path in the program's memory, which begins at an open directory if it is relative.
 *
 * @param directory the directory's descriptor; AT_FDCWD: the working directory
 * @returns the path, or -EFAULT, -ENAMETOOLONG, -EBADF, -ENOTDIR
 */
export function pathAt(guest: Guest, task: GuestTask, directory: number, addr: number): Path | number {
  const text = textAt(guest, addr);
  if (typeof text === 'number' || text.startsWith('/') || (directory | 0) === AT_FDCWD) return text;
  const from = task.process.task.files[directory] ?? null;
  if (!(from instanceof OpenFile)) return -Errno.EBADF;
  if (from.inode.kind !== 'directory') return text === '' ? -Errno.ENOENT : -Errno.ENOTDIR;
  return { from, path: text };
}

/** Does something with a path in the program's memory. */
export function withPath(
  guest: Guest,
  task: GuestTask,
  addr: number,
  what: (path: Path) => number,
  directory = AT_FDCWD,
): number {
  const path = pathAt(guest, task, directory, addr);
  return typeof path === 'number' ? path : what(path);
}

/** Does something with two paths. */
export function withPaths(
  guest: Guest,
  task: GuestTask,
  [first, firstDirectory]: readonly [addr: number, directory: number],
  [second, secondDirectory]: readonly [addr: number, directory: number],
  what: (first: Path, second: Path) => number,
): number {
  return withPath(
    guest,
    task,
    first,
    (one) => withPath(guest, task, second, (two) => what(one, two), secondDirectory),
    firstDirectory,
  );
}
