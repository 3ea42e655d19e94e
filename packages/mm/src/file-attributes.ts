/** System calls that tell and change what a file is, besides its bytes. */
import { Errno } from './errno.ts';
import type { InodeKind } from './page-cache/inode.ts';
import type { FileInode } from './page-cache/open-file.ts';

/** What stat tells. @linux struct stat64 */
export interface FileStatus {
  /** Device of the file system, major << 8 | minor. */
  readonly dev: number;
  readonly ino: number;
  /** Kind and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a device's node: which device, major << 8 | minor. */
  readonly rdev: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes of a good unit of transfer. */
  readonly blksize: number;
  /** Room that it takes, in units of 512 bytes. */
  readonly blocks: number;
  /** Seconds since 1970. */
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

/** Times to be given to a file, seconds since 1970; null: left as it is. */
export interface FileTimes {
  readonly atime: number | null;
  readonly mtime: number | null;
}

/** Kind bits of a mode. @linux S_IFMT */
const TYPE_BITS: Readonly<Record<InodeKind, number>> = {
  regular: 0o100000,
  shm: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  chardev: 0o020000,
  blockdev: 0o060000,
};
/** Permission bits, with set-uid, set-gid and sticky. @linux S_IALLUGO */
const MODE_BITS = 0o7777;
const PAGE_SIZE = 4096;
/** An owner that stays what it is. */
const SAME = -1;

/** @linux 2.4.22 fs/stat.c cp_new_stat64() */
export function statusOf(inode: FileInode): FileStatus {
  const { dev, ino, nlink, uid, gid, size, atime, mtime, ctime } = inode;
  return {
    dev,
    ino,
    mode: TYPE_BITS[inode.kind] | inode.mode,
    nlink,
    uid,
    gid,
    rdev: inode.rdev,
    size,
    blksize: PAGE_SIZE,
    blocks: inode.ops.blocks?.(inode) ?? 0,
    atime,
    mtime,
    ctime,
  };
}

/** Notes that attributes changed. */
function changed(inode: FileInode): number {
  if (inode.vfs !== null) inode.ctime = inode.vfs.now();
  inode.markDirty();
  return 0;
}

/** @linux 2.4.22 fs/open.c sys_chmod() */
export function setMode(inode: FileInode, mode: number): number {
  inode.mode = mode & MODE_BITS;
  return changed(inode);
}

/**
 * The set-uid and set-gid bits of a file go.
 * @param uid, gid -1: as it is
 * @linux 2.4.22 fs/open.c chown_common()
 */
export function setOwner(inode: FileInode, uid: number, gid: number): number {
  if (uid !== SAME) inode.uid = uid & 0xffff;
  if (gid !== SAME) inode.gid = gid & 0xffff;
  if (inode.kind === 'regular') inode.mode &= 0o1777;
  return changed(inode);
}

/** @param times null: now. @linux 2.4.22 fs/open.c sys_utime() */
export function setTimes(inode: FileInode, times: FileTimes | null): number {
  const now = inode.vfs?.now() ?? 0;
  const { atime, mtime } = times ?? { atime: now, mtime: now };
  if (atime !== null) inode.atime = atime;
  if (mtime !== null) inode.mtime = mtime;
  return changed(inode);
}

/** Whether truncate by path may change a file: 0, -EISDIR, -EINVAL, -ETXTBSY. @linux 2.4.22 fs/open.c do_sys_truncate() */
export function mayTruncate(inode: FileInode): number {
  if (inode.kind === 'directory') return -Errno.EISDIR;
  if (inode.kind !== 'regular') return -Errno.EINVAL;
  return inode.writecount < 0 ? -Errno.ETXTBSY : 0;
}
