/** System calls on directories: where a task is, and what is there. */
import { type Dirent, dirent64Bytes, direntBytes, Errno, type OpenFile } from '@pagewalk/mm';
import { AT_FDCWD, withPath } from '../files/paths.ts';
import type { Guest } from '../guest.ts';
import type { SystemCall } from './call.ts';

const ERANGE = 34;
/** Kinds of files as getdents tells them: the type bits of st_mode, shifted. @linux DT_REG … */
const DT: Readonly<Record<NonNullable<Dirent['kind']>, number>> = {
  chardev: 2,
  directory: 4,
  blockdev: 6,
  regular: 8,
  shm: 8,
  symlink: 10,
};
/** More than this is not told at once. */
const MOST_BYTES = 1 << 20;

export const chdir: SystemCall = (guest, task, at) =>
  withPath(guest, task, at, (path) => task.process.chdir(path), AT_FDCWD);
export const fchdir: SystemCall = (_guest, { process }, fd) => process.fchdir(fd);
export const umask: SystemCall = (_guest, { process }, mask) => process.umask(mask);

/** Bytes written, the NUL among them. */
export const getcwd: SystemCall = ({ user }, { process }, at, size) => {
  const path = process.getcwd();
  if (typeof path === 'number') return path;
  const bytes = new TextEncoder().encode(`${path}\0`);
  if (size < bytes.length) return -ERANGE;
  return user.put(at, bytes) ? bytes.length : -Errno.EFAULT;
};

/**
 * ```
 *   getdents    inode (32) | place of the next (32) | length (16) | name | NUL | ..
 *   getdents64  inode (64) | place of the next (64) | length (16) | kind (8) | name | NUL | ..
 * ```
 */
function putEntries(
  guest: Guest,
  at: number,
  entries: readonly Dirent[],
  first: number,
  wide: boolean,
): number {
  const entryBytes = wide ? dirent64Bytes : direntBytes;
  const total = entries.reduce((sum, { name }) => sum + entryBytes(name), 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let here = 0;
  entries.forEach(({ name, ino, kind }, i) => {
    const length = entryBytes(name);
    view.setUint32(here, ino, true);
    view.setUint32(here + (wide ? 8 : 4), first + i + 1, true);
    view.setUint16(here + (wide ? 16 : 8), length, true);
    if (wide && kind !== undefined) bytes[here + 18] = DT[kind];
    bytes.set(new TextEncoder().encode(name), here + (wide ? 19 : 10));
    here += length;
  });
  return guest.user.put(at, bytes) ? total : -Errno.EFAULT;
}

function listing(wide: boolean): SystemCall {
  return (guest, { process }, fd, at, size) => {
    const room = Math.min(size, MOST_BYTES);
    const entries = process.getdents(fd, room, wide ? dirent64Bytes : direntBytes);
    if (typeof entries === 'number') return entries;
    const { pos } = process.task.files[fd] as OpenFile;
    return putEntries(guest, at, entries, pos - entries.length, wide);
  };
}
export const getdents: SystemCall = listing(false);
export const getdents64: SystemCall = listing(true);
