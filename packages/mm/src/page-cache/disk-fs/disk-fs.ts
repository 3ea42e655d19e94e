/**
 * ext2: a file system whose every byte is on a block device. Its metadata is read and written through buffers, its files and
 * directories through the page cache.
 *
 * @linux 2.4.22 fs/ext2
 */
import { Errno } from '../../errno.ts';
import { GFP_HIGHUSER } from '../../page-allocator/gfp.ts';
import type { Pfn } from '../../types.ts';
import type { AddressSpaceOperations } from '../address-space.ts';
import type { BlockDeviceNode, BlockDevices } from '../block-devices.ts';
import { BlockPages } from '../buffers/block-pages.ts';
import type { BufferCache } from '../buffers/buffer-cache.ts';
import { fsyncBuffersList } from '../buffers/flush.ts';
import type { CachedName, DentryCache } from '../dentry-cache.ts';
import type { DirectoryInode, Dirent, MountedFileSystem, Owner, Statfs } from '../directory.ts';
import { genericFileRead } from '../generic-file-read.ts';
import { genericFileWrite, type PageWriter } from '../generic-file-write.ts';
import { FMODE } from '../inode.ts';
import type { InodeCache } from '../inode-cache.ts';
import {
  type CopyActor,
  FileInode,
  fput,
  type InodeOperations,
  OpenFile,
  type Prefault,
} from '../open-file.ts';
import type { FileSizeLimit } from '../ports.ts';
import { I, I_DIRTY } from '../super-block.ts';
import type { VfsObjects } from '../vfs-objects.ts';
import { type AllocationRights, BlockMap } from './block-map.ts';
import { DirectoryPages } from './directory-pages.ts';
import { DiskDirectory, infoOf, newInfo, readInode, updateInode } from './disk-inode.ts';
import { freeInodeNumber, newInodeNumber } from './inode-allocation.ts';
import { EXT2_SUPER_MAGIC, FAST_LINK_BYTES, FT_DIR, FT_REG_FILE, FT_SYMLINK, ROOT_INO } from './layout.ts';
import { Volume } from './volume.ts';

/** The rooms and caches that a mounted file system uses. */
export interface DiskFsParts {
  readonly buffers: BufferCache;
  readonly devices: BlockDevices;
  readonly inodes: InodeCache;
  readonly names: DentryCache;
  readonly vfs: VfsObjects;
  readonly rights: AllocationRights;
  /** Seconds. */
  now(): number;
}

/** Names that were found last and stay in use, so that a walk along a path does not lose its ground. */
const RECENT = 8;

export class DiskFs implements MountedFileSystem, InodeOperations, PageWriter {
  readonly mmapKind = 'file';
  readonly vfs: VfsObjects;
  readonly volume: Volume;
  private readonly parts: DiskFsParts;
  private readonly map: BlockMap;
  private readonly pages: BlockPages;
  private readonly directories: DirectoryPages;
  private readonly mappingOps: AddressSpaceOperations;
  private rootName!: CachedName;
  private readonly recent: CachedName[] = [];
  /** Names of directories that something is mounted at: each is a reference. @linux mnt_mountpoint */
  private readonly mountPoints = new Map<DirectoryInode, CachedName>();

  private constructor(parts: DiskFsParts, volume: Volume) {
    this.parts = parts;
    this.vfs = parts.vfs;
    this.volume = volume;
    this.map = new BlockMap(volume, parts.rights);
    this.pages = new BlockPages(parts.buffers, this.map.getBlock);
    this.directories = new DirectoryPages(parts.buffers.cache, this.pages, volume.blockSize);
    const { pages } = this;
    const { buffers } = parts;
    this.mappingOps = {
      readpage: (inode, pfn) => pages.readFullPage(inode as FileInode, pfn),
      writepage: (inode, pfn) => pages.writeFullPage(inode as FileInode, pfn),
      flushpage: (pfn, offset) => buffers.discardPage(pfn, offset),
    };
  }

  /**
   * Mounts the file system on a device.
   *
   * @returns -ENXIO (no such disk), -EBUSY (in use), -EIO, -EINVAL (no ext2), -ENOMEM
   */
  static mount(parts: DiskFsParts, node: BlockDeviceNode): DiskFs | number {
    const { devices, inodes } = parts;
    if (node.openers > 0) return -Errno.EBUSY;
    const opened = devices.openNode(node);
    if (opened !== 0) return opened;
    let fs: DiskFs | null = null;
    const volume = Volume.mount({
      buffers: parts.buffers,
      devices,
      node,
      now: () => parts.now(),
      ops: {
        writeInode: (inode, sync) => fs?.writeInode(inode, sync),
        deleteInode: (inode) => fs?.endInode(inode),
        writeSuper: () => volumeOf(fs).writeSuper(),
      },
    });
    if (typeof volume === 'number') {
      devices.closeNode(node);
      return volume;
    }
    fs = new DiskFs(parts, volume);
    inodes.writeback.lists.superBlocks.push(volume.sb);
    const error = fs.openRoot();
    if (error === 0) return fs;
    fs.shutDown();
    return error;
  }

