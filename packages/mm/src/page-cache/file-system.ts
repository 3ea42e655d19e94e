import { Errno } from '../errno.ts';
import { ConfigError } from '../kernel-bug.ts';
import type { Owner } from './directory.ts';
import type { DiskFiles, DiskInode } from './disk-file.ts';
import { bytesSource, type PageSource } from './disk-file-store.ts';
import { type File, FMODE } from './inode.ts';
import { MountTable } from './mount-table.ts';
import { type Found, Namei, type Path } from './namei.ts';
import { type CopyActor, discard, type FileInode, fput, OpenFile } from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import type { FileSizeLimit } from './ports.ts';
import { RamFiles } from './ram-file.ts';
import { evictInode, vmtruncate } from './truncate.ts';
import type { VfsObjects } from './vfs-objects.ts';

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
  nonblock: 0o4000,
  sync: 0o10000,
  largefile: 0o100000,
  directory: 0o200000,
  nofollow: 0o400000,
} as const;

/** What a new file is. */
export interface FileOptions {
  /** Bytes; the default is the length of `bytes`, else 0. */
  readonly size?: number;
  /** Contents. A file of a disk keeps the array as its disk; the others copy it into pages. */
  readonly bytes?: Uint8Array;
  /** Contents by page, asked when a page is first read. Only on a disk. */
  readonly fill?: PageSource;
  /** Inode number; the default is the next free one. */
  readonly ino?: number;
  /** Device, major << 8 | minor. */
  readonly dev?: number;
  /**
   * `ramfs` (default): its contents are in the page cache from the start, as if just written. `tmpfs`: the same, as shared
   * memory, with a limit. `disk`: a page comes into memory when it is first read.
   */
  readonly kind?: 'ramfs' | 'tmpfs' | 'disk';
  /** Permission bits, default 0644. Only exec looks at them: it wants an execute bit. */
  readonly mode?: number;
}

/** Makers of inodes that live in rooms above. */
export interface InodeMakers {
  /** A new empty tmpfs file, or -errno. */
  newTmpfsInode(ino: number, dev: number, mode: number): FileInode | number;
  /** The inode of /dev/zero. */
  newDevZero(ino: number, dev: number): FileInode;
}

/** Devices: the disk (hda1), and the mounts without one. */
const DISK_DEVICE = 0x0301;
const RAMFS_DEVICE = 0x0001;
const TMPFS_DEVICE = 0x0005;
/** Character devices show the device of the file system that their node is in. */
const DEV_ZERO_INO = 5;
/** @linux MEM_MAJOR, minor 5 */
const DEV_ZERO = 0x0105;
/** For the host, which makes files outside any process. */
const NO_LIMIT: FileSizeLimit = { fsizeLimit: 0xffffffff, sendSigxfsz: () => {} };

/** Files that no process makes are root's. */
const ROOT: Owner = { uid: 0, gid: 0 };

/**
 * The tree of files. Where nothing is mounted, paths are plain names: there are no directories to traverse. A file's pages
 * live in the page cache, nowhere else. A mount ({@link mounts}) has directories and links.
 */
export class FileSystem {
  private readonly cache: PageCache;
  private readonly makers: InodeMakers;
  private readonly vfs: VfsObjects;
  private readonly ram: RamFiles;
  private readonly disk: DiskFiles;
  private readonly names = new Map<string, FileInode>();
  private nextIno = 1000;
  /** The inode of a disk's node, null: there is no such disk. Set by who has disks. */
  diskNode: (path: string) => FileInode | null = () => null;
  /** What is mounted where. */
  readonly mounts = new MountTable();
  /** Calls that work on names: mkdir, link, rename … */
  readonly namei = new Namei(this.mounts, {
    lookup: (path) => this.named(path),
    unlink: (path) => this.unlinkPlain(path),
    link: (from, to, moves) => this.linkPlain(from, to, moves),
  });

