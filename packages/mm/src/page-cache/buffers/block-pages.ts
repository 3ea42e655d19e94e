/**
 * Pages of files that lie on a block device: a page is read and written through its buffers, each of which knows the block
 * that it holds.
 *
 * ```
 *   mapped  up to date   meaning
 *     no        no       unknown: ask the file system
 *     no        yes      a hole, zeroes
 *     yes       no       a block that was not read yet
 *     yes       yes      valid; only such a buffer is dirty
 * ```
 */
import { BH, BufferHead } from '../../block/buffer-head.ts';
import { Errno } from '../../errno.ts';
import { KernelBug } from '../../kernel-bug.ts';
import { PG } from '../../physical/mem-map.ts';
import type { Pfn } from '../../types.ts';
import type { AddressSpace } from '../address-space.ts';
import { grabCachePage } from '../generic-file-write.ts';
import type { FileInode } from '../open-file.ts';
import type { BufferCache } from './buffer-cache.ts';
import { insertInodeQueue } from './buffer-rings.ts';

/**
 * Finds the block of the device that holds block `block` of a file, and maps the buffer to it. A hole stays unmapped, unless
 * `create`: then a block is allocated, and the buffer is marked new.
 *
 * @returns 0 or -errno
 * @linux get_block_t
 */
export type GetBlock = (inode: FileInode, block: number, bh: BufferHead, create: boolean) => number;

/** The pages of the files of one file system. */
export class BlockPages {
  private readonly buffers: BufferCache;
  private readonly getBlock: GetBlock;

  constructor(buffers: BufferCache, getBlock: GetBlock) {
    this.buffers = buffers;
    this.getBlock = getBlock;
  }

  private buffersOf(inode: FileInode, pfn: Pfn): BufferHead {
    const { buffers } = this;
    return buffers.buffersOf(pfn) ?? buffers.createEmptyBuffers(pfn, inode.blockDev, 2 ** inode.blkBits);
  }

  private index(pfn: Pfn): number {
    return (this.buffers.cache.memMap.index[pfn] as number) >>> 0;
  }

  private firstBlock(inode: FileInode, pfn: Pfn): number {
    return this.index(pfn) * 2 ** (12 - inode.blkBits);
  }

  /** Zeroes bytes [from, to) of a page. */
  private zero(pfn: Pfn, from: number, to: number): void {
    const { memory } = this.buffers.cache;
    if (memory.contentFree || from >= to) return;
    const base = memory.base(pfn) * 4;
    memory.bytes.fill(0, base + from, base + to);
  }

  /**
   * Starts to read a locked page; it is unlocked when that ends, at once when there is nothing on the device.
   *
   * @linux 2.4.22 fs/buffer.c block_read_full_page()
   */
  readFullPage(inode: FileInode, pfn: Pfn): number {
    const { buffers } = this;
    const { cache } = buffers;
    if (!cache.testFlags(pfn, PG.locked)) throw new KernelBug(`page ${pfn} is read without its lock`);
    const head = this.buffersOf(inode, pfn);
    const blockSize = 2 ** inode.blkBits;
    const end = Math.ceil(inode.size / blockSize);
    let block = this.firstBlock(inode, pfn);
    const wanted: BufferHead[] = [];
    let bh = head;
    do {
      if (this.wantsRead(inode, bh, block, end)) wanted.push(bh);
      block++;
      bh = bh.thisPage as BufferHead;
    } while (bh !== head);
    if (wanted.length === 0) {
      cache.setFlags(pfn, PG.uptodate);
      cache.unlockPage(pfn);
      return 0;
    }
    for (const each of wanted) {
      buffers.lockBuffer(each);
      buffers.setAsyncIo(each);
    }
    for (const each of wanted) {
      if ((each.state & BH.uptodate) !== 0) buffers.endBufferIoAsync(each, true);
      else buffers.block.submitBh(false, each);
    }
    return 0;
  }

  /** Whether a buffer of a page must come from the device; a hole is filled here. */
  private wantsRead(inode: FileInode, bh: BufferHead, block: number, end: number): boolean {
    if ((bh.state & BH.uptodate) !== 0) return false;
    if ((bh.state & BH.mapped) === 0) {
      if (block < end && this.getBlock(inode, block, bh, false) !== 0) return false;
      if ((bh.state & BH.mapped) === 0) {
        this.zero(bh.page, bh.offset, bh.offset + bh.size);
        bh.state |= BH.uptodate;
        return false;
      }
      if ((bh.state & BH.uptodate) !== 0) return false;
    }
    return true;
  }

