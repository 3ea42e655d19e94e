/**
 * Files of a disk whose contents the host tells: bytes, a function, or nothing (zeroes). They are read and written through
 * buffers like those of any file system on a disk, with all that follows: reads take time, writes are dirty buffers first.
 *
 * Where a file's blocks are is known without asking the disk. A file that needs its metadata on the disk belongs on a mounted
 * file system: see `disk-fs/`.
 */
import { BH, type BufferHead } from '../block/buffer-head.ts';
import { Errno } from '../errno.ts';
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpaceOperations } from './address-space.ts';
import { BlockPages } from './buffers/block-pages.ts';
import type { BufferCache } from './buffers/buffer-cache.ts';
import { fsyncBuffersList } from './buffers/flush.ts';
import type { DiskFileStore, PageSource } from './disk-file-store.ts';
import { genericFileRead } from './generic-file-read.ts';
import { genericFileWrite, type PageWriter } from './generic-file-write.ts';
import type { InodeLists } from './inode-lists.ts';
import {
  type CopyActor,
  FileInode,
  type InodeOperations,
  type OpenFile,
  type Prefault,
} from './open-file.ts';
import type { FileSizeLimit } from './ports.ts';
import { MAX_LFS_FILESIZE } from './ram-file.ts';
import { SuperBlock } from './super-block.ts';
import type { VfsObjects } from './vfs-objects.ts';

/** All such files. */
export class DiskFiles implements InodeOperations, PageWriter {
  readonly maxBytes = MAX_LFS_FILESIZE;
  readonly mmapKind = 'file';
  private readonly buffers: BufferCache;
  private readonly vfs: VfsObjects;
  private readonly store: DiskFileStore;
  private readonly pages: BlockPages;
  private readonly lists: InodeLists;
  private readonly sb: SuperBlock;
  private readonly blockDev: number;
  private readonly mappingOps: AddressSpaceOperations;

  /** @param dev the disk that `store` is the medium of */
  constructor(buffers: BufferCache, vfs: VfsObjects, store: DiskFileStore, dev: number, lists: InodeLists) {
    this.buffers = buffers;
    this.vfs = vfs;
    this.store = store;
    this.blockDev = dev;
    this.lists = lists;
    this.sb = new SuperBlock(dev, {});
    lists.superBlocks.push(this.sb);
    const pages = new BlockPages(buffers, (inode, block, bh, create) =>
      this.getBlock(inode as DiskInode, block, bh, create),
    );
    this.pages = pages;
    this.mappingOps = {
      readpage: (inode, pfn) => pages.readFullPage(inode as FileInode, pfn),
      writepage: (inode, pfn) => pages.writeFullPage(inode as FileInode, pfn),
      flushpage: (pfn, offset) => buffers.discardPage(pfn, offset),
    };
  }

  /** A new empty file; null = no memory. */
  newInode(ino: number, dev: number, mode: number): DiskInode | null {
    const inode = new DiskInode(ino, dev, mode, this);
    if (!inode.charge(this.vfs)) return null;
    inode.mapping = this.buffers.cache.newMapping(inode, this.mappingOps, GFP_HIGHUSER);
    inode.blockDev = this.blockDev;
    inode.sb = this.sb;
    inode.moveTo(this.lists.inUse);
    return inode;
  }

  /** Puts contents on the disk of an empty file. `source` null: `size` zeroes, which are read from the disk all the same. */
  setSource(inode: DiskInode, size: number, source: PageSource | null): void {
    inode.size = size;
    inode.firstBlock = this.store.allocate(size, source);
    inode.extentBlocks = Math.ceil(size / 4096);
  }

  /** @linux get_block_t */
  private getBlock(inode: DiskInode, block: number, bh: BufferHead, create: boolean): number {
    let place = block < inode.extentBlocks ? inode.firstBlock + block : inode.blocks.get(block);
    if (place === undefined) {
      if (!create) return 0;
      place = this.store.allocateBlock();
      inode.blocks.set(block, place);
      bh.state |= BH.new;
      inode.markDirty();
    }
    bh.dev = this.blockDev;
    bh.blocknr = place;
    bh.state |= BH.mapped;
    return 0;
  }

  read(file: OpenFile, position: number, count: number, actor: CopyActor): number {
    return genericFileRead(this.buffers.cache, file, position, count, actor);
  }

  write(
    file: OpenFile,
    position: number,
    count: number,
    actor: CopyActor,
    limit: FileSizeLimit,
    prefault: Prefault | null,
  ): number {
    return genericFileWrite(this.buffers.cache, this, file, position, count, actor, limit, prefault);
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

  /** Blocks that were cut off do not come back when the file grows again. */
  truncate(inode: FileInode): void {
    const disk = inode as DiskInode;
    this.pages.truncatePage(disk.mapping, disk.size);
    const kept = Math.ceil(disk.size / 4096);
    disk.extentBlocks = Math.min(disk.extentBlocks, kept);
    for (const block of disk.blocks.keys()) if (block >= kept) disk.blocks.delete(block);
    disk.markDirty();
  }

  fsync(inode: FileInode): number {
    return fsyncBuffersList(this.buffers, inode.dirtyDataBuffers) === 0 ? 0 : -Errno.EIO;
  }

  osync(inode: FileInode): number {
    return this.fsync(inode);
  }

  deleteInode(inode: FileInode): void {
    const disk = inode as DiskInode;
    this.store.free(disk.firstBlock, disk.blocks.values());
    disk.moveTo(null);
  }
}

/** A file of such a disk. */
export class DiskInode extends FileInode {
  /** Blocks that it was made with, one after the other, and how many of them it still has. */
  firstBlock = 0;
  extentBlocks = 0;
  /** Blocks that it got later, by block of the file. */
  readonly blocks = new Map<number, number>();

  constructor(ino: number, dev: number, mode: number, ops: InodeOperations) {
    super(ino, dev, 'regular', mode, ops);
  }
}
