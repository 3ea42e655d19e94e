import { describe, expect, it } from 'vitest';
import { BH, BufferHead } from '../../src/block/buffer-head.ts';
import { MemoryStore } from '../../src/hardware/block-store.ts';
import { boot } from '../../src/kernel.ts';

const FOUR_GIB = 0x100000;

/** A machine with frames beyond what disks reach, and a locked buffer in one of them. */
function machine() {
  const kernel = boot({ memory: 5 * 2 ** 30, highmem: '64g' });
  const store = new MemoryStore(1 << 20);
  const { dev } = kernel.paging.addDisk(store);
  const bh = new BufferHead();
  bh.dev = dev;
  bh.blocknr = 3;
  bh.size = 1024;
  bh.page = FOUR_GIB + 77;
  bh.offset = 2048;
  bh.state = BH.lock | BH.mapped;
  const ended: boolean[] = [];
  bh.endIo = (_bh, uptodate) => ended.push(uptodate);
  const { memory } = kernel;
  const bytes = () => {
    const start = memory.base(bh.page) * 4 + bh.offset;
    return memory.bytes.subarray(start, start + bh.size);
  };
  const run = (write: boolean) => {
    kernel.paging.block.submitBh(write, bh);
    kernel.paging.block.runTqDisk();
    while (kernel.paging.events.runNext() && ended.length === 0);
  };
  return { kernel, store, bh, ended, bytes, run };
}

describe('bounce buffers', () => {
  it('are only on machines with high memory: 32 pages and 32 heads are kept', () => {
    expect(machine().kernel.paging.bounce.pool).toEqual({ pages: 32, heads: 32 });
    expect(boot({ memory: 64 << 20 }).paging.bounce.pool).toEqual({ pages: 0, heads: 0 });
  });

  it('a write is copied before it begins', () => {
    const { kernel, store, ended, bytes, run } = machine();
    const free = kernel.allocator.nrFreePages();
    bytes().fill(7);
    run(true);
    expect(ended).toEqual([true]);
    const written = new Uint8Array(1024);
    store.read(3 * 1024, written);
    expect(written).toEqual(new Uint8Array(1024).fill(7));
    // The page came from the free ones and went back there: the pool was full.
    expect(kernel.allocator.nrFreePages()).toBe(free);
    expect(kernel.paging.bounce.pool).toEqual({ pages: 32, heads: 32 });
  });

  it('a read is copied when it has ended, not when it failed', () => {
    const { kernel, store, bh, ended, bytes, run } = machine();
    store.write(3 * 1024, new Uint8Array(1024).fill(9));
    bytes().fill(1);
    kernel.paging.ioFailures.failIo(1);
    run(false);
    expect(ended).toEqual([false]);
    expect(bytes()[5]).toBe(1);
    ended.length = 0;
    bh.state = BH.lock | BH.mapped;
    run(false);
    expect(ended).toEqual([true]);
    expect(bytes()).toEqual(new Uint8Array(1024).fill(9));
  });

  it('no memory: the pool gives its pages, and the I/O that ends fills it again', () => {
    const { kernel, ended, run } = machine();
    kernel.allocator.failAlloc(1);
    const seen: number[] = [];
    const { block, bounce } = kernel.paging;
    const { createBounce } = block.ports;
    block.ports.createBounce = (write, bh) => {
      const result = createBounce(write, bh);
      seen.push(bounce.pool.pages);
      return result;
    };
    run(true);
    expect(ended).toEqual([true]);
    expect(seen).toEqual([31]);
    expect(bounce.pool).toEqual({ pages: 32, heads: 32 });
  });

  it('low memory, and high memory below 4 GiB, is what IDE disks reach with DMA', () => {
    const { kernel, bh } = machine();
    for (const page of [100, kernel.physical.highStartPfn, FOUR_GIB - 1]) {
      bh.page = page;
      expect(kernel.paging.bounce.create(true, bh)).toBe(bh);
    }
  });

  it('2.4.0 bounces all high memory, and keeps nothing', () => {
    const kernel = boot({ memory: 2 ** 30, release: '2.4.0', highmem: '4g' });
    expect(kernel.paging.bounce.pool).toEqual({ pages: 0, heads: 0 });
    const bh = new BufferHead();
    bh.size = 4096;
    bh.page = kernel.physical.highStartPfn;
    bh.endIo = () => {};
    const bounce = kernel.paging.bounce.create(true, bh);
    expect(bounce).not.toBe(bh);
    expect(bounce.page).toBeLessThan(kernel.physical.highStartPfn);
    bounce.endIo?.(bounce, true);
  });
});
