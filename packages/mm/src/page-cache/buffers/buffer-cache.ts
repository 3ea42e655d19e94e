import type { BlockLayer } from '../../block/block-layer.ts';
import { BH, BUF, type BufferHead } from '../../block/buffer-head.ts';
import { KernelBug } from '../../kernel-bug.ts';
import { PG } from '../../physical/mem-map.ts';
import type { KmemCache } from '../../slab/kmem-cache.ts';
import type { SlabAllocator } from '../../slab/slab-allocator.ts';
import type { Pfn } from '../../types.ts';
import type { PageCache } from '../page-cache.ts';
import { BDF, BDFLUSH_24, type BdflushParameter, BdflushParameters } from './bdflush-parameters.ts';
import { BufferHeads } from './buffer-heads.ts';
import { BufferRings, removeInodeQueue } from './buffer-rings.ts';
import {
  BALANCE_DIRTY,
  MM_BUFFER_DIRTY,
  MM_PAGE_BUFFERS_BUSY,
  MM_PAGE_BUFFERS_FREED,
} from './tracepoints.ts';

/** What the buffer cache asks of the rooms above it. */
export interface BufferPorts {
  /** Wakes bdflush if it sleeps. @linux wakeup_bdflush() */
  wakeupBdflush(): void;
  /** No buffer head is left: frees memory on the task's account, lets others run. @linux free_more_memory() */
  freeMoreMemory(): void;
  /** Jiffies since boot. */
  jiffies(): number;
  /** Whether the running task may not start I/O. @linux PF_NOIO */
  mayNotDoIo(): boolean;
}

/** The parts of which the buffer cache is made. */
export interface BufferCacheParts {
  readonly cache: PageCache;
  readonly block: BlockLayer;
  readonly slab: SlabAllocator;
  /** The slab cache `buffer_head`. */
  readonly bufferHeads: KmemCache;
  readonly ports: BufferPorts;
  readonly parameters?: readonly BdflushParameter[];
}

/**
 * Buffers: pages seen as blocks of a device.
 *
 * A page with buffers holds one more reference for them; `memMap.buffers` names the first of the ring. A buffer that
 * write(2) changed is dirty by itself, the page's own dirty flag is for changes through mappings.
 *
 * Reentrancy: reclaim calls {@link tryToFreeBuffers}, which may start I/O and wait; nothing here calls reclaim, except
 * {@link createEmptyBuffers}, when no head is left.
 *
 * @linux 2.4.22 fs/buffer.c
 */
export class BufferCache {
  readonly cache: PageCache;
  readonly block: BlockLayer;
  readonly rings = new BufferRings();
  readonly heads: BufferHeads;
  readonly ports: BufferPorts;
  /** What /proc/sys/vm/bdflush sets. */
  readonly parameters: BdflushParameters;
  private readonly buffers: Int32Array;
  // The first buffer of each page, by the number in memMap.buffers.
  private readonly ofPage: (BufferHead | null)[] = [null];
  private readonly freeNumbers: number[] = [];

  constructor(parts: BufferCacheParts) {
    this.cache = parts.cache;
    this.block = parts.block;
    this.ports = parts.ports;
    this.parameters = new BdflushParameters(parts.parameters ?? BDFLUSH_24);
    this.heads = new BufferHeads(parts.slab, parts.bufferHeads, () => {
      this.block.runTqDisk();
      this.ports.freeMoreMemory();
    });
    this.buffers = parts.cache.memMap.buffers;
  }

  // ---- the buffers of a page

  /** First buffer of a page, null for none. @linux page->buffers */
  buffersOf(pfn: Pfn): BufferHead | null {
    return this.ofPage[this.buffers[pfn] as number] as BufferHead | null;
  }

  /** Calls `visit` for every page with buffers. */
  forEachPage(visit: (pfn: Pfn, first: BufferHead) => void): void {
    for (const first of this.ofPage) if (first !== null) visit(first.page, first);
  }

  /** Gives a page without buffers unmapped ones; waits until there is memory. @linux create_empty_buffers() */
  createEmptyBuffers(pfn: Pfn, dev: number, size: number): BufferHead {
    const head = this.heads.createBuffers(pfn, size, true) as BufferHead;
    for (let bh: BufferHead | null = head; bh !== null; bh = bh.thisPage) {
      bh.dev = dev;
      bh.blocknr = 0;
    }
    this.attach(pfn, head);
    return head;
  }