  /**
   * @param makers shared memory, which lies above
   * @param disk files of kind `disk`
   * @throws ConfigError when there is no memory even for a device's inode
   */
  constructor(cache: PageCache, makers: InodeMakers, vfs: VfsObjects, disk: DiskFiles) {
    this.cache = cache;
    this.makers = makers;
    this.vfs = vfs;
    this.ram = new RamFiles(cache, vfs);
    this.disk = disk;
    this.addDevice('/dev/zero', (ino, dev) => makers.newDevZero(ino, dev), DEV_ZERO_INO).rdev = DEV_ZERO;
  }

  /**
   * Makes a device's node; one of the same name is unlinked first.
   * @param newInode makes its inode; `dev` is the file system that the node lies in
   * @param ino inode number; the default is the next free one
   * @throws ConfigError when there is no memory for the node
   */
  addDevice(
    path: string,
    newInode: (ino: number, dev: number) => FileInode,
    ino = this.nextIno++,
  ): FileInode {
    this.unlinkPlain(path);
    const inode = newInode(ino, DISK_DEVICE);
    inode.dentry = this.vfs.allocDentry(lastComponent(path));
    if (inode.dentry === null || !inode.charge(this.vfs)) {
      throw new ConfigError(`memory: none left for the device ${path}`);
    }
    inode.atime = inode.mtime = inode.ctime = this.vfs.now();
    inode.onUnused = this.evict;
    this.names.set(path, inode);
    return inode;
  }

  /**
   * Makes a file; one of the same name is unlinked first.
   * @returns its inode, or -ENOSPC, -ENOMEM when tmpfs or memory is full
   */
  create(path: string, options: FileOptions = {}): FileInode | number {
    const { bytes, fill, kind = 'ramfs', mode = 0o644 } = options;
    if (kind !== 'disk' && fill !== undefined) {
      throw new ConfigError(`create ${path}: fill is for kind 'disk'; a ${kind} file takes bytes`);
    }
    const size = options.size ?? bytes?.length ?? 0;
    if (!Number.isSafeInteger(size) || size < 0) throw new ConfigError(`create ${path}: size ${size}`);
    this.unlink(path);
    if (!this.isPlain(path)) return this.createMounted(path, mode, bytes ?? null, size);
    const ino = options.ino ?? this.nextIno++;
    const dentry = this.vfs.allocDentry(lastComponent(path));
    if (dentry === null) return -Errno.ENOMEM;
    const inode = this.newInode(kind, ino, options, mode);
    if (typeof inode === 'number') {
      this.vfs.freeDentry(dentry);
      return inode;
    }
    inode.dentry = dentry;
    inode.onUnused = this.evict;
    const error = bytes === undefined || kind === 'disk' ? 0 : this.write(inode, bytes);
    if (error !== 0) {
      inode.nlink = 0;
      inode.put();
      return error;
    }
    if (kind === 'disk') {
      const source = fill ?? (bytes === undefined ? null : bytesSource(bytes));
      this.disk.setSource(inode as DiskInode, size, source);
    } else {
      vmtruncate(this.cache, inode, size, NO_LIMIT);
    }
    this.names.set(path, inode);
    return inode;
  }

  /** Whether a path is one plain name: nothing is mounted that it could lead into. */
  private isPlain(path: string): boolean {
    return this.mounts.isEmpty || this.namei.isPlain(path);
  }

  /** The same in a mount: what it has is what its file system has. */
  private createMounted(
    path: string,
    mode: number,
    bytes: Uint8Array | null,
    size: number,
  ): FileInode | number {
    const found = this.namei.openCreate(path, mode, ROOT, true, () => -Errno.EXDEV);
    if (typeof found === 'number') return found;
    const { inode } = found;
    const error = bytes === null ? 0 : this.write(inode, bytes);
    if (error !== 0) {
      this.unlink(path);
      return error;
    }
    vmtruncate(this.cache, inode, size, NO_LIMIT);
    return inode;
  }

