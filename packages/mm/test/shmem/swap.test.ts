import { describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import type { MachineConfig } from '../../src/machine-config.ts';
import { O } from '../../src/page-cache/file-system.ts';
import { SGP } from '../../src/shmem/shmem-index.ts';
import type { ShmemInode } from '../../src/shmem/shmem-inode.ts';
import { SHMCTL, type ShmctlBuffer } from '../../src/shmem/sysv-shm.ts';
import type { Tmpfs } from '../../src/shmem/tmpfs.ts';
import { PG, SwapWorld } from '../swap/swap-world.ts';

/** A file of `pages` pages on a tmpfs at /tmp, byte 0 of page i is i + 1; its pages are nowhere mapped. */
function setup(pages: number, config: Partial<MachineConfig> = {}) {
  const world = new SwapWorld(config);
  const free = world.free();
  const { kernel } = world;
  expect(kernel.mountTmpfs('/tmp', 'nr_blocks=1000')).toBe(0);
  const bytes = new Uint8Array(pages * 4096);
  for (let i = 0; i < pages; i++) bytes[i * 4096] = i + 1;
  const inode = kernel.fs.create('/tmp/file', { bytes }) as ShmemInode;
  const task = world.spawn();
  const fd = task.open('/tmp/file', O.rdwr);
  const buffer = task.mmap2(0, 4096, 3, 0x22, -1, 0);
  const page = (index: number) => kernel.pageCache.findPage(inode.mapping, index);
  const entry = (index: number) =>
    kernel.shmem.pages.index.entryAt(inode, kernel.shmem.pages.index.find(inode, index));
  const read = (index: number) => {
    const result = task.pread(fd, buffer, 1, index * 4096);
    return result < 0 ? result : task.load8(buffer);
  };
  const { superblock } = inode;
  const used = () => superblock.maxBlocks - superblock.freeBlocks;
  const pageOut = (index: number) => world.evict(page(index));
  const end = () => {
    task.exit(0);
    expect(kernel.fs.unlink('/tmp/file')).toBe(0);
    world.check();
    expect(kernel.umount('/tmp')).toBe(0);
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
    expect(world.free()).toBe(free);
  };
  return { world, kernel, inode, task, fd, buffer, page, entry, read, used, pageOut, end };
}

describe.each(['2.4.22', '2.4.20'])('shared memory in swap (sheet 3 D1), %s', (release) => {
  it('two visits of reclaim: into the swap cache, then to disk; the charge stays; back: slot free, page dirty', () => {
    const { world, inode, page, entry, read, used, end } = setup(3, { release });
    const blocks = inode.blocks;
    const pfn = page(1);
    expect(world.count(pfn)).toBe(1);

    world.visit(pfn);
    expect(page(1)).toBe(0);
    expect(world.swap.has(pfn)).toBe(true);
    expect([inode.swapped, world.map(entry(1)), world.count(pfn)]).toEqual([1, 2, 1]);
    expect(world.flags(pfn, PG.dirty) && world.flags(pfn, PG.uptodate)).toBe(true);
    expect(world.flags(pfn, PG.locked)).toBe(false);
    expect(world.swap.pswpout).toBe(0);
    expect([inode.blocks, used()]).toEqual([blocks, blocks / 8]);
    world.check();

    world.visit(pfn);
    expect(world.swap.pswpout).toBe(1);
    world.settle();
    world.visit(pfn);
    expect(world.count(pfn)).toBe(0);
    expect(world.map(entry(1))).toBe(1);
    world.check();

    const was = entry(1);
    expect(read(1)).toBe(2);
    const back = page(1);
    expect([entry(1), world.map(was), inode.swapped]).toEqual([0, 0, 0]);
    expect(world.flags(back, PG.dirty)).toBe(true);
    expect([world.swap.has(back), world.count(back)]).toEqual([false, 1]);
    expect(inode.blocks).toBe(blocks);
    world.check();
    end();
  });

  it('a page that is not written yet comes back without I/O', () => {
    const { world, inode, page, read, end } = setup(1, { release });
    const pfn = page(0);
    world.visit(pfn);
    expect(inode.swapped).toBe(1);
    expect(read(0)).toBe(1);
    expect(page(0)).toBe(pfn);
    expect([world.swap.pswpin, world.swap.pswpout, inode.swapped]).toEqual([0, 0, 0]);
    world.check();
    end();
  });

  it('stays outside of reclaim, when it is locked in memory, and when no slot is free: active, referenced, dirty', () => {
    const { world, kernel, inode, page, task, fd, end } = setup(2, { release, swap: [{ size: 10 * 4096 }] });
    const at = task.mmap2(0, 8192, 3, 1, fd, 0);
    task.store8(at, 9);
    expect(task.msync(at, 8192, 4)).toBe(0);
    expect([inode.swapped, world.areas.nrSwapPages]).toEqual([0, 8]);
    task.munmap(at, 8192);

    inode.locked = true;
    const pfn = page(0);
    world.visit(pfn);
    expect(page(0)).toBe(pfn);
    expect([
      world.flags(pfn, PG.active),
      world.flags(pfn, PG.referenced),
      world.flags(pfn, PG.dirty),
    ]).toEqual([true, true, true]);
    expect(world.flags(pfn, PG.locked)).toBe(false);
    world.check();

    inode.locked = false;
    const slots = Array.from({ length: 8 }, () => world.areas.getSwapPage());
    kernel.trace.on = true;
    world.visit(pfn);
    const event = [...kernel.trace.events()].find(({ name }) => name === 'shmem_writepage');
    expect(event?.values).toMatchObject({ launder: 1, locked: 0, entry: 0, outcome: 0 });
    kernel.trace.on = false;
    expect(page(0)).toBe(pfn);
    for (const slot of slots) world.areas.swapFree(slot);
    world.evict(pfn);
    world.check();
    end();
  });

  it('a disk that cannot read: -EIO, the page stays in swap (2.4.20 takes it at the second try)', () => {
    const { world, kernel, inode, pageOut, read, end } = setup(1, {
      release,
      sysctl: { 'vm.page-cluster': '0' },
    });
    pageOut(0);
    kernel.paging.ioFailures.failIo(1);
    expect(read(0)).toBe(-Errno.EIO);
    expect(inode.swapped).toBe(1);
    world.check();
    end();
  });

  it('no memory: -ENOMEM, the page stays in swap', () => {
    const { world, kernel, inode, pageOut, end, read } = setup(1, {
      release,
      sysctl: { 'vm.page-cluster': '0' },
    });
    pageOut(0);
    kernel.allocator.failAlloc(1);
    expect(kernel.shmem.getpage(inode, 0, SGP.cache)).toBe(-Errno.ENOMEM);
    expect(inode.swapped).toBe(1);
    world.check();
    expect(read(0)).toBe(1);
    end();
  });

  it('truncate frees the entries beyond: of the first 16 pages, and of the vectors behind them', () => {
    const { world, inode, task, fd, pageOut, used, end } = setup(30, { release });
    for (const index of [3, 4, 15, 16, 17, 29]) pageOut(index);
    expect(inode.swapped).toBe(6);
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages - 6);
    const full = used();
    expect(task.ftruncate(fd, 17 * 4096)).toBe(0);
    expect([inode.swapped, full - used()]).toEqual([4, 13]);
    world.check();
    expect(task.ftruncate(fd, 4 * 4096)).toBe(0);
    expect(inode.swapped).toBe(1);
    // With the last page of the vector its index pages went.
    expect(used()).toBe(4);
    world.check();
    expect(task.ftruncate(fd, 0)).toBe(0);
    expect([inode.swapped, used(), inode.blocks]).toEqual([0, 0, 0]);
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
    world.check();
    end();
  });

  it('truncate into a page that is in swap: its end is zeroes when the file grows again', () => {
    const { world, task, fd, buffer, pageOut, end } = setup(2, { release });
    task.store8(buffer, 77);
    expect(task.pwrite(fd, buffer, 1, 4096 + 500)).toBe(1);
    pageOut(1);
    expect(task.ftruncate(fd, 4096 + 100)).toBe(0);
    expect(task.ftruncate(fd, 8192)).toBe(0);
    expect(task.pread(fd, buffer, 1, 4096 + 500)).toBe(1);
    expect(task.load8(buffer)).toBe(0);
    expect(task.pread(fd, buffer, 1, 4096)).toBe(1);
    expect(task.load8(buffer)).toBe(2);
    world.check();
    end();
  });

  it('an unlinked file takes its slots along with the last user', () => {
    const { world, kernel, task, fd, pageOut, free } = { ...setup(4, { release }), free: 0 };
    for (let i = 0; i < 4; i++) pageOut(i);
    expect(kernel.fs.unlink('/tmp/file')).toBe(0);
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages - 4);
    world.check();
    expect(task.close(fd)).toBe(free);
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
    world.check();
  });

  it('swapoff moves pages back into the file: dirty, charged once, and the next search begins there', () => {
    const { world, kernel, inode, pageOut, page, read, used, end } = setup(20, { release });
    const other = kernel.fs.create('/tmp/other', { bytes: new Uint8Array(4096).fill(99) }) as ShmemInode;
    world.evict(kernel.pageCache.findPage(other.mapping, 0));
    for (const index of [0, 15, 18]) pageOut(index);
    const before = used();
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    expect([inode.swapped, other.swapped, used()]).toEqual([0, 0, before]);
    for (const index of [0, 15, 18]) {
      expect(world.flags(page(index), PG.dirty) && world.flags(page(index), PG.uptodate)).toBe(true);
      expect(world.count(page(index))).toBe(1);
      expect(read(index)).toBe(index + 1);
    }
    expect(world.areas.totalSwapPages).toBe(0);
    world.check();
    kernel.fs.unlink('/tmp/other');
    expect(world.init.swapon('/dev/hdb')).toBe(0);
    end();
  });

  it('a shared mapping loses its pages to swap and gets them back, for every process', () => {
    const { world, task, end, inode, page } = setup(2, { release });
    const at = task.mmap2(0, 8192, 3, 0x21, -1, 0);
    task.store8(at, 42);
    const child = task.fork();
    if (typeof child === 'number') throw new Error(`fork ${child}`);
    child.store8(at + 4096, 43);
    const pfns = [world.pfn(task, at), world.pfn(child, at + 4096)] as const;
    for (const [process, address] of [
      [task, at],
      [child, at],
      [child, at + 4096],
    ] as const) {
      if ((world.pte(process, address) & 1) === 0) continue;
      // An entry of a file's page is just dropped: the file knows where it is.
      expect(world.unmap(process, address)).toBe(0);
    }
    for (const pfn of pfns) world.evict(pfn);
    world.check();
    expect([task.load8(at + 4096), child.load8(at)]).toEqual([43, 42]);
    expect(task.majFlt).toBeGreaterThan(0);
    world.check();
    child.exit(0);
    expect(inode.swapped).toBe(0);
    expect(page(0)).not.toBe(0);
    end();
  });
});

