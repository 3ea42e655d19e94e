import { Errno } from '../errno.ts';
import { DirectoryInode, type Dirent, type Link } from './directory.ts';
import type { File } from './inode.ts';
import { OpenFile } from './open-file.ts';

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

/** Bytes that an entry takes in the caller's buffer. */
export type EntryBytes = (name: string) => number;

/** Inode number, offset, length, name with its NUL, in whole words. @linux struct linux_dirent */
export const direntBytes: EntryBytes = (name) => (10 + utf8Bytes(name) + 1 + 3) & ~3;
/** The same with 64-bit numbers and a type. @linux struct linux_dirent64 */
export const dirent64Bytes: EntryBytes = (name) => (19 + utf8Bytes(name) + 1 + 7) & ~7;

function utf8Bytes(name: string): number {
  return new TextEncoder().encode(name).length;
}

/**
 * Reads on in an open directory: `.`, `..`, then the names, the youngest first. Names that come or go meanwhile are not shown.
 * The file's position counts entries: who sets it back begins anew.
 *
 * @param bytes room in the caller's buffer
 * @param entryBytes what an entry takes of it
 * @returns the entries that fit, none at the end; or -EBADF, -ENOTDIR, -EINVAL (not even one fits), -ENOENT (it was removed)
 * @linux 2.4.22 fs/readdir.c sys_getdents(), dcache_readdir()
 */
export function getdents(
  file: File | null,
  bytes: number,
  entryBytes: EntryBytes = direntBytes,
): readonly Dirent[] | number {
  if (!(file instanceof OpenFile)) return -Errno.EBADF;
  const { inode } = file;
  if (!(inode instanceof DirectoryInode)) return -Errno.ENOTDIR;
  if (inode.nlink === 0) return -Errno.ENOENT;
  const cursor = cursorOf(file, inode);
  const entries: Dirent[] = [];
  let room = bytes;
  for (;;) {
    const next = nextEntry(inode, cursor);
    if (next === null) break;
    room -= entryBytes(next.name);
    if (room < 0) {
      if (entries.length === 0) return -Errno.EINVAL;
      break;
    }
    entries.push(next);
    advance(inode, cursor);
  }
  file.pos = cursor.position;
  return entries;
}

/** Where a reader is; one that was moved begins anew, and passes over what lies before. */
function cursorOf(file: OpenFile, directory: DirectoryInode): Cursor {
  const known = cursors.get(file);
  if (known !== undefined && known.position === file.pos) return known;
  const names = directory.names();
  const cursor: Cursor = { told: names === null ? null : [...names], position: 0, left: [] };
  cursors.set(file, cursor);
  while (cursor.position < file.pos && nextEntry(directory, cursor) !== null) advance(directory, cursor);
  return cursor;
}

function advance(directory: DirectoryInode, cursor: Cursor): void {
  cursor.position++;
  if (cursor.told !== null) cursor.told.shift();
  else if (cursor.position > 2) cursor.left.shift();
  else if (cursor.position === 2) cursor.left.push(...[...directory.links].reverse());
}

function nextEntry(directory: DirectoryInode, cursor: Cursor): Dirent | null {
  if (cursor.told !== null) return cursor.told[0] ?? null;
  if (cursor.position === 0) return { name: '.', ino: directory.ino, kind: 'directory' };
  if (cursor.position === 1) return { name: '..', ino: directory.parent.ino, kind: 'directory' };
  for (;;) {
    const first = cursor.left[0];
    if (first === undefined) return null;
    const [name, link] = first;
    const { ino, kind } = link.inode;
    if (directory.links.get(name) === link) return { name, ino, kind };
    cursor.left.shift();
  }
}
