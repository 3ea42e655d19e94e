import { BH, type BufferHead } from '../../block/buffer-head.ts';
import { GFP_NOFS } from '../../page-allocator/gfp.ts';
import { PG } from '../../physical/mem-map.ts';
import type { AddressSpace } from '../address-space.ts';
import { grabCachePage } from '../generic-file-write.ts';
import type { BufferCache } from './buffer-cache.ts';

/**
 * The buffer of a block of a device, with a reference; made if there is none. Its page is in the page cache of the device
 * and counts as buffer memory. Waits until there is memory.
 *
 * @param mapping pages of the device
 * @param size bytes of a block
 * @linux 2.4.22 fs/buffer.c getblk(), grow_buffers()
 */
export function getblk(
  buffers: BufferCache,
  mapping: AddressSpace,
  dev: number,
  block: number,
  size: number,
): BufferHead {
  for (;;) {
    const bh = buffers.rings.find(dev, block, size);
    if (bh !== null) {
      bh.count++;
      buffers.cache.touchBuffer(bh.page);
      return bh;
    }
    if (!growBuffers(buffers, mapping, dev, block, size)) buffers.ports.freeMoreMemory();
  }
}

/**
 * The same with the block's contents; null: the device cannot read it. @linux bread()
 */
export function bread(
  buffers: BufferCache,
  mapping: AddressSpace,
  dev: number,
  block: number,
  size: number,
): BufferHead | null {
  const bh = getblk(buffers, mapping, dev, block, size);
  if ((bh.state & BH.uptodate) !== 0) return bh;
  bh.state |= BH.sync;
  buffers.llRwBlock(false, [bh]);
  buffers.waitOnBuffer(bh);
  if ((bh.state & BH.uptodate) !== 0) return bh;
  brelse(bh);
  return null;
}

/** Drops a reference. @linux brelse() */
export function brelse(bh: BufferHead): void {
  bh.count--;
}

/** Makes the page that holds a block, with its buffers; false: no memory. */
function growBuffers(
  buffers: BufferCache,
  mapping: AddressSpace,
  dev: number,
  block: number,
  size: number,
): boolean {
  const { cache } = buffers;
  const perPage = 4096 / size;
  const index = Math.floor(block / perPage);
  const pfn = grabCachePage(cache, mapping, index, GFP_NOFS);
  if (pfn === 0) return false;
  let first = buffers.buffersOf(pfn);
  if (first !== null && first.size !== size) {
    if (!buffers.tryToFreeBuffers(pfn, GFP_NOFS, true)) return release(buffers, pfn, false);
    first = null;
  }
  if (first === null) {
    first = buffers.heads.createBuffers(pfn, size, false);
    if (first === null) return release(buffers, pfn, false);
    buffers.attach(pfn, first);
  }
  const state = BH.mapped | (cache.testFlags(pfn, PG.uptodate) ? BH.uptodate : 0);
  let number = index * perPage;
  let bh = first;
  do {
    if ((bh.state & BH.mapped) === 0) {
      bh.dev = dev;
      bh.blocknr = number;
      bh.state = state;
    }
    if (!bh.hashed) buffers.rings.hash(bh);
    number++;
    bh = bh.thisPage as BufferHead;
  } while (bh !== first);
  cache.buffermemPages++;
  return release(buffers, pfn, true);
}

function release(buffers: BufferCache, pfn: number, result: boolean): boolean {
  buffers.cache.unlockPage(pfn);
  buffers.cache.allocator.putPage(pfn);
  return result;
}