  private openRoot(): number {
    const root = this.inode(ROOT_INO);
    if (typeof root === 'number') return root;
    if (!(root instanceof DiskDirectory)) {
      this.parts.inodes.put(root);
      return -Errno.EINVAL;
    }
    const name = this.parts.names.add(null, '/', root);
    if (name === null) {
      this.parts.inodes.put(root);
      return -Errno.ENOMEM;
    }
    infoOf(root).lastName = name;
    this.rootName = name;
    return 0;
  }

  get root(): DiskDirectory {
    return this.rootName.inode as DiskDirectory;
  }

  // ---- inodes

  /** An inode with a reference, from memory or from the disk; or -EIO, -ENOMEM. @linux iget() */
  private inode(ino: number): FileInode | number {
    const { inodes } = this.parts;
    const found = inodes.find(this.volume.sb, ino);
    if (found !== null) return found;
    const { dev } = this.volume.sb;
    const inode = readInode(this.volume, ino, { dev, fileOps: this, source: this });
    if (inode === null) return -Errno.EIO;
    // Reading may have slept, and somebody else may have read it as well.
    const meanwhile = inodes.find(this.volume.sb, ino);
    return meanwhile ?? this.adopt(inode);
  }

  /** Makes an inode one of the cache's. */
  private adopt(inode: FileInode): FileInode | number {
    if (!inode.charge(this.vfs)) return -Errno.ENOMEM;
    inode.sb = this.volume.sb;
    inode.blockDev = this.volume.sb.dev;
    inode.blkBits = Math.log2(this.volume.blockSize);
    inode.mapping = this.parts.buffers.cache.newMapping(inode, this.mappingOps, GFP_HIGHUSER);
    this.parts.inodes.add(inode);
    return inode;
  }

  private writeInode(inode: FileInode, sync: boolean): void {
    updateInode(this.volume, inode, sync);
  }

  /** @linux 2.4.22 fs/ext2/inode.c ext2_delete_inode() */
  private endInode(inode: FileInode): void {
    const { volume } = this;
    updateInode(volume, inode, false, volume.now());
    inode.size = 0;
    if (infoOf(inode).blocks > 0) this.map.truncate(inode, 0);
    updateInode(volume, inode, false, volume.now());
    freeInodeNumber(volume, inode.ino, inode.kind === 'directory');
  }

  /** A new inode of a directory, with a reference. @linux ext2_new_inode() */
  private newInode(
    dir: DiskDirectory,
    mode: number,
    owner: Owner,
    kind: 'regular' | 'directory' | 'symlink',
  ): FileInode | number {
    const { volume } = this;
    const isDirectory = kind === 'directory';
    const ino = newInodeNumber(volume, infoOf(dir).group, isDirectory);
    if (ino < 0) return ino;
    const { dev } = volume.sb;
    const inode = isDirectory
      ? new DiskDirectory(ino, dev, mode & 0o7777, owner, this)
      : new FileInode(ino, dev, kind, mode & 0o7777, this);
    inode.generic = newInfo(volume, ino);
    inode.uid = owner.uid;
    inode.gid = owner.gid;
    inode.atime = inode.mtime = inode.ctime = volume.now();
    const adopted = this.adopt(inode);
    if (typeof adopted === 'number') {
      freeInodeNumber(volume, ino, isDirectory);
      return adopted;
    }
    inode.markDirty();
    return inode;
  }

  // ---- names

  /** @linux real_lookup(), ext2_lookup() */
  find(directory: DiskDirectory, name: string): FileInode | null {
    const { names } = this.parts;
    const parent = infoOf(directory).lastName;
    if (parent === null) return null;
    let found = names.lookup(parent, name);
    if (found === null) {
      const ino = this.directories.lookup(directory, name);
      const inode = ino === 0 ? null : this.inode(ino);
      if (typeof inode === 'number') return null;
      found = this.remember(parent, name, inode);
      if (found === null) return null;
    }
    this.pin(found);
    return found.inode;
  }

