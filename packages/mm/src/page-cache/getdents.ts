import { Errno } from '../errno.ts';
import { DirectoryInode, type Link } from './directory.ts';
import type { File } from './inode.ts';

/** A name that getdents tells. @linux struct linux_dirent */
export interface Dirent {
  readonly ino: number;
  readonly name: string;
}

/** How far a directory was read. */
interface Cursor {
  /** What is left of a directory whose names are not in memory; null: it was not asked yet. */
  told: Dirent[] | null;
  /** Entries given so far: `.`, `..`, names. @linux f_pos */
  position: number;
  /** Names that are left, as they were when the first was read. */
  readonly left: [string, Link][];
}

/** Where the readers of directories are. @linux the cursor dentry in f_private_data */
const cursors = new WeakMap<File, Cursor>();

/** Bytes that an entry takes: inode number, offset, length, name with its NUL, in whole words. */
function recordBytes(name: string): number {
  return (10 + new TextEncoder().encode(name).length + 1 + 3) & ~3;
}

/**
 * Reads on in an open directory: `.`, `..`, then the names, the youngest first. Names that come or go meanwhile are not shown.
 *
 * @param bytes room in the caller's buffer
 * @returns the entries that fit, none at the end; or -EBADF, -ENOTDIR, -EINVAL (not even one fits), -ENOENT (it was removed)
 * @linux 2.4.22 fs/readdir.c sys_getdents(), dcache_readdir()
 */
export function getdents(file: File | null, bytes: number): readonly Dirent[] | number {
  if (file === null) return -Errno.EBADF;
  const { inode } = file;
  if (!(inode instanceof DirectoryInode)) return -Errno.ENOTDIR;
  if (inode.nlink === 0) return -Errno.ENOENT;
  let cursor = cursors.get(file);
  if (cursor === undefined) {
    cursor = { told: null, position: 0, left: [] };
    cursors.set(file, cursor);
  }
  const told = cursor.told ?? inode.names();
  if (told !== null) {
    cursor.told = [...told];
    return takeEntries(cursor.told, bytes);
  }
  const entries: Dirent[] = [];
  let room = bytes;
  for (;;) {
    const next = nextEntry(inode, cursor);
    if (next === null) return entries;
    room -= recordBytes(next.name);
    if (room < 0) return entries.length > 0 ? entries : -Errno.EINVAL;
    entries.push(next);
    if (cursor.position++ >= 2) cursor.left.shift();
    else if (cursor.position === 2) cursor.left.push(...[...inode.links].reverse());
  }
}

/** Takes as many entries as fit into `bytes`; -EINVAL when there are some, and not even one fits. */
function takeEntries(left: Dirent[], bytes: number): readonly Dirent[] | number {
  let room = bytes;
  let count = 0;
  for (const { name } of left) {
    room -= recordBytes(name);
    if (room < 0) break;
    count++;
  }
  return count === 0 && left.length > 0 ? -Errno.EINVAL : left.splice(0, count);
}

function nextEntry(directory: DirectoryInode, cursor: Cursor): Dirent | null {
  if (cursor.position === 0) return { name: '.', ino: directory.ino };
  if (cursor.position === 1) return { name: '..', ino: directory.parent.ino };
  for (;;) {
    const first = cursor.left[0];
    if (first === undefined) return null;
    const [name, link] = first;
    if (directory.links.get(name) === link) return { name, ino: link.inode.ino };
    cursor.left.shift();
  }
}
