import { Errno } from '../errno.ts';
import { ConfigError } from '../kernel-bug.ts';
import { bytesSource, DiskFiles, type PageSource } from './disk-file.ts';
import { type File, FMODE } from './inode.ts';
import { type FileInode, fput, OpenFile } from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import type { FileSizeLimit } from './ports.ts';
import { evictInode, vmtruncate } from './truncate.ts';

/** Flags of open. @linux 2.4.22 include/asm-i386/fcntl.h */
export const O = {
  accmode: 3,
  rdonly: 0,
  wronly: 1,
  rdwr: 2,
  creat: 0o100,
  excl: 0o200,
  trunc: 0o1000,
  append: 0o2000,
  largefile: 0o100000,
} as const;

/** What a new file is. */
export interface FileOptions {
  /** Bytes; the default is the length of `bytes`, else 0. */
  readonly size?: number;
  /** Contents. A file of a disk keeps the array as its disk; tmpfs copies it into pages. */
  readonly bytes?: Uint8Array;
  /** Contents by page, asked when a page is first read. Only on a disk. */
  readonly fill?: PageSource;
  /** Inode number; the default is the next free one. */
  readonly ino?: number;
  /** Device, major << 8 | minor. */
  readonly dev?: number;
  /** `tmpfs` (default): lives in memory from the start. `disk`: a page comes into memory when it is first read. */
  readonly kind?: 'tmpfs' | 'disk';
  /** Permission bits, default 0644. They are shown, not enforced. */
  readonly mode?: number;
}

/** Makers of inodes that live in rooms above. */
export interface InodeMakers {
  /** A new empty tmpfs file, or -errno. */
  newTmpfsInode(ino: number, dev: number, mode: number): FileInode | number;
  /** Gives the tmpfs file contents, as write(2) would: 0 or -errno. */
  fillTmpfs(inode: FileInode, bytes: Uint8Array): number;
  /** The inode of /dev/zero. */
  newDevZero(ino: number, dev: number): FileInode;
}

/** Device of the disk (hda1) and of the tmpfs mount. */
const DISK_DEVICE = 0x0301;
const TMPFS_DEVICE = 0x0005;
/** Character devices show the device of the file system that their node is in. */
const DEV_ZERO_INO = 5;
/** For the host, which makes files outside any process. */
const NO_LIMIT: FileSizeLimit = { fsizeLimit: 0xffffffff, sendSigxfsz: () => {} };

/**
 * One directory tree for all in-memory files: paths are plain names, there are no directories to traverse. A file's
 * pages live in the page cache, nowhere else.
 */
export class FileSystem {
  private readonly cache: PageCache;
  private readonly makers: InodeMakers;
  private readonly disk: DiskFiles;
  private readonly names = new Map<string, FileInode>();
  private nextIno = 1000;

  /** @param makers shared memory, which lies above */
  constructor(cache: PageCache, makers: InodeMakers) {
    this.cache = cache;
    this.makers = makers;
    this.disk = new DiskFiles(cache);
    this.names.set('/dev/zero', makers.newDevZero(DEV_ZERO_INO, DISK_DEVICE));
  }

  /**
   * Makes a file; one of the same name is unlinked first.
   * @returns its inode, or -ENOSPC, -ENOMEM when tmpfs or memory is full
   */
  create(path: string, options: FileOptions = {}): FileInode | number {
    const { bytes, fill, kind = 'tmpfs', mode = 0o644 } = options;
    if (kind === 'tmpfs' && fill !== undefined) {
      throw new ConfigError(`create ${path}: fill is for kind 'disk'; a tmpfs file takes bytes`);
    }
    const size = options.size ?? bytes?.length ?? 0;
    if (!Number.isSafeInteger(size) || size < 0) throw new ConfigError(`create ${path}: size ${size}`);
    this.unlink(path);
    const ino = options.ino ?? this.nextIno++;
    let inode: FileInode;
    if (kind === 'disk') {
      const source = fill ?? (bytes === undefined ? null : bytesSource(bytes));
      inode = this.disk.newInode(ino, options.dev ?? DISK_DEVICE, mode, size, source);
      inode.onUnused = this.evict;
    } else {
      const { makers } = this;
      const made = makers.newTmpfsInode(ino, options.dev ?? TMPFS_DEVICE, mode);
      if (typeof made === 'number') return made;
      inode = made;
      inode.onUnused = this.evict;
      const error = bytes === undefined ? 0 : makers.fillTmpfs(inode, bytes);
      if (error !== 0) {
        inode.nlink = 0;
        inode.put();
        return error;
      }
      vmtruncate(this.cache, inode, size, NO_LIMIT);
    }
    this.names.set(path, inode);
    return inode;
  }

  /** The inode of a path, null = none. */
  lookup(path: string): FileInode | null {
    return this.names.get(path) ?? null;
  }

  /** Removes a name: 0 or -ENOENT. The file goes when nobody uses it any more. */
  unlink(path: string): number {
    const inode = this.names.get(path);
    if (inode === undefined) return -Errno.ENOENT;
    this.names.delete(path);
    inode.nlink--;
    inode.put();
    return 0;
  }

  /**
   * Opens a file. O_CREAT makes a tmpfs file.
   * @param flags {@link O}
   * @returns the file with one reference, or -ENOENT, -EEXIST, -ETXTBSY (for writing while it is executed), -ENOSPC
   */
  open(path: string, flags: number): OpenFile | number {
    let inode = this.names.get(path);
    if (inode === undefined) {
      if ((flags & O.creat) === 0) return -Errno.ENOENT;
      const made = this.create(path);
      if (typeof made === 'number') return made;
      inode = made;
    } else if ((flags & (O.creat | O.excl)) === (O.creat | O.excl)) {
      return -Errno.EEXIST;
    }
    // 0 reads, 1 writes, 2 does both; 3 does neither but may ioctl.
    const mode = ((flags & O.accmode) + 1) & O.accmode;
    if ((mode & FMODE.write) !== 0) {
      if (inode.writecount < 0) return -Errno.ETXTBSY;
      inode.writecount++;
    }
    const file = new OpenFile(inode, path, mode, (flags & O.append) !== 0, (flags & O.largefile) !== 0);
    if ((flags & O.trunc) !== 0 && inode.kind === 'regular') {
      vmtruncate(this.cache, inode, 0, NO_LIMIT);
    }
    return file;
  }

  /** Drops a reference to an open file. @linux fput() */
  release(file: File): void {
    fput(file);
  }

  private readonly evict = (inode: FileInode): void => evictInode(this.cache, inode);
}