  /**
   * Starts to write a locked page; it is unlocked when that ends. A page beyond the end of the file: -EIO. What lies behind the
   * end in the last page becomes zero.
   *
   * @returns 0 or -errno (-EIO, -ENOSPC when a hole gets no block)
   * @linux 2.4.22 fs/buffer.c block_write_full_page()
   */
  writeFullPage(inode: FileInode, pfn: Pfn): number {
    const { cache } = this.buffers;
    const index = this.index(pfn);
    const endIndex = Math.floor(inode.size / 4096);
    if (index < endIndex) return this.writeWhole(inode, pfn);
    const offset = inode.size % 4096;
    if (index > endIndex || offset === 0) {
      cache.unlockPage(pfn);
      return -Errno.EIO;
    }
    const error = this.prepare(inode, pfn, 0, offset);
    if (error === 0) {
      this.zero(pfn, offset, 4096);
      this.commit(inode, pfn, 0, offset);
    } else {
      cache.clearFlags(pfn, PG.uptodate);
    }
    cache.unlockPage(pfn);
    return error;
  }

  /** @linux 2.4.22 fs/buffer.c __block_write_full_page() */
  private writeWhole(inode: FileInode, pfn: Pfn): number {
    const { buffers } = this;
    const { cache } = buffers;
    const head = this.buffersOf(inode, pfn);
    let block = this.firstBlock(inode, pfn);
    let error = 0;
    let bh = head;
    do {
      if ((bh.state & BH.mapped) === 0) {
        error = this.getBlock(inode, block, bh, true);
        if (error !== 0) break;
        if ((bh.state & BH.new) !== 0) this.unmapUnderlyingMetadata(bh);
      }
      block++;
      bh = bh.thisPage as BufferHead;
    } while (bh !== head);
    if (error !== 0) cache.clearFlags(pfn, PG.uptodate);
    // After an error the blocks that the file got so far are written all the same: what was in them is nobody's business.
    const written: BufferHead[] = [];
    bh = head;
    do {
      if ((bh.state & BH.mapped) !== 0) {
        buffers.lockBuffer(bh);
        buffers.setAsyncIo(bh);
        bh.state = (bh.state | BH.uptodate) & ~BH.dirty;
        written.push(bh);
      }
      bh = bh.thisPage as BufferHead;
    } while (bh !== head);
    for (const each of written) buffers.block.submitBh(true, each);
    if (error === 0) cache.setFlags(pfn, PG.uptodate);
    else if (written.length === 0) cache.unlockPage(pfn);
    return error;
  }

  /** A block that was metadata until now must not be written as such any more. @linux unmap_underlying_metadata() */
  private unmapUnderlyingMetadata(bh: BufferHead): void {
    const { buffers } = this;
    const old = buffers.rings.find(bh.dev, bh.blocknr, bh.size);
    if (old === null) return;
    old.count++;
    buffers.markClean(old);
    buffers.waitOnBuffer(old);
    old.state &= ~BH.req;
    old.count--;
  }

  /**
   * Makes a locked page ready for a write to its bytes [from, to): holes get blocks, what the write covers only in part is
   * read.
   *
   * @returns 0, -EIO, -ENOSPC
   * @linux 2.4.22 fs/buffer.c block_prepare_write()
   */
  prepareWrite(pfn: Pfn, from: number, to: number): number {
    const { cache } = this.buffers;
    const error = this.prepare(this.inodeOf(pfn), pfn, from, to);
    if (error !== 0) cache.clearFlags(pfn, PG.uptodate);
    return error;
  }

  private inodeOf(pfn: Pfn): FileInode {
    return this.buffers.cache.mappingOf(pfn)?.host as FileInode;
  }

  /** @linux 2.4.22 fs/buffer.c __block_prepare_write() */
  private prepare(inode: FileInode, pfn: Pfn, from: number, to: number): number {
    const { buffers } = this;
    const { cache } = buffers;
    const head = this.buffersOf(inode, pfn);
    let block = this.firstBlock(inode, pfn);
    const reads: BufferHead[] = [];
    let bh = head;
    do {
      const start = bh.offset;
      const end = start + bh.size;
      if (start >= to) break;
      if (end > from) {
        bh.state &= ~BH.new;
        const unmapped = (bh.state & BH.mapped) === 0;
        if (unmapped) {
          const error = this.getBlock(inode, block, bh, true);
          if (error !== 0) {
            this.clearNewBlocks(head, from, start);
            return error;
          }
          if ((bh.state & BH.new) !== 0) this.unmapUnderlyingMetadata(bh);
        }
        if (cache.testFlags(pfn, PG.uptodate)) {
          bh.state |= BH.uptodate;
        } else if (unmapped && (bh.state & BH.new) !== 0) {
          this.zero(pfn, to, end);
          this.zero(pfn, start, from);
        } else if ((bh.state & BH.uptodate) === 0 && (start < from || end > to)) {
          buffers.llRwBlock(false, [bh]);
          reads.push(bh);
        }
      }
      block++;
      bh = bh.thisPage as BufferHead;
    } while (bh !== head);
    for (const read of reads.reverse()) {
      buffers.waitOnBuffer(read);
      if ((read.state & BH.uptodate) === 0) return -Errno.EIO;
    }
    return 0;
  }