  /** Closes the chain to a ring and makes it the page's; takes the reference. */
  attach(pfn: Pfn, head: BufferHead): void {
    if (this.buffers[pfn] !== 0) throw new KernelBug(`page ${pfn} has buffers already`);
    let tail = head;
    while (tail.thisPage !== null) tail = tail.thisPage;
    tail.thisPage = head;
    const number = this.freeNumbers.pop() ?? this.ofPage.length;
    this.ofPage[number] = head;
    this.buffers[pfn] = number;
    this.cache.allocator.getPage(pfn);
  }

  private detach(pfn: Pfn): void {
    const number = this.buffers[pfn] as number;
    this.ofPage[number] = null;
    this.freeNumbers.push(number);
    this.buffers[pfn] = 0;
    this.cache.allocator.putPage(pfn);
  }

  /**
   * Frees the buffers of a locked page if none is in use. When one is dirty or under I/O and `gfp` permits it, writes or
   * waits, by the number of times that the page was visited.
   *
   * @returns whether the page has no buffers any more
   * @linux 2.4.22 fs/buffer.c try_to_free_buffers()
   */
  tryToFreeBuffers(pfn: Pfn, gfp: number, mayDoIo: boolean): boolean {
    for (let attempt = 0; ; attempt++) {
      if (this.freeIfUnused(pfn)) return true;
      if (this.cache.trace.on)
        this.cache.trace.emit(MM_PAGE_BUFFERS_BUSY, pfn, gfp, attempt, mayDoIo ? 1 : 0);
      const first = this.buffersOf(pfn) as BufferHead;
      if (!mayDoIo || attempt > 0 || !this.syncPageBuffers(first)) break;
    }
    if (this.balanceDirtyState() >= 0) this.ports.wakeupBdflush();
    return false;
  }

  /** Frees the buffers of a page if none is referenced, dirty or locked. Whether it has none any more. */
  protected freeIfUnused(pfn: Pfn): boolean {
    const first = this.buffersOf(pfn) as BufferHead;
    if (isBusy(first)) return false;
    if (first.hashed) this.cache.buffermemPages--;
    for (let bh = first; ; ) {
      const next = bh.thisPage as BufferHead;
      removeInodeQueue(bh);
      this.rings.forget(bh);
      this.heads.put(bh);
      if (next === first) break;
      bh = next;
    }
    this.detach(pfn);
    if (this.cache.trace.on) this.cache.trace.emit(MM_PAGE_BUFFERS_FREED, pfn);
    return true;
  }

  /**
   * What reclaim does about a busy page: at the first visit it leaves a mark, at the second it starts to write, at the third
   * it waits.
   *
   * @returns whether it is worth trying to free the buffers once more
   * @linux 2.4.22 fs/buffer.c sync_page_buffers()
   */
  private syncPageBuffers(first: BufferHead): boolean {
    let tryAgain = true;
    let bh = first;
    do {
      const state = bh.state;
      if ((state & (BH.dirty | BH.lock)) !== 0) {
        if ((state & BH.waitIo) === 0) {
          bh.state |= BH.waitIo;
          tryAgain = false;
        } else if ((state & BH.lock) !== 0) {
          if ((state & BH.launder) === 0) {
            tryAgain = false;
          } else {
            this.waitOnBuffer(bh);
            tryAgain = true;
          }
        } else {
          bh.state = (bh.state | BH.lock) & ~BH.dirty;
          this.rings.refile(bh);
          bh.count++;
          bh.endIo = this.endBufferIoSync;
          this.block.submitBh(true, bh);
          tryAgain = false;
        }
      }
      bh = bh.thisPage as BufferHead;
    } while (bh !== first);
    return tryAgain;
  }

  /**
   * Makes the buffers of a page beyond `offset` forget their blocks, because the file was cut there; from 0 on, frees them.
   * The page must be locked.
   *
   * @returns false: buffers remain on the page
   * @linux 2.4.22 fs/buffer.c discard_bh_page()
   */
  discardPage(pfn: Pfn, offset: number): boolean {
    const first = this.buffersOf(pfn);
    if (first === null) return true;
    let bh = first;
    do {
      if (offset <= bh.offset) this.discardBuffer(bh);
      bh = bh.thisPage as BufferHead;
    } while (bh !== first);
    return offset !== 0 || this.tryToFreeBuffers(pfn, 0, false);
  }