  /** Takes over a reference to the inode. */
  private remember(parent: CachedName, name: string, inode: FileInode | null): CachedName | null {
    const { names, inodes } = this.parts;
    const made = names.lookup(parent, name) ?? names.add(parent, name, inode);
    if (made === null) {
      if (inode !== null) inodes.put(inode);
      return null;
    }
    if (inode !== null) {
      infoOf(inode).lastName = made;
      if (inode instanceof DiskDirectory) inode.parent = parent.inode as DiskDirectory;
    }
    return made;
  }

  /** Keeps a name, whose reference is taken over, until some more were found. */
  private pin(name: CachedName): void {
    this.recent.push(name);
    if (this.recent.length > RECENT) this.parts.names.put(this.recent.shift() as CachedName);
  }

  /** Lets go of the names that were found last. */
  settle(): void {
    for (const name of this.recent.splice(0)) this.parts.names.put(name);
  }

  hold(directory: DirectoryInode): void {
    const name = infoOf(directory).lastName;
    if (name !== null) this.mountPoints.set(directory, this.parts.names.get(name));
  }

  letGo(directory: DirectoryInode): void {
    const name = this.mountPoints.get(directory);
    if (name === undefined) return;
    this.mountPoints.delete(directory);
    this.parts.names.put(name);
  }

  names(directory: DiskDirectory): Dirent[] {
    const names = this.directories.names(directory);
    this.accessed(directory);
    return names;
  }

  /** Puts a new inode, whose reference is taken over, under a name. */
  private link1(dir: DiskDirectory, name: string, inode: FileInode): number {
    const error = this.directories.add(dir, name, inode.ino, entryType(inode));
    if (error !== 0) return error;
    this.modified(dir);
    this.forget(dir, name);
    const parent = infoOf(dir).lastName as CachedName;
    const made = this.remember(parent, name, inode);
    if (made !== null) this.pin(made);
    return 0;
  }

  /** The name does not stand for what it stood for. @linux d_delete() */
  private forget(dir: DiskDirectory, name: string): void {
    const { names } = this.parts;
    const parent = infoOf(dir).lastName;
    const old = parent === null ? null : names.lookup(parent, name);
    if (old === null) return;
    names.unhash(old);
    names.put(old);
  }

  create(dir: DiskDirectory, name: string, mode: number, owner: Owner): FileInode | number {
    const inode = this.newInode(dir, mode, owner, 'regular');
    if (typeof inode === 'number') return inode;
    return this.place(dir, name, inode);
  }

  /** Names a new inode, or takes it back. */
  private place<T extends FileInode>(dir: DiskDirectory, name: string, inode: T): T | number {
    const error = this.link1(dir, name, inode);
    if (error === 0) return inode;
    inode.nlink = 0;
    inode.markDirty();
    this.parts.inodes.put(inode);
    return error;
  }

  mkdir(dir: DiskDirectory, name: string, mode: number, owner: Owner): DiskDirectory | number {
    if (dir.nlink >= 32000) return -Errno.EMLINK;
    const inode = this.newInode(dir, mode, owner, 'directory') as DiskDirectory | number;
    if (typeof inode === 'number') return inode;
    const error = this.directories.makeEmpty(inode, dir.ino, FT_DIR);
    const made = error === 0 ? this.place(dir, name, inode) : error;
    if (typeof made === 'number') {
      if (error !== 0) {
        inode.nlink = 0;
        this.parts.inodes.put(inode);
      }
      return made;
    }
    dir.nlink++;
    dir.markDirty();
    return inode;
  }

  /** A short target lies in the inode, a longer one in a block. @linux 2.4.22 fs/ext2/namei.c ext2_symlink() */
  symlink(dir: DiskDirectory, name: string, target: string, owner: Owner): FileInode | number {
    const bytes = new TextEncoder().encode(target);
    if (bytes.length + 1 > this.volume.blockSize) return -Errno.ENAMETOOLONG;
    const inode = this.newInode(dir, 0o777, owner, 'symlink');
    if (typeof inode === 'number') return inode;
    if (bytes.length < FAST_LINK_BYTES) {
      const words = new DataView(infoOf(inode).data.buffer);
      bytes.forEach((byte, i) => {
        words.setUint8(i, byte);
      });
      inode.size = bytes.length;
      return this.place(dir, name, inode);
    }
    const error = this.writeLink(inode, bytes);
    if (error === 0) return this.place(dir, name, inode);
    inode.nlink = 0;
    inode.markDirty();
    this.parts.inodes.put(inode);
    return error;
  }

