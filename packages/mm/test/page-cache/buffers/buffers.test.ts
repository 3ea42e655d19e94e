import { describe, expect, test } from 'vitest';
import { BH, BUF, type BufferHead } from '../../../src/block/buffer-head.ts';
import { bread, brelse, getblk } from '../../../src/page-cache/buffers/block-buffers.ts';
import { insertInodeQueue } from '../../../src/page-cache/buffers/buffer-rings.ts';
import {
  bdflushRound,
  fsyncBuffersList,
  syncBuffers,
  syncOldBuffers,
} from '../../../src/page-cache/buffers/flush.ts';
import { PG } from '../../../src/physical/mem-map.ts';
import { BufferMachine, DEV } from './buffer-machine.ts';

const GFP = 0x1d2;

function dirtyBlock(machine: BufferMachine, block: number, size = 4096): BufferHead {
  const bh = getblk(machine.buffers, machine.mapping, DEV, block, size);
  bh.state |= BH.uptodate;
  machine.buffers.markDirtyQuietly(bh);
  brelse(bh);
  return bh;
}

function state(machine: BufferMachine, list: number): number {
  return machine.buffers.rings.count[list] as number;
}

describe('buffers', () => {
  test('a block is read once; its page counts as buffer memory and is freed with its four heads', () => {
    const machine = new BufferMachine();
    const free = machine.allocator.nrFreePages();
    machine.device.store.write(5 * 1024, new Uint8Array(1024).fill(7));
    const bh = bread(machine.buffers, machine.mapping, DEV, 5, 1024) as BufferHead;
    expect(bh.offset).toBe(1024);
    expect(machine.memory.bytes[machine.memory.base(bh.page) * 4 + 1024]).toBe(7);
    expect(machine.cache.buffermemPages).toBe(1);
    expect(machine.headsInUse).toBe(4);
    brelse(bh);
    expect(bread(machine.buffers, machine.mapping, DEV, 5, 1024)).toBe(bh);
    brelse(bh);
    expect(machine.device.stats.reads).toBe(1);
    expect(machine.memMap.count[bh.page]).toBe(2);

    machine.cache.lockPage(bh.page);
    expect(machine.buffers.tryToFreeBuffers(bh.page, GFP, true)).toBe(true);
    expect(machine.cache.buffermemPages).toBe(0);
    machine.cache.removeInodePage(bh.page);
    machine.cache.unlockPage(bh.page);
    machine.allocator.putPage(bh.page);
    machine.buffers.heads.drain();
    expect(machine.headsInUse).toBe(0);
    expect(machine.allocator.nrFreePages()).toBe(free);
  });

  test('a block that cannot be read is null, and is read again', () => {
    const machine = new BufferMachine();
    machine.device.failures.failIo(1);
    expect(bread(machine.buffers, machine.mapping, DEV, 5, 1024)).toBeNull();
    expect(bread(machine.buffers, machine.mapping, DEV, 5, 1024)).not.toBeNull();
  });

  test('a whole page goes out and comes back through four blocks that lie apart', () => {
    const machine = new BufferMachine();
    const pfn = machine.page(0);
    machine.memory.bytes.fill(9, pfn * 4096, pfn * 4096 + 4096);
    machine.buffers.brwPage(true, pfn, DEV, [10, 30, 20, 40], 1024);
    expect(machine.cache.testFlags(pfn, PG.locked)).toBe(true);
    machine.drain();
    expect(machine.cache.testFlags(pfn, PG.locked)).toBe(false);
    expect(machine.device.stats).toMatchObject({ writes: 4, sectorsWritten: 8 });
    machine.memory.clear(pfn);
    machine.cache.lockPage(pfn);
    machine.buffers.brwPage(false, pfn, DEV, [10, 30, 20, 40], 1024);
    machine.drain();
    expect(machine.cache.testFlags(pfn, PG.uptodate)).toBe(true);
    expect(machine.memory.bytes.subarray(pfn * 4096, pfn * 4096 + 4096).every((byte) => byte === 9)).toBe(
      true,
    );
  });

  test('one bad block makes the page bad, and it is unlocked all the same', () => {
    const machine = new BufferMachine();
    const pfn = machine.page(0);
    machine.device.failures.failIo(2);
    machine.buffers.brwPage(false, pfn, DEV, [10, 30, 20, 40], 1024);
    machine.drain();
    expect(machine.cache.testFlags(pfn, PG.locked)).toBe(false);
    expect(machine.cache.testFlags(pfn, PG.error)).toBe(true);
    expect(machine.cache.testFlags(pfn, PG.uptodate)).toBe(false);
  });

  test('sheet 3 A8: reclaim marks a dirty page, then writes it, then waits, then frees it', () => {
    const machine = new BufferMachine();
    const bh = dirtyBlock(machine, 3);
    machine.cache.lockPage(bh.page);
    expect(machine.buffers.tryToFreeBuffers(bh.page, GFP, true)).toBe(false);
    expect(bh.state & (BH.waitIo | BH.lock)).toBe(BH.waitIo);
    expect(machine.buffers.tryToFreeBuffers(bh.page, GFP, true)).toBe(false);
    expect(bh.state & (BH.lock | BH.launder)).toBe(BH.lock | BH.launder);
    expect(machine.device.stats.writes).toBe(0);
    expect(machine.buffers.tryToFreeBuffers(bh.page, GFP, true)).toBe(true);
    expect(machine.device.stats.writes).toBe(1);
  });

  test('without permission for I/O a dirty page stays as it is', () => {
    const machine = new BufferMachine();
    const bh = dirtyBlock(machine, 3);
    machine.cache.lockPage(bh.page);
    for (let i = 0; i < 3; i++) expect(machine.buffers.tryToFreeBuffers(bh.page, 0, false)).toBe(false);
    expect(bh.state & BH.waitIo).toBe(0);
  });

  // Sheet 3 A8: 64 MB has 16000 pages for buffers.
  test.each([
    [4800, -1],
    [4801, 0],
    [9600, 0],
    [9601, 1],
  ])('sheet 3 A8: %i dirty pages of 16000 -> %i', (pages, expected) => {
    const machine = new BufferMachine();
    machine.bufferPages = 16000;
    machine.buffers.rings.bytes[BUF.dirty] = pages * 4096;
    expect(machine.buffers.balanceDirtyState()).toBe(expected);
  });

  test('bdflush writes batches of 32 until less than a fifth is dirty, at most 16 of them', () => {
    const machine = new BufferMachine();
    machine.bufferPages = 100;
    for (let block = 0; block < 100; block++) dirtyBlock(machine, block);
    expect(state(machine, BUF.dirty)).toBe(100);
    expect(bdflushRound(machine.buffers)).toBe(true);
    expect(state(machine, BUF.dirty)).toBe(0);
    expect(state(machine, BUF.locked)).toBe(100);
    machine.drain();
    syncBuffers(machine.buffers, null, true);
    expect(state(machine, BUF.clean)).toBe(100);
    expect(machine.buffers.rings.check()).toEqual([]);

    for (let block = 0; block < 600; block++) dirtyBlock(machine, block);
    machine.bufferPages = 400;
    expect(bdflushRound(machine.buffers)).toBe(false);
    expect(state(machine, BUF.dirty)).toBe(600 - 16 * 32);
  });

  test('kupdated writes what is older than thirty seconds', () => {
    const machine = new BufferMachine();
    dirtyBlock(machine, 1);
    machine.clock.advance(10e9);
    dirtyBlock(machine, 2);
    machine.clock.advance(19e9);
    syncOldBuffers(machine.buffers);
    expect(state(machine, BUF.dirty)).toBe(2);
    machine.clock.advance(1e9);
    syncOldBuffers(machine.buffers);
    // The oldest is due; the batch takes the younger one along.
    expect(state(machine, BUF.dirty)).toBe(0);
  });

  test("fsync waits for an inode's buffers and tells of errors", () => {
    const machine = new BufferMachine();
    const list = new Set<BufferHead>();
    for (const block of [1, 5, 9]) insertInodeQueue(dirtyBlock(machine, block), list);
    expect(fsyncBuffersList(machine.buffers, list)).toBe(0);
    expect(machine.device.stats.writes).toBe(3);
    expect(list.size).toBe(0);
    insertInodeQueue(dirtyBlock(machine, 5), list);
    machine.device.failures.failIo(1);
    expect(fsyncBuffersList(machine.buffers, list)).toBe(-5);
  });

  test('heads for I/O that must not fail: the two that were made go to the reserve, then memory is made', () => {
    const machine = new BufferMachine();
    machine.headsLeft = 2;
    const pfn = machine.page(0);
    const first = machine.buffers.createEmptyBuffers(pfn, DEV, 1024);
    expect(first.offset).toBe(0);
    expect(machine.memoryMade).toBe(1);
    expect(machine.headsInUse).toBe(6);
    expect(machine.buffers.heads.unusedCount).toBe(2);
  });

  test('a truncated page forgets its blocks', () => {
    const machine = new BufferMachine();
    const bh = dirtyBlock(machine, 3, 1024);
    machine.cache.lockPage(bh.page);
    expect(machine.buffers.discardPage(bh.page, 3072)).toBe(true);
    expect(bh.state & BH.mapped).toBe(0);
    expect(state(machine, BUF.dirty)).toBe(0);
    expect(machine.buffers.discardPage(bh.page, 0)).toBe(true);
    expect(machine.buffers.buffersOf(bh.page)).toBeNull();
  });
});
