/**
 * Block devices as files: the page cache of a device, in which buffers of metadata lie too.
 *
 * @linux 2.4.22 fs/block_dev.c
 */
import { BH, type BufferHead } from '../block/buffer-head.ts';
import { Errno } from '../errno.ts';
import { GFP_USER } from '../page-allocator/gfp.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpace } from './address-space.ts';
import { bread, getblk } from './buffers/block-buffers.ts';
import { BlockPages } from './buffers/block-pages.ts';
import type { BufferCache } from './buffers/buffer-cache.ts';
import { syncBuffers } from './buffers/flush.ts';
import { genericFileRead } from './generic-file-read.ts';
import { genericFileWrite, type PageWriter } from './generic-file-write.ts';
import {
  type CopyActor,
  FileInode,
  type InodeOperations,
  type OpenFile,
  type Prefault,
} from './open-file.ts';
import type { FileSizeLimit } from './ports.ts';
import { MAX_LFS_FILESIZE } from './ram-file.ts';
import { invalidateInodePages, truncateInodePages } from './truncate.ts';
import { filemapFdatasync, filemapFdatawait } from './write-back.ts';

/** Bytes of a block, as a power of two, until a file system says otherwise. @linux BLOCK_SIZE_BITS */
const BLOCK_SIZE_BITS = 10;

/** An open device: its inode, and who uses it. @linux struct block_device */
export class BlockDeviceNode {
  readonly inode: FileInode;
  /** @linux bd_openers */
  openers = 0;

  constructor(inode: FileInode) {
    this.inode = inode;
  }

  get mapping(): AddressSpace {
    return this.inode.mapping;
  }
}

/** All block devices. */
export class BlockDevices implements InodeOperations, PageWriter {
  readonly maxBytes = MAX_LFS_FILESIZE;
  readonly mmapKind = 'file';
  private readonly buffers: BufferCache;
  private readonly pages: BlockPages;
  private readonly nodes = new Map<number, BlockDeviceNode>();

  constructor(buffers: BufferCache) {
    this.buffers = buffers;
    this.pages = new BlockPages(buffers, (inode, block, bh) => this.getBlock(inode, block, bh));
  }

  /** The node of a device; it is made at its first use, and stays. @linux bdget() */
  node(dev: number): BlockDeviceNode {
    let node = this.nodes.get(dev);
    if (node === undefined) {
      const inode = new FileInode(dev, dev, 'blockdev', 0o660, this);
      inode.rdev = dev;
      inode.blockDev = dev;
      inode.blkBits = BLOCK_SIZE_BITS;
      const { pages, buffers } = this;
      inode.mapping = buffers.cache.newMapping(
        inode,
        {
          readpage: (_inode, pfn) => pages.readFullPage(inode, pfn),
          writepage: (_inode, pfn) => pages.writeFullPage(inode, pfn),
          flushpage: (pfn, offset) => buffers.discardPage(pfn, offset),
        },
        GFP_USER,
      );
      node = new BlockDeviceNode(inode);
      this.nodes.set(dev, node);
    }
    return node;
  }

  /** Blocks of a device are where they are. @linux blkdev_get_block() */
  private getBlock(inode: FileInode, block: number, bh: BufferHead): number {
    if (block * 2 ** inode.blkBits >= inode.size) return -Errno.EIO;
    bh.dev = inode.blockDev;
    bh.blocknr = block;
    bh.state |= BH.mapped;
    return 0;
  }

  /** One more user of a device: 0, or -ENXIO when there is no such disk. @linux blkdev_open(), blkdev_get() */
  openNode(node: BlockDeviceNode): number {
    const queue = this.buffers.block.queue(node.inode.blockDev);
    if (queue === undefined) return -Errno.ENXIO;
    node.openers++;
    node.inode.size = queue.device.sectors * 512;
    return 0;
  }

  /** One user less: everything is written; with the last one the device's pages go. @linux 2.4.22 fs/block_dev.c blkdev_put() */
  closeNode(node: BlockDeviceNode): void {
    this.fsync(node.inode);
    if (--node.openers === 0) this.kill(node);
  }

  /** Forgets all that is in memory of a device. @linux kill_bdev() */
  private kill(node: BlockDeviceNode): void {
    const { buffers } = this;
    // First what is whole: pages whose buffers are known by their blocks no longer count as buffer memory then.
    invalidateInodePages(buffers.cache, node.mapping, (pfn) => buffers.tryToFreeBuffers(pfn, 0, false));
    truncateInodePages(buffers.cache, node.mapping, 0);
  }

  /** Sets the size of a device's blocks in bytes; what is in memory is written, then forgotten. @linux set_blocksize() */
  setBlockSize(node: BlockDeviceNode, bytes: number): void {
    const bits = Math.log2(bytes);
    if (node.inode.blkBits === bits) return;
    syncBuffers(this.buffers, node.inode.blockDev, true);
    node.inode.blkBits = bits;
    this.kill(node);
  }

  /** The buffer of a block, with its contents; null: it cannot be read. @linux sb_bread() */
  bread(node: BlockDeviceNode, block: number): BufferHead | null {
    return bread(this.buffers, node.mapping, node.inode.blockDev, block, 2 ** node.inode.blkBits);
  }

  /** The same, whatever it contains. @linux sb_getblk() */
  getblk(node: BlockDeviceNode, block: number): BufferHead {
    return getblk(this.buffers, node.mapping, node.inode.blockDev, block, 2 ** node.inode.blkBits);
  }

  // ---- as files: /dev/hda and the like

  open(file: OpenFile): number {
    return this.openNode(this.node(file.inode.blockDev));
  }

  release(file: OpenFile): void {
    this.closeNode(this.node(file.inode.blockDev));
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
    const { size } = file.inode;
    if (position >= size) return count > 0 ? -Errno.ENOSPC : 0;
    const fitting = Math.min(count, size - position);
    return genericFileWrite(this.buffers.cache, this, file, position, fitting, actor, limit, prefault);
  }

  prepareWrite(pfn: Pfn, from: number, to: number): number {
    return this.pages.prepareWrite(pfn, from, to);
  }

  commitWrite(pfn: Pfn, from: number, to: number): number {
    return this.pages.commitWrite(pfn, from, to);
  }

  /** @linux 2.4.22 fs/block_dev.c __block_fsync() */
  fsync(inode: FileInode): number {
    const { cache } = this.buffers;
    const started = filemapFdatasync(cache, inode.mapping);
    syncBuffers(this.buffers, inode.blockDev, true);
    return started || filemapFdatawait(cache, inode.mapping);
  }
}
