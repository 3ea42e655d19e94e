import { BH, BUF, type BufferHead } from '../../block/buffer-head.ts';
import { Errno } from '../../errno.ts';
import { BDF } from './bdflush-parameters.ts';
import { type BufferCache, WRITE_BATCH } from './buffer-cache.ts';
import { insertInodeQueue, removeInodeQueue } from './buffer-rings.ts';

/**
 * Writes dirty buffers of a device, null: of all. With `wait`, until all of them are written.
 *
 * @linux 2.4.22 fs/buffer.c sync_buffers()
 */
export function syncBuffers(buffers: BufferCache, dev: number | null, wait: boolean): void {
  writeUnlockedBuffers(buffers, dev);
  if (!wait) return;
  while (waitForBuffers(buffers, dev, BUF.dirty, false));
  writeUnlockedBuffers(buffers, dev);
  while (waitForBuffers(buffers, dev, BUF.locked, true));
}

function writeUnlockedBuffers(buffers: BufferCache, dev: number | null): void {
  while (buffers.writeSomeBuffers(dev));
}

/** Waits for the first locked buffer of a ring; false: there is none. @linux wait_for_buffers() */
function waitForBuffers(buffers: BufferCache, dev: number | null, list: number, refile: boolean): boolean {
  const { rings } = buffers;
  let next = rings.first[list] as BufferHead | null;
  for (let left = rings.count[list] as number; next !== null && left > 0; left--) {
    const bh: BufferHead = next;
    next = bh.nextFree;
    if ((bh.state & BH.lock) === 0) {
      if (refile) rings.refile(bh);
      continue;
    }
    if (dev !== null && bh.dev !== dev) continue;
    buffers.waitOnBuffer(bh);
    return true;
  }
  return false;
}

/**
 * Writes an inode's dirty buffers and waits for them: 0, or -EIO if one could not be written.
 *
 * @linux 2.4.22 fs/buffer.c fsync_buffers_list(), osync_buffers_list()
 */
export function fsyncBuffersList(buffers: BufferCache, list: Set<BufferHead>): number {
  let error = 0;
  const written: BufferHead[] = [];
  const own = new Set<BufferHead>();
  // The youngest come first: the kernel adds at the list's head and takes from there.
  for (const bh of [...list].reverse()) {
    removeInodeQueue(bh);
    if ((bh.state & (BH.dirty | BH.lock)) === 0) continue;
    insertInodeQueue(bh, own);
    written.push(bh);
    if ((bh.state & BH.dirty) === 0) continue;
    buffers.waitOnBuffer(bh);
    buffers.llRwBlock(true, [bh]);
  }
  for (const bh of written) {
    removeInodeQueue(bh);
    buffers.waitOnBuffer(bh);
    if ((bh.state & BH.uptodate) === 0) error = -Errno.EIO;
  }
  for (const bh of [...list].reverse()) {
    if ((bh.state & BH.lock) === 0) continue;
    buffers.waitOnBuffer(bh);
    if ((bh.state & BH.uptodate) === 0) error = -Errno.EIO;
  }
  return error;
}

/** One round of bdflush. @returns whether it sleeps now. @linux 2.4.22 fs/buffer.c bdflush() */
export function bdflushRound(buffers: BufferCache): boolean {
  let left = buffers.parameters.get(BDF.ndirty);
  while (left > 0) {
    if (!buffers.writeSomeBuffers(null)) break;
    left -= WRITE_BATCH;
  }
  return left > 0 || bdflushStop(buffers);
}

/** @linux 2.4.22 fs/buffer.c bdflush_stop() */
function bdflushStop(buffers: BufferCache): boolean {
  const dirty = ((buffers.rings.bytes[BUF.dirty] as number) >>> 12) * 100;
  return dirty <= buffers.cache.allocator.nrFreeBufferPages() * buffers.parameters.get(BDF.nfractStop);
}

/**
 * Writes buffers that are old enough: what kupdated does, after it has written inodes.
 *
 * @linux 2.4.22 fs/buffer.c sync_old_buffers()
 */
export function syncOldBuffers(buffers: BufferCache): void {
  for (;;) {
    const oldest = buffers.rings.first[BUF.dirty] as BufferHead | null;
    if (oldest === null || buffers.ports.jiffies() < oldest.flushtime) return;
    if (!buffers.writeSomeBuffers(null)) return;
  }
}

/** Takes all buffers off an inode's list: they are written all the same, but the inode does not wait for them. @linux invalidate_inode_buffers() */
export function invalidateInodeBuffers(list: Set<BufferHead>): void {
  for (const bh of [...list]) removeInodeQueue(bh);
}