  private discardBuffer(bh: BufferHead): void {
    if ((bh.state & BH.mapped) === 0) return;
    this.markClean(bh);
    this.lockBuffer(bh);
    bh.state &= ~(BH.uptodate | BH.mapped | BH.req | BH.new);
    removeInodeQueue(bh);
    this.rings.forget(bh);
    bh.list = BUF.clean;
    this.unlockBuffer(bh);
  }

  // ---- locks and ends of I/O

  /** @linux lock_buffer() */
  lockBuffer(bh: BufferHead): void {
    while ((bh.state & BH.lock) !== 0) this.waitOnBuffer(bh);
    bh.state |= BH.lock;
  }

  /** @linux unlock_buffer() */
  unlockBuffer(bh: BufferHead): void {
    bh.state &= ~(BH.waitIo | BH.launder | BH.lock);
  }

  /** Waits until a buffer's I/O is over. @linux wait_on_buffer() */
  waitOnBuffer(bh: BufferHead): void {
    if ((bh.state & BH.lock) === 0) return;
    bh.count++;
    this.block.runTqDisk();
    this.block.ports.waitUntil(() => (bh.state & BH.lock) === 0);
    bh.count--;
  }

  /** The I/O of one buffer is over; drops the reference of whoever started it. @linux end_buffer_io_sync() */
  readonly endBufferIoSync = (bh: BufferHead, uptodate: boolean): void => {
    setUptodate(bh, uptodate);
    this.unlockBuffer(bh);
    bh.count--;
  };

  /** The I/O of one of a page's buffers is over; the last one unlocks the page. @linux end_buffer_io_async() */
  readonly endBufferIoAsync = (bh: BufferHead, uptodate: boolean): void => {
    const { cache } = this;
    setUptodate(bh, uptodate);
    if (!uptodate) cache.setFlags(bh.page, PG.error);
    bh.state &= ~BH.async;
    this.unlockBuffer(bh);
    let all = (bh.state & BH.uptodate) !== 0;
    for (let other = bh.thisPage as BufferHead; other !== bh; other = other.thisPage as BufferHead) {
      if ((other.state & BH.lock) !== 0) {
        if ((other.state & BH.async) !== 0) return;
      } else if ((other.state & BH.uptodate) === 0) {
        all = false;
      }
    }
    if (all && !cache.testFlags(bh.page, PG.error)) cache.setFlags(bh.page, PG.uptodate);
    cache.unlockPage(bh.page);
  };

  /** Prepares a locked buffer for I/O of its page. @linux set_buffer_async_io() */
  setAsyncIo(bh: BufferHead): void {
    bh.endIo = this.endBufferIoAsync;
    bh.state |= BH.async;
  }

  /**
   * Moves a whole locked page from or to a device; it is unlocked when that is over.
   *
   * @param blocks block numbers, one for each `size` bytes
   * @linux 2.4.22 fs/buffer.c brw_page()
   */
  brwPage(write: boolean, pfn: Pfn, dev: number, blocks: readonly number[], size: number): void {
    const first = this.buffersOf(pfn) ?? this.createEmptyBuffers(pfn, dev, size);
    let bh = first;
    let place = 0;
    do {
      this.lockBuffer(bh);
      bh.blocknr = blocks[place++] as number;
      bh.state |= BH.mapped;
      this.setAsyncIo(bh);
      bh = bh.thisPage as BufferHead;
    } while (bh !== first);
    do {
      const next = bh.thisPage as BufferHead;
      this.block.submitBh(write, bh);
      bh = next;
    } while (bh !== first);
  }

  /**
   * Starts I/O of single buffers; leaves out those that are locked, clean (write) or up to date (read).
   *
   * @linux 2.4.22 drivers/block/ll_rw_blk.c ll_rw_block()
   */
  llRwBlock(write: boolean, buffers: readonly BufferHead[]): void {
    for (const bh of buffers) {
      if ((bh.state & BH.lock) !== 0) continue;
      bh.state |= BH.lock;
      bh.count++;
      bh.endIo = this.endBufferIoSync;
      if (write ? (bh.state & BH.dirty) === 0 : (bh.state & BH.uptodate) !== 0) {
        bh.endIo(bh, (bh.state & BH.uptodate) !== 0);
        continue;
      }
      if (write) {
        bh.state &= ~BH.dirty;
        this.rings.refile(bh);
      }
      this.block.submitBh(write, bh);
    }
  }