  /** Puts a target into the first block of a link. @linux 2.4.22 fs/buffer.c block_symlink() */
  private writeLink(inode: FileInode, target: Uint8Array): number {
    const { memory } = this.parts.buffers.cache;
    const file = new OpenFile(inode, '', FMODE.write, false, true);
    inode.writecount++;
    const limit = { fsizeLimit: 0xffffffff, sendSigxfsz: () => {} };
    const copy: CopyActor = (pfn, offset, count, done) => {
      memory.bytes.set(target.subarray(done, done + count), memory.base(pfn) * 4 + offset);
      return 0;
    };
    inode.held++;
    const written = this.write(file, 0, target.length, copy, limit, null);
    fput(file);
    inode.held--;
    return written < 0 ? written : 0;
  }

  readlink(inode: FileInode): string | number {
    const { data, blocks } = infoOf(inode);
    if (blocks === 0) return new TextDecoder().decode(new Uint8Array(data.buffer, 0, inode.size));
    const { memory } = this.parts.buffers.cache;
    const target = new Uint8Array(inode.size);
    const file = new OpenFile(inode, '', FMODE.read);
    const read = this.read(file, 0, target.length, (pfn, offset, count, done) => {
      const from = memory.base(pfn) * 4 + offset;
      target.set(memory.bytes.subarray(from, from + count), done);
      return 0;
    });
    fput(file);
    return read < 0 ? read : new TextDecoder().decode(target.subarray(0, read));
  }

  link(inode: FileInode, dir: DiskDirectory, name: string): number {
    if (inode.nlink >= 32000) return -Errno.EMLINK;
    inode.nlink++;
    inode.held++;
    const error = this.link1(dir, name, inode);
    if (error !== 0) {
      inode.nlink--;
      this.parts.inodes.put(inode);
      return error;
    }
    this.changed(inode);
    return 0;
  }

  unlink(dir: DiskDirectory, name: string): number {
    const inode = this.find(dir, name);
    if (inode === null) return -Errno.ENOENT;
    const error = this.directories.remove(dir, name);
    if (error !== 0) return error;
    this.modified(dir);
    inode.nlink--;
    this.changed(inode);
    this.forget(dir, name);
    this.settle();
    return 0;
  }

  rmdir(dir: DiskDirectory, name: string): number {
    const inode = this.find(dir, name);
    if (!(inode instanceof DiskDirectory)) return inode === null ? -Errno.ENOENT : -Errno.ENOTDIR;
    if (!this.directories.isEmpty(inode)) return -Errno.ENOTEMPTY;
    const error = this.directories.remove(dir, name);
    if (error !== 0) return error;
    this.modified(dir);
    inode.nlink = 0;
    this.changed(inode);
    dir.nlink--;
    dir.markDirty();
    const own = infoOf(inode).lastName;
    if (own !== null) this.parts.names.shrinkBelow(own);
    this.forget(dir, name);
    this.settle();
    return 0;
  }

  rename(oldDir: DiskDirectory, oldName: string, newDir: DiskDirectory, newName: string): number {
    const inode = this.find(oldDir, oldName);
    if (inode === null) return -Errno.ENOENT;
    const target = this.find(newDir, newName);
    const isDirectory = inode instanceof DiskDirectory;
    if (target instanceof DiskDirectory && !this.directories.isEmpty(target)) return -Errno.ENOTEMPTY;
    const kind = entryType(inode);
    const error =
      target === null
        ? this.directories.add(newDir, newName, inode.ino, kind)
        : this.directories.set(newDir, newName, inode.ino, kind);
    if (error !== 0) return error;
    const removed = this.directories.remove(oldDir, oldName);
    if (target !== null) {
      target.nlink -= target instanceof DiskDirectory ? 2 : 1;
      if (target instanceof DiskDirectory) newDir.nlink--;
      this.changed(target);
    }
    if (isDirectory && oldDir !== newDir) {
      this.directories.set(inode, '..', newDir.ino, FT_DIR);
      oldDir.nlink--;
      newDir.nlink++;
    }
    this.modified(oldDir);
    this.modified(newDir);
    inode.held++;
    const moved = infoOf(inode).lastName;
    this.forget(oldDir, oldName);
    this.forget(newDir, newName);
    // Names below a directory that moves are looked up again.
    if (isDirectory && moved !== null) this.parts.names.shrinkBelow(moved);
    this.changed(inode);
    const made = this.remember(infoOf(newDir).lastName as CachedName, newName, inode);
    if (made !== null) this.parts.names.put(made);
    this.settle();
    return removed;
  }

  statfs(): Statfs {
    const { volume } = this;
    const bavail = Math.max(0, volume.freeBlocks - volume.reservedBlocks);
    return {
      type: EXT2_SUPER_MAGIC,
      bsize: volume.blockSize,
      blocks: volume.blocksCount,
      bfree: volume.freeBlocks,
      bavail,
      files: volume.inodesCount,
      ffree: volume.freeInodes,
      namelen: 255,
    };
  }