  /** An empty inode, or -errno. */
  private newInode(
    kind: FileOptions['kind'],
    ino: number,
    { dev }: FileOptions,
    mode: number,
  ): FileInode | number {
    if (kind === 'tmpfs') return this.makers.newTmpfsInode(ino, dev ?? TMPFS_DEVICE, mode);
    const inode =
      kind === 'disk'
        ? this.disk.newInode(ino, dev ?? DISK_DEVICE, mode)
        : this.ram.newInode(ino, dev ?? RAMFS_DEVICE, mode);
    if (inode !== null) return inode;
    // ramfs takes any failure for a full disk.
    return kind === 'disk' ? -Errno.ENOMEM : -Errno.ENOSPC;
  }

  /** Writes a new file's contents, as a program would have done: 0 or -errno. */
  private write(inode: FileInode, bytes: Uint8Array): number {
    const { memory } = this.cache;
    const file = new OpenFile(inode, '', FMODE.write, false, true);
    inode.writecount++;
    const copy: CopyActor = (pfn, offset, count, done) => {
      if (memory.contentFree) return 0;
      memory.bytes.set(bytes.subarray(done, done + count), memory.base(pfn) * 4 + offset);
      return 0;
    };
    // A write that runs out of room is short; the next one says why.
    let done = 0;
    let result = 0;
    while (done < bytes.length && result >= 0) {
      result = inode.ops.write(file, done, bytes.length - done, copy, NO_LIMIT, null);
      if (result >= 0) done += result;
    }
    fput(file);
    return Math.min(result, 0);
  }

  /** What a plain name names; the node of a disk comes into memory when it is asked for. */
  private named(path: string): FileInode | null {
    const inode = this.names.get(path);
    if (inode !== undefined) return inode;
    const disk = path.startsWith('/dev/') ? this.diskNode(path) : null;
    return disk === null ? null : this.addDevice(path, () => disk);
  }

  /** The inode of a device's node, wherever it is to be seen; null: there is none. @param path as it was made: `/dev/null` */
  device(path: string): FileInode | null {
    return this.named(path);
  }

  /** All names. */
  paths(): Iterable<string> {
    return this.names.keys();
  }

  /** The inode of a path, null = none. */
  lookup(path: Path): FileInode | null {
    if (this.mounts.isEmpty) return this.named(path as string);
    const inode = this.namei.inode(path);
    return typeof inode === 'number' ? null : inode;
  }

  /** The inode of a path, or what is wrong with it. */
  find(path: Path): FileInode | number {
    return this.mounts.isEmpty ? (this.named(path as string) ?? -Errno.ENOENT) : this.namei.inode(path);
  }

  /** Removes a name: 0, or -ENOENT, -EISDIR, … The file goes when nobody uses it any more. */
  unlink(path: Path): number {
    return this.mounts.isEmpty ? this.unlinkPlain(path as string) : this.namei.unlink(path);
  }

  private unlinkPlain(path: string): number {
    const inode = this.names.get(path);
    if (inode === undefined) return -Errno.ENOENT;
    this.names.delete(path);
    inode.nlink--;
    inode.put();
    return 0;
  }

  /** Gives a file a further name; with `moves`, instead of the old one. */
  private linkPlain(from: string, to: string, moves: boolean): number {
    const inode = this.names.get(from);
    if (inode === undefined) return -Errno.ENOENT;
    if (this.names.get(to) === inode) return 0;
    inode.nlink++;
    if (moves) {
      this.unlinkPlain(to);
      this.unlinkPlain(from);
    }
    this.names.set(to, inode);
    return 0;
  }

  /** The file that open opens: what is there, or with O_CREAT a new one. */
  private openInode(path: Path, flags: number, mode: number, owner: Owner): Found | number {
    const exclusive = (flags & O.excl) !== 0;
    if (this.mounts.isEmpty) {
      const plain = path as string;
      const named = this.named(plain);
      const inode =
        named !== null
          ? (flags & O.creat) !== 0 && exclusive
            ? -Errno.EEXIST
            : named
          : (flags & O.creat) === 0
            ? -Errno.ENOENT
            : this.create(plain);
      return typeof inode === 'number' ? inode : { inode, path: plain };
    }
    const follow = (flags & O.nofollow) === 0;
    if ((flags & O.creat) !== 0) {
      return this.namei.openCreate(path, mode, owner, exclusive, (plain) => this.create(plain), follow);
    }
    const found = this.namei.find(path, follow);
    if (typeof found === 'number') return found;
    if (found.inode.kind === 'symlink') return -Errno.ELOOP;
    if ((flags & O.directory) !== 0 && found.inode.kind !== 'directory') return -Errno.ENOTDIR;
    return found;
  }

