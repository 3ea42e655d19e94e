import { BH, BUF, type BufferHead } from '../../block/buffer-head.ts';
import type { MemoryPressure } from '../../page-allocator/memory-pressure.ts';
import type { Pfn } from '../../types.ts';
import { BDF, type BdflushParameter } from './bdflush-parameters.ts';
import { BufferCache, type BufferCacheParts } from './buffer-cache.ts';
import { BALANCE_DIRTY } from './tracepoints.ts';

/** /proc/sys/vm/bdflush of 2.4.0. @linux 2.4.0 fs/buffer.c bdf_prm, bdflush_min, bdflush_max */
export const BDFLUSH_2_4_0: readonly BdflushParameter[] = [
  { name: 'nfract', value: 30, min: 0, max: 100 },
  { name: 'ndirty', value: 64, min: 10, max: 50000 },
  { name: 'nrefill', value: 64, min: 5, max: 20000 },
  { name: 'dummy1', value: 256, min: 25, max: 20000 },
  { name: 'interval', value: 500, min: 0, max: 60000 },
  { name: 'age_buffer', value: 3000, min: 100, max: 600000 },
  { name: 'nfract_sync', value: 60, min: 0, max: 100 },
  { name: 'dummy2', value: 0, min: 0, max: 0 },
  { name: 'dummy3', value: 0, min: 0, max: 0 },
];

/**
 * The buffers of 2.4.0: how much is too dirty depends on what is free and inactive, buffers are written one at a time, and who
 * must wait writes a batch himself.
 *
 * @linux 2.4.0 fs/buffer.c
 */
export class AgingBufferCache extends BufferCache {
  private readonly pressure: MemoryPressure;
  private readonly inactiveDirty: () => number;

  /** @param inactiveDirty pages on the list of those to be cleaned */
  constructor(parts: BufferCacheParts, pressure: MemoryPressure, inactiveDirty: () => number) {
    super({ ...parts, parameters: BDFLUSH_2_4_0 });
    this.pressure = pressure;
    this.inactiveDirty = inactiveDirty;
  }

  /**
   * As later, and 0 also when pages are missing and cleaning would help.
   *
   * @linux 2.4.0 fs/buffer.c balance_dirty_state()
   */
  override balanceDirtyState(): number {
    const dirty = ((this.rings.bytes[BUF.dirty] as number) >>> 12) * 100;
    const total = this.cache.allocator.nrFreeBufferPages();
    const soft = total * this.parameters.get(BDF.nfract);
    const hard = total * this.parameters.get(BDF.nfractSync);
    let state = dirty <= soft ? -1 : dirty > hard ? 1 : 0;
    if (state < 0) {
      const missing = this.pressure.freeShortage();
      const waiting = this.inactiveDirty();
      if (missing > 0 && waiting > missing && waiting > this.pressure.high) state = 0;
    }
    if (this.cache.trace.on) this.cache.trace.emit(BALANCE_DIRTY, dirty, soft, hard, state);
    return state;
  }

  /** @linux 2.4.0 fs/buffer.c balance_dirty(), wakeup_bdflush() */
  override balanceDirty(): void {
    const state = this.balanceDirtyState();
    if (state < 0) return;
    this.ports.wakeupBdflush();
    if (state > 0) this.flushDirtyBuffers(false);
  }

  /**
   * Writes dirty buffers, the oldest first: as many as one pass of bdflush may, or all that are old enough.
   *
   * @returns how many (counted only if their age is not asked for)
   * @linux 2.4.0 fs/buffer.c flush_dirty_buffers()
   */
  flushDirtyBuffers(checkAge: boolean): number {
    let flushed = 0;
    for (;;) {
      const bh = this.firstUnlocked();
      if (bh === null) return flushed;
      if (checkAge) {
        if (this.ports.jiffies() < bh.flushtime) return flushed;
      } else if (++flushed > this.parameters.get(BDF.ndirty)) {
        return flushed;
      }
      this.llRwBlock(true, [bh]);
    }
  }

  private firstUnlocked(): BufferHead | null {
    const first = this.rings.first[BUF.dirty] as BufferHead | null;
    let bh = first;
    while (bh !== null && (bh.state & BH.lock) !== 0) bh = bh.nextFree === first ? null : bh.nextFree;
    return bh;
  }

  /**
   * Frees the buffers of a locked page if none is in use.
   *
   * @param wait 0: nothing else; 1: starts to write what is dirty; 2: also waits for what is under I/O, and tries once more
   * @linux 2.4.0 fs/buffer.c try_to_free_buffers(), sync_page_buffers()
   */
  tryToFreeBuffersWaiting(pfn: Pfn, wait: number): boolean {
    if (this.freeIfUnused(pfn)) return true;
    const first = this.buffersOf(pfn);
    if (wait === 0 || first === null) return false;
    let bh = first;
    do {
      if ((bh.state & BH.lock) !== 0) {
        if (wait > 1) this.waitOnBuffer(bh);
      } else if ((bh.state & BH.dirty) !== 0) {
        this.llRwBlock(true, [bh]);
      }
      bh = bh.thisPage as BufferHead;
    } while (bh !== first);
    return wait > 1 && this.freeIfUnused(pfn);
  }

  override tryToFreeBuffers(pfn: Pfn, _gfp: number, _mayDoIo: boolean): boolean {
    return this.tryToFreeBuffersWaiting(pfn, 0);
  }
}
