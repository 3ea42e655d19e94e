import type { BufferHead } from '../block/buffer-head.ts';
import type { Addr, Pfn } from '../types.ts';
import type { AddressSpace } from './address-space.ts';
import { type File, FMODE, type Inode, type InodeKind } from './inode.ts';
import type { FileSizeLimit } from './ports.ts';
import { I, type SuperBlock } from './super-block.ts';
import type { Dentry, VfsObjects } from './vfs-objects.ts';

/**
 * Copies `bytes` bytes between a page (from byte `offset`) and the caller's buffer (from byte `done`): the number of
 * bytes that it could not copy, because the buffer ends or faults there. On the way into the page those become zero, as
 * copy_from_user() does it: the page may be fresh.
 */
export type CopyActor = (pfn: Pfn, offset: number, bytes: number, done: number) => number;

/** Brings the pages of the caller's buffer in before a page is locked; a fault is ignored. */
export type Prefault = (done: number, bytes: number) => void;

/** What the kind of an inode does. @linux struct inode_operations, struct file_operations */
export interface InodeOperations {
  /** Bytes beyond which nothing can be stored. @linux s_maxbytes */
  readonly maxBytes: number;
  /** mmap's way with it. */
  readonly mmapKind: File['mmapKind'];
  /** A file was opened: 0, or -errno, which refuses it. */
  open?(file: OpenFile): number;
  /** The last reference to an open file is gone. */
  release?(file: OpenFile): void;
  /** Reads straight into the running task's memory, instead of {@link read}: bytes read, or -errno. */
  readUser?(file: OpenFile, addr: number, count: number, position: number): number;
  /** Writes straight from the running task's memory, instead of {@link write}: bytes written, or -errno. */
  writeUser?(file: OpenFile, addr: number, count: number, position: number): number;
  /** Room that the file takes, in units of 512 bytes; absent: none. @linux i_blocks */
  blocks?(inode: FileInode): number;
  /** Bytes read (short at the end or a bad buffer), or -errno. */
  read(file: OpenFile, position: number, count: number, actor: CopyActor): number;
  /** Bytes written, or -errno. */
  write(
    file: OpenFile,
    position: number,
    count: number,
    actor: CopyActor,
    limit: FileSizeLimit,
    prefault: Prefault | null,
  ): number;
  /**
   * Stands around a change of the size, which `change` makes, for a file system that has to prepare it: what `change` returns.
   * @linux i_op->setattr
   */
  setSize?(inode: FileInode, size: number, change: () => number): number;
  /** Told after `size` changed and the pages beyond it were dropped. @linux i_op->truncate */
  truncate?(inode: FileInode): void;
  /** Block of the device that holds block `block` of the file, 0 = a hole. @linux a_ops->bmap */
  bmap?(inode: FileInode, block: number): number;
  /** Told of a read, for the time of the last access. @linux UPDATE_ATIME */
  accessed?(inode: FileInode): void;
  /** Told that a write begins, for the time of the last change. */
  modified?(inode: FileInode): void;
  /** Writes what write(2) has changed, and waits: 0 or -EIO. For files opened with O_SYNC. @linux generic_osync_inode() */
  osync?(inode: FileInode): number;
  /**
   * Writes a file's buffers and inode, and waits: 0 or -EIO. Without it fsync is refused.
   * @param datasync only what is needed to read the data again
   * @linux file_operations.fsync
   */
  fsync?(inode: FileInode, datasync: boolean): number;
  /** Told when the last link and the last user are gone and no page is left; the mapping is freed afterwards. */
  deleteInode?(inode: FileInode): void;
}

/** Who keeps inodes that nobody uses, as they are on a disk too. */
export interface InodeKeeper {
  /** The last reference is gone. */
  unused(inode: FileInode): void;
}

/** An inode with its operations and users. @linux struct inode */
export class FileInode implements Inode {
  ino: number;
  readonly dev: number;
  readonly kind: InodeKind;
  size = 0;
  nlink = 1;
  writecount = 0;
  mapping!: AddressSpace;
  /** Permission bits, with set-uid, set-gid and sticky. */
  mode: number;
  /** Owner. */
  uid = 0;
  gid = 0;
  /** Seconds since 1970 of the last read, of the last change of contents, and of the last change of anything. */
  atime = 0;
  mtime = 0;
  ctime = 0;
  /** What a device's node stands for: major << 8 | minor. @linux i_rdev */
  rdev = 0;
  readonly ops: InodeOperations;
  /** Where the objects of the inode, its name and its open files come from; null: it has none. */
  vfs: VfsObjects | null = null;
  /** Open files that refer to it. @linux i_count without the directory's own reference */
  users = 0;
  /** Its object in `inode_cache`, 0 = none. */
  slabAddr: Addr = 0;
  /** Its name; null before it has one. */
  dentry: Dentry | null = null;
  /** File system on a disk that it belongs to; null: none, or one that lives in memory. */
  sb: SuperBlock | null = null;
  /** References that are no open files: names that were looked up. */
  held = 0;
  /** Keeps the inode when nobody uses it; null: it lives in memory alone, as long as it has a name. */
  keeper: InodeKeeper | null = null;
  /** What its file system knows of it. @linux u.generic_ip */
  generic: object | null = null;
  /** {@link I} bits. @linux i_state */
  state = 0;
  /** The list that it hangs on: of its super block, or of clean inodes. @linux i_list */
  list: Set<FileInode> | null = null;
  /** Device of its blocks (major << 8 | minor), and bytes of a block as a power of two. @linux i_dev, i_blkbits */
  blockDev = 0;
  blkBits = 12;
  /** Dirty buffers of its metadata and of its data, the oldest first. @linux i_dirty_buffers, i_dirty_data_buffers */
  readonly dirtyBuffers = new Set<BufferHead>();
  readonly dirtyDataBuffers = new Set<BufferHead>();
  /** Makes away with the inode; set by who made it. */
  onUnused: ((inode: FileInode) => void) | null = null;