  /**
   * Opens a file. O_CREAT makes one.
   * @param flags {@link O}
   * @param createMode permission bits of a new file, in a mount
   * @param owner whose a new file is, in a mount
   * @returns the file with one reference, or -ENOENT, -EEXIST, -EISDIR (a directory, for writing), -ETXTBSY (for writing while
   *   it is executed), -ENOSPC, -ENOMEM (for a new file), -ENFILE (too many open files, or no memory for one more), -EROFS, what the
   *   path says, or what a device's driver refuses with
   * @linux 2.4.22 fs/open.c dentry_open()
   */
  open(where: Path, flags: number, createMode = 0o644, owner: Owner = ROOT): OpenFile | number {
    const found = this.openInode(where, flags, createMode, owner);
    return typeof found === 'number' ? found : this.openFound(found, flags);
  }

  /** Opens a device, whether its node is to be seen or not. @param path as it was made: `/dev/null` */
  openDevice(path: string, flags: number): OpenFile | number {
    const inode = this.named(path);
    return inode === null ? -Errno.ENXIO : this.openFound({ inode, path }, flags);
  }

  private openFound({ inode, path }: Found, flags: number): OpenFile | number {
    if (inode.kind === 'directory' && ((flags & O.accmode) !== O.rdonly || (flags & O.trunc) !== 0)) {
      return -Errno.EISDIR;
    }
    const changes = (flags & O.accmode) !== O.rdonly || (flags & O.trunc) !== 0;
    if (changes && inode.kind === 'regular' && !this.mounts.isEmpty && this.namei.writable(path) !== 0) {
      return -Errno.EROFS;
    }
    // 0 reads, 1 writes, 2 does both; 3 does neither but may ioctl.
    const mode = ((flags & O.accmode) + 1) & O.accmode;
    const filp = this.vfs.getEmptyFilp();
    if (filp === 0) return -Errno.ENFILE;
    if ((mode & FMODE.write) !== 0) {
      if (inode.writecount < 0) {
        this.vfs.putFilp(filp);
        return -Errno.ETXTBSY;
      }
      inode.writecount++;
    }
    const [append, largefile, sync] = [O.append, O.largefile, O.sync].map((bit) => (flags & bit) !== 0);
    const file = new OpenFile(inode, path, mode, append, largefile, sync, filp);
    file.nonblock = (flags & O.nonblock) !== 0;
    const refused = inode.ops.open?.(file) ?? 0;
    this.settle();
    if (refused !== 0) {
      discard(file);
      return refused;
    }
    if ((flags & O.trunc) !== 0 && inode.kind === 'regular') {
      vmtruncate(this.cache, inode, 0, NO_LIMIT);
    }
    return file;
  }

  /** Opens a directory for the kernel itself, which takes no file struct: with a reference, or -errno. */
  openDirectory(path: Path): OpenFile | number {
    const found = this.namei.find(path);
    if (typeof found === 'number') return found;
    if (found.inode.kind !== 'directory') return -Errno.ENOTDIR;
    const file = new OpenFile(found.inode, found.path, FMODE.read);
    file.inode.ops.open?.(file);
    this.settle();
    return file;
  }

  /** A walk along a path is over. */
  settle(): void {
    for (const mount of this.mounts) mount.fs.settle?.();
  }

  /** Drops a reference to an open file. @linux fput() */
  release(file: File): void {
    fput(file);
  }

  private readonly evict = (inode: FileInode): void => {
    evictInode(this.cache, inode);
    inode.free();
  };
}

/** What a dentry holds of a path. */
function lastComponent(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
