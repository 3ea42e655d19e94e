import { describe, expect, it } from 'vitest';
import { Errno } from '../../../src/errno.ts';
import { DiskWorld, O_RDONLY, O_RDWR, pattern } from './disk-world.ts';

/** A world in which `count` empty files were looked at, and nobody uses one. */
function withNames(count: number): DiskWorld {
  const world = new DiskWorld();
  for (let i = 0; i < count; i++) world.process.close(world.open(`/mnt/f${i}`));
  world.umount();
  world.mount();
  for (let i = 0; i < count; i++) world.process.close(world.open(`/mnt/f${i}`, O_RDONLY));
  world.process.sync();
  return world;
}

describe('names and inodes without users (sheet 3 A9)', () => {
  it('a round of reclaim frees a sixth, a fifth, ... of what remains', () => {
    const { dentryCache, inodeCache, writeback } = withNames(120).kernel.paging;
    expect(dentryCache.nrUnused).toBe(120);
    const left: number[] = [];
    for (const priority of [6, 5, 4, 3, 2, 1]) {
      dentryCache.shrink(priority);
      left.push(dentryCache.nrUnused);
    }
    expect(left).toEqual([100, 80, 60, 40, 20, 0]);
    expect(writeback.lists.nrUnused).toBe(120);
    inodeCache.shrink(6);
    expect(writeback.lists.nrUnused).toBe(100);
  });

  it('prune of 0 frees all', () => {
    const { paging } = withNames(20).kernel;
    paging.dentryCache.prune(0);
    expect(paging.dentryCache.nrUnused).toBe(0);
    paging.inodeCache.prune(0);
    expect(paging.writeback.lists.nrUnused).toBe(0);
  });

  it('a name that was found again is passed over once', () => {
    const world = withNames(10);
    const { dentryCache } = world.kernel.paging;
    world.process.close(world.open('/mnt/f9', O_RDONLY));
    for (const name of dentryCache.unused) name.referenced = name.name === 'f0';
    dentryCache.prune(3);
    expect([...dentryCache.unused].map(({ name }) => name)).toEqual([
      'f4',
      'f5',
      'f6',
      'f7',
      'f8',
      'f9',
      'f0',
    ]);
  });

  it('an inode with pages, or one that is dirty, stays', () => {
    const world = withNames(5);
    const { paging } = world.kernel;
    const fd = world.open('/mnt/f0', O_RDWR);
    world.write(fd, pattern(5000), 0);
    world.process.close(fd);
    paging.dentryCache.prune(0);
    paging.inodeCache.prune(0);
    expect(paging.writeback.lists.nrUnused).toBe(1);
    // keventd has written it; its pages keep it.
    world.kernel.step();
    paging.inodeCache.prune(0);
    expect(paging.writeback.lists.nrUnused).toBe(1);
    const inode = world.kernel.fs.lookup('/mnt/f0');
    expect(inode?.size).toBe(5000);
  });

  it('a directory that something is mounted at stays, and with it the mount', () => {
    const world = new DiskWorld();
    const { kernel, process } = world;
    const { dentryCache, inodeCache } = kernel.paging;
    const pruneAll = () => {
      process.sync();
      dentryCache.prune(0);
      inodeCache.prune(0);
    };
    expect(process.mkdir('/mnt/a')).toBe(0);
    expect(process.mkdir('/mnt/a/b')).toBe(0);
    // A directory that was read has pages, which keep its inode.
    world.umount();
    world.mount();
    expect(kernel.mountTmpfs('/mnt/a/b', '')).toBe(0);
    process.close(world.open('/mnt/a/b/f'));
    pruneAll();
    expect(process.stat('/mnt/a/b/f')).toMatchObject({ size: 0 });
    // The directory above may move; what was held is given back all the same.
    expect(process.rename('/mnt/a', '/mnt/c')).toBe(0);
    pruneAll();
    expect(process.stat('/mnt/c/b/f')).toMatchObject({ size: 0 });
    expect(world.umount()).toBe(-Errno.EBUSY);
    expect(kernel.umount('/mnt/c/b')).toBe(0);
    pruneAll();
    expect(dentryCache.nrUnused).toBe(0);
    expect(world.umount()).toBe(0);
  });

  it('count as memory that can be had', () => {
    const { paging } = withNames(120).kernel;
    // Unused names hold their inodes.
    expect(paging.shrinkableSlabPages).toBe(Math.floor((120 * 108) / 4096));
    paging.dentryCache.prune(0);
    expect(paging.shrinkableSlabPages).toBe(Math.floor((120 * 464) / 4096));
  });
});

it.each(['2.4.22', '2.4.0'])('an unmounted disk leaves no page and no buffer behind (%s)', (release) => {
  const world = new DiskWorld(8 << 20, {}, 32 << 20, release);
  const { kernel, process } = world;
  const cached = () => kernel.proc('meminfo').match(/^(Buffers|Cached):.*$/gm);
  expect(world.umount()).toBe(0);
  const before = cached();
  world.mount();
  const fd = world.open('/mnt/f');
  world.write(fd, pattern(200_000), 0);
  process.close(fd);
  expect(cached()).not.toEqual(before);
  expect(world.umount()).toBe(0);
  expect(cached()).toEqual(before);
  expect(kernel.pageCache.buffermemPages).toBe(0);
  kernel.checkInvariants();
});

describe('write-back', () => {
  it('kupdated writes an inode within five seconds, buffers when they are 30 seconds old', () => {
    const world = new DiskWorld();
    const { kernel, process } = world;
    const writes = () => kernel.paging.disks[0]?.device.stats.sectorsWritten ?? 0;
    process.sync();
    kernel.step();
    const before = writes();
    const fd = world.open('/mnt/f');
    world.write(fd, pattern(10_000), 0);
    expect(kernel.paging.writeback.lists.superBlocks.some(({ dirty }) => dirty.size > 0)).toBe(true);
    kernel.clock.advance(6e9);
    process.getdents(fd);
    while (kernel.step());
    expect(kernel.paging.writeback.lists.superBlocks.every(({ dirty }) => dirty.size === 0)).toBe(true);
    expect(writes()).toBe(before);
    for (let i = 0; i < 8; i++) {
      kernel.clock.advance(5e9);
      process.getdents(fd);
    }
    while (kernel.step());
    expect(writes()).toBeGreaterThan(before);
    process.close(fd);
  });

  it('readahead starts reads, no more than half of the inactive pages (sheet 3 A5)', () => {
    const world = new DiskWorld();
    const { kernel, process } = world;
    const fd = world.open('/mnt/f');
    world.write(fd, pattern(400_000), 0);
    process.close(fd);
    world.umount();
    world.mount();
    const again = world.open('/mnt/f', O_RDONLY);
    const { mapping } = kernel.fs.lookup('/mnt/f') as { mapping: { nrpages: number } };
    const half = Math.floor(kernel.pageCache.nrInactivePages / 2);
    expect(process.readahead(again, 4096, 300_000)).toBe(0);
    expect(mapping.nrpages).toBe(Math.min(half, 73));
    expect(process.readahead(99, 0, 1)).toBe(-9);
    process.close(again);
  });
});