  /** After an error: blocks that are new, and that nobody will fill, become zero. */
  private clearNewBlocks(head: BufferHead, from: number, to: number): void {
    const { buffers } = this;
    let bh = head;
    do {
      if (bh.offset >= to) break;
      const fresh = (bh.state & (BH.new | BH.uptodate)) === BH.new;
      if (fresh && bh.offset + bh.size > from) {
        this.zero(bh.page, bh.offset, bh.offset + bh.size);
        bh.state |= BH.uptodate;
        buffers.markDirty(bh);
      }
      bh = bh.thisPage as BufferHead;
    } while (bh !== head);
  }

  /**
   * After a write to bytes [from, to) of a locked page: their buffers are valid and dirty, and the file reaches at least that
   * far.
   *
   * @linux 2.4.22 fs/buffer.c generic_commit_write()
   */
  commitWrite(pfn: Pfn, from: number, to: number): number {
    const inode = this.inodeOf(pfn);
    this.commit(inode, pfn, from, to);
    const end = this.index(pfn) * 4096 + to;
    if (end > inode.size) {
      inode.size = end;
      inode.markDirty();
    }
    return 0;
  }

  /** @linux 2.4.22 fs/buffer.c __block_commit_write() */
  private commit(inode: FileInode, pfn: Pfn, from: number, to: number): void {
    const { buffers } = this;
    const head = buffers.buffersOf(pfn) as BufferHead;
    let whole = true;
    let dirtied = false;
    let bh = head;
    do {
      if (bh.offset + bh.size <= from || bh.offset >= to) {
        if ((bh.state & BH.uptodate) === 0) whole = false;
      } else {
        bh.state |= BH.uptodate;
        if (buffers.markDirtyQuietly(bh)) {
          insertInodeQueue(bh, inode.dirtyDataBuffers);
          dirtied = true;
        }
      }
      bh = bh.thisPage as BufferHead;
    } while (bh !== head);
    if (dirtied) buffers.balanceDirty();
    if (whole) buffers.cache.setFlags(pfn, PG.uptodate);
  }

  /** The block of the device that holds a block of a file, 0 = a hole. @linux 2.4.22 fs/buffer.c generic_block_bmap() */
  bmap(inode: FileInode, block: number): number {
    const bh = new BufferHead();
    this.getBlock(inode, block, bh, false);
    return (bh.state & BH.mapped) === 0 ? 0 : bh.blocknr;
  }

  /**
   * Zeroes the rest of the block that `from` lies in, on its way to the device: the file was cut there.
   *
   * @returns 0, -ENOMEM, -EIO
   * @linux 2.4.22 fs/buffer.c block_truncate_page()
   */
  truncatePage(mapping: AddressSpace, from: number): number {
    const { cache } = this.buffers;
    const inode = mapping.host as FileInode;
    if (from % 2 ** inode.blkBits === 0) return 0;
    const pfn = grabCachePage(cache, mapping, Math.floor(from / 4096));
    if (pfn === 0) return -Errno.ENOMEM;
    const error = this.zeroBlockEnd(inode, pfn, from % 4096);
    cache.unlockPage(pfn);
    cache.allocator.putPage(pfn);
    return error;
  }

  private zeroBlockEnd(inode: FileInode, pfn: Pfn, offset: number): number {
    const { buffers } = this;
    let bh = this.buffersOf(inode, pfn);
    let block = this.firstBlock(inode, pfn);
    while (bh.offset + bh.size <= offset) {
      bh = bh.thisPage as BufferHead;
      block++;
    }
    if ((bh.state & BH.mapped) === 0) {
      if ((bh.state & BH.uptodate) !== 0) return 0;
      this.getBlock(inode, block, bh, false);
      if ((bh.state & BH.mapped) === 0) return 0;
    }
    if (buffers.cache.testFlags(pfn, PG.uptodate)) bh.state |= BH.uptodate;
    if ((bh.state & BH.uptodate) === 0) {
      buffers.llRwBlock(false, [bh]);
      buffers.waitOnBuffer(bh);
      if ((bh.state & BH.uptodate) === 0) return -Errno.EIO;
    }
    this.zero(pfn, offset, bh.offset + bh.size);
    if (buffers.markDirtyQuietly(bh)) {
      insertInodeQueue(bh, inode.dirtyDataBuffers);
      buffers.balanceDirty();
    }
    return 0;
  }
}