  // ---- files

  get maxBytes(): number {
    return this.map.maxBytes;
  }

  open(file: OpenFile): number {
    const { names } = this.parts;
    const name = infoOf(file.inode).lastName;
    if (name !== null && name.inode === file.inode) {
      names.get(name);
      file.onClose = () => names.put(name);
    }
    return 0;
  }

  read(file: OpenFile, position: number, count: number, actor: CopyActor): number {
    return genericFileRead(this.parts.buffers.cache, file, position, count, actor);
  }

  write(
    file: OpenFile,
    position: number,
    count: number,
    actor: CopyActor,
    limit: FileSizeLimit,
    prefault: Prefault | null,
  ): number {
    const { cache } = this.parts.buffers;
    return genericFileWrite(cache, this, file, position, count, actor, limit, prefault);
  }

  blocks(inode: FileInode): number {
    return infoOf(inode).blocks;
  }

  bmap(inode: FileInode, block: number): number {
    return this.pages.bmap(inode, block);
  }

  prepareWrite(pfn: Pfn, from: number, to: number): number {
    return this.pages.prepareWrite(pfn, from, to);
  }

  commitWrite(pfn: Pfn, from: number, to: number): number {
    return this.pages.commitWrite(pfn, from, to);
  }

  /** @linux 2.4.22 fs/ext2/inode.c ext2_truncate() */
  truncate(inode: FileInode): void {
    this.pages.truncatePage(inode.mapping, inode.size);
    this.map.truncate(inode, Math.ceil(inode.size / this.volume.blockSize));
    this.modified(inode);
    inode.markDirty();
  }

  accessed(inode: FileInode): void {
    const now = this.volume.now();
    if (inode.atime === now) return;
    inode.atime = now;
    inode.markDirty(I.dirtySync);
  }

  modified(inode: FileInode): void {
    inode.mtime = this.volume.now();
    inode.ctime = inode.mtime;
    inode.markDirty(I.dirtySync);
  }

  private changed(inode: FileInode): void {
    inode.ctime = this.volume.now();
    inode.markDirty();
  }

  /** @linux 2.4.22 fs/ext2/fsync.c ext2_fsync_inode() */
  fsync(inode: FileInode, datasync: boolean): number {
    let error = this.syncBuffersOf(inode);
    if ((inode.state & I_DIRTY) === 0) return error;
    if (datasync && (inode.state & I.dirtyDatasync) === 0) return error;
    if (!updateInode(this.volume, inode, true)) error = -Errno.EIO;
    return error;
  }

  /** @linux 2.4.22 fs/inode.c generic_osync_inode() */
  osync(inode: FileInode): number {
    const error = this.syncBuffersOf(inode);
    const { writeback } = this.parts.inodes;
    if ((inode.state & I.dirtyDatasync) !== 0) writeback.writeInodeNow(inode, true);
    else writeback.settle(inode);
    return error;
  }

  private syncBuffersOf(inode: FileInode): number {
    const { buffers } = this.parts;
    const metadata = fsyncBuffersList(buffers, inode.dirtyBuffers);
    const data = fsyncBuffersList(buffers, inode.dirtyDataBuffers);
    return metadata !== 0 || data !== 0 ? -Errno.EIO : 0;
  }

  // ---- unmounting

  /** Names that nobody uses go first. @linux do_umount() */
  get busy(): boolean {
    this.settle();
    this.parts.names.shrinkBelow(this.rootName);
    const { children, count } = this.rootName;
    return children.size > 0 || count > 1 || this.parts.inodes.hasUsers(this.volume.sb);
  }

  destroy(): void {
    this.parts.names.unhash(this.rootName);
    this.parts.names.put(this.rootName);
    this.shutDown();
  }

  /** Writes everything, and forgets it. @linux kill_super() */
  private shutDown(): void {
    const { inodes, devices } = this.parts;
    const { lists } = inodes.writeback;
    const { sb, node } = this.volume;
    inodes.writeback.fsyncSuper(sb);
    sb.active = false;
    inodes.invalidate(sb);
    this.volume.setValid();
    this.volume.release();
    lists.superBlocks.splice(lists.superBlocks.indexOf(sb), 1);
    devices.closeNode(node);
  }
}

function entryType({ kind }: FileInode): number {
  if (kind === 'directory') return FT_DIR;
  return kind === 'symlink' ? FT_SYMLINK : FT_REG_FILE;
}

function volumeOf(fs: DiskFs | null): Volume {
  return (fs as DiskFs).volume;
}