describe('System V segments in swap (sheet 3 D4)', () => {
  it('SHM_INFO tells pages in memory and in swap; SHM_LOCK keeps them; removal frees their slots', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const id = task.shmget(0x1234, 5 * 4096, 0o1600);
    const at = task.shmat(id, 0, 0);
    for (let i = 0; i < 3; i++) task.store8(at + i * 4096, i + 1);
    const info = () => {
      const buffer: ShmctlBuffer = {};
      expect(task.shmctl(0, SHMCTL.shmInfo, buffer)).toBe(0);
      return buffer.info;
    };
    expect(info()).toEqual({ usedIds: 1, shmTot: 5, shmRss: 3, shmSwp: 0 });
    const [first, second] = [0, 1].map((i) => {
      const pfn = world.pfn(task, at + i * 4096);
      world.unmap(task, at + i * 4096);
      return pfn;
    }) as [number, number];
    world.evict(first);
    expect(info()).toEqual({ usedIds: 1, shmTot: 5, shmRss: 2, shmSwp: 1 });

    expect(task.shmctl(id, SHMCTL.lock)).toBe(0);
    world.visit(second);
    expect(world.swap.has(second)).toBe(false);
    expect(world.count(second)).toBe(1);
    expect(task.shmctl(id, SHMCTL.unlock)).toBe(0);
    world.evict(second);
    expect(info()).toEqual({ usedIds: 1, shmTot: 5, shmRss: 1, shmSwp: 2 });
    world.check();
    expect(task.load8(at + 4096)).toBe(2);
    expect(info()).toEqual({ usedIds: 1, shmTot: 5, shmRss: 2, shmSwp: 1 });

    expect(task.shmctl(id, SHMCTL.rmid)).toBe(0);
    expect(task.shmdt(at)).toBe(0);
    expect(info()).toEqual({ usedIds: 0, shmTot: 0, shmRss: 0, shmSwp: 0 });
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
    world.check();
  });
});

describe('the size of a mount', () => {
  it('counts pages in swap: a file system that is full stays full when its pages leave memory', () => {
    const world = new SwapWorld();
    const { kernel } = world;
    expect(kernel.mountTmpfs('/tmp', 'nr_blocks=4')).toBe(0);
    const made = kernel.fs.create('/tmp/file', { bytes: new Uint8Array(4 * 4096).fill(1) }) as ShmemInode;
    const fs = [...kernel.fs.mounts][0]?.fs as Tmpfs;
    for (let i = 0; i < 4; i++) world.evict(kernel.pageCache.findPage(made.mapping, i));
    expect(fs.statfs().bfree).toBe(0);
    expect(kernel.fs.create('/tmp/more', { bytes: new Uint8Array(1) })).toBe(-Errno.ENOSPC);
    world.check();
  });
});