  constructor(ino: number, dev: number, kind: InodeKind, mode: number, ops: InodeOperations) {
    this.ino = ino;
    this.dev = dev;
    this.kind = kind;
    this.mode = mode;
    this.ops = ops;
  }

  /** Takes the inode's object: false = no memory. */
  charge(vfs: VfsObjects): boolean {
    this.vfs = vfs;
    this.slabAddr = vfs.allocInode();
    return this.slabAddr !== 0;
  }

  /** Gives back the objects of an inode that has ended, and of its name. */
  free(): void {
    if (this.slabAddr !== 0) this.vfs?.freeInode(this.slabAddr);
    this.slabAddr = 0;
    if (this.dentry !== null) this.vfs?.freeDentry(this.dentry);
    this.dentry = null;
  }

  /** Users of any kind. @linux i_count */
  get count(): number {
    return this.users + this.held;
  }

  /** Notes that the inode is to be written. @linux mark_inode_dirty(), __mark_inode_dirty() */
  markDirty(flags: number = I.dirtySync | I.dirtyDatasync | I.dirtyPages): void {
    const { sb } = this;
    if (sb === null || (this.state & flags) === flags) return;
    this.state |= flags;
    if ((this.state & (I.lock | I.freeing)) === 0) this.moveTo(sb.dirty);
  }

  /** Moves the inode to the young end of a list; null: to none. */
  moveTo(list: Set<FileInode> | null): void {
    this.list?.delete(this);
    this.list = list;
    list?.add(this);
  }

  /** Ends the inode if nobody can reach it any more. @linux iput() */
  put(): void {
    if (this.keeper !== null) {
      if (this.count === 0) this.keeper.unused(this);
      return;
    }
    if (this.nlink === 0 && this.users === 0) this.onUnused?.(this);
  }
}

/** An open file of the in-memory file system. @linux struct file */
export class OpenFile implements File {
  readonly inode: FileInode;
  readonly mode: number;
  append: boolean;
  /** May hold more than 2^31 - 1 bytes. @linux O_LARGEFILE */
  readonly largefile: boolean;
  /** O_SYNC */
  readonly sync: boolean;
  readonly path: string;
  /** Reads and writes that would have to wait are refused; who waits for something heeds it. @linux O_NONBLOCK */
  nonblock = false;
  /** Where read and write go on, bytes. @linux f_pos */
  pos = 0;
  /** Drops what else the file holds: the name that it was opened by. @linux f_dentry */
  onClose: (() => void) | null = null;
  count = 1;
  readonly mmapKind: File['mmapKind'];
  /** Its object in `filp`, 0 = none: the host's own use of a file. */
  readonly slabAddr: Addr;
  /** The last operation was a read that went on from here. @linux f_reada */
  reada = 0;
  /** Read-ahead state, pages. @linux f_ramax, f_raend, f_ralen, f_rawin */
  ramax = 0;
  raend = 0;
  ralen = 0;
  rawin = 0;

  constructor(
    inode: FileInode,
    path: string,
    mode: number,
    append = false,
    largefile = false,
    sync = false,
    slabAddr: Addr = 0,
  ) {
    this.slabAddr = slabAddr;
    this.inode = inode;
    this.path = path;
    this.mode = mode;
    this.append = append;
    this.largefile = largefile;
    this.sync = sync;
    this.mmapKind = inode.ops.mmapKind;
    inode.users++;
  }
}

/**
 * Drops a reference to an open file; the last one closes it, and a deleted file without users goes with its pages.
 * @linux 2.4.22 fs/file_table.c fput()
 */
export function fput(file: File): void {
  if (--file.count > 0) return;
  if (file.count < 0) throw new RangeError(`file ${file.path} is closed but was not open`);
  if (!(file instanceof OpenFile)) return;
  file.inode.ops.release?.(file);
  discard(file);
}

/** Takes an open file back that was never open: its driver refused it, and is not told. @linux fs/open.c dentry_open() */
export function discard(file: OpenFile): void {
  const inode = file.inode;
  if ((file.mode & FMODE.write) !== 0) inode.writecount--;
  if (file.slabAddr !== 0) inode.vfs?.putFilp(file.slabAddr);
  inode.users--;
  inode.put();
  file.onClose?.();
}