  // ---- dirty buffers

  /** Marks a buffer to be written when it is old enough. True: it was clean before. @linux __mark_buffer_dirty() */
  markDirtyQuietly(bh: BufferHead): boolean {
    if ((bh.state & BH.dirty) !== 0) return false;
    bh.state |= BH.dirty;
    bh.flushtime = this.ports.jiffies() + this.parameters.get(BDF.ageBuffer);
    this.rings.refile(bh);
    if (this.cache.trace.on) this.cache.trace.emit(MM_BUFFER_DIRTY, bh.dev, bh.blocknr, bh.page);
    return true;
  }

  /** The same; may then have to write, see {@link balanceDirty}. @linux mark_buffer_dirty() */
  markDirty(bh: BufferHead): void {
    if (this.markDirtyQuietly(bh)) this.balanceDirty();
  }

  /** @linux mark_buffer_clean() */
  markClean(bh: BufferHead): void {
    if ((bh.state & BH.dirty) === 0) return;
    bh.state &= ~BH.dirty;
    this.rings.refile(bh);
  }

  /**
   * How much of memory is dirty buffers: -1 little, 0 bdflush should run, 1 whoever makes more must write himself.
   *
   * @linux 2.4.22 fs/buffer.c balance_dirty_state()
   */
  balanceDirtyState(): number {
    const dirty = ((this.rings.bytes[BUF.dirty] as number) >>> 12) * 100;
    const total = this.cache.allocator.nrFreeBufferPages();
    const soft = total * this.parameters.get(BDF.nfract);
    const hard = total * this.parameters.get(BDF.nfractSync);
    const state = dirty <= soft ? -1 : dirty > hard && !this.ports.mayNotDoIo() ? 1 : 0;
    if (this.cache.trace.on) this.cache.trace.emit(BALANCE_DIRTY, dirty, soft, hard, state);
    return state;
  }

  /** @linux 2.4.22 fs/buffer.c balance_dirty() */
  balanceDirty(): void {
    const state = this.balanceDirtyState();
    if (state < 0) return;
    this.ports.wakeupBdflush();
    if (state > 0) this.writeSomeBuffers(null);
  }

  /**
   * Starts to write up to 32 of the oldest dirty buffers.
   *
   * @param dev only buffers of this device; null: of all
   * @returns whether there may be more
   * @linux 2.4.22 fs/buffer.c write_some_buffers()
   */
  writeSomeBuffers(dev: number | null): boolean {
    const batch: BufferHead[] = [];
    let next = this.rings.first[BUF.dirty] as BufferHead | null;
    for (let left = this.rings.count[BUF.dirty] as number; next !== null && left > 0; left--) {
      const bh: BufferHead = next;
      next = bh.nextFree;
      if (dev !== null && bh.dev !== dev) continue;
      if ((bh.state & BH.lock) !== 0) continue;
      const dirty = (bh.state & BH.dirty) !== 0;
      // One that a page's own write has made clean is only put where it belongs.
      bh.state = dirty ? (bh.state | BH.lock) & ~BH.dirty : bh.state;
      this.rings.refile(bh);
      if (!dirty) continue;
      bh.count++;
      batch.push(bh);
      if (batch.length === WRITE_BATCH) break;
    }
    for (const bh of batch) {
      bh.endIo = this.endBufferIoSync;
      this.block.submitBh(true, bh);
    }
    return batch.length === WRITE_BATCH;
  }
}

/** Buffers that one call writes. @linux NRSYNC */
export const WRITE_BATCH = 32;

function setUptodate(bh: BufferHead, uptodate: boolean): void {
  if (uptodate) bh.state |= BH.uptodate;
  else bh.state &= ~BH.uptodate;
}

/** Whether a buffer of the page is referenced, dirty or locked. @linux buffer_busy() */
function isBusy(first: BufferHead): boolean {
  let bh = first;
  do {
    if (bh.count !== 0 || (bh.state & (BH.dirty | BH.lock)) !== 0) return true;
    bh = bh.thisPage as BufferHead;
  } while (bh !== first);
  return false;
}
