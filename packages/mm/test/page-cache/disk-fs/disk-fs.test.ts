import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Errno } from '../../../src/errno.ts';
import { MemoryStore } from '../../../src/hardware/block-store.ts';
import { boot } from '../../../src/kernel.ts';
import { mkfs } from '../../../src/page-cache/disk-fs/mkfs.ts';
import { DiskImage } from './disk-image.ts';
import { DiskWorld, O_RDONLY, O_RDWR, pattern } from './disk-world.ts';

function imageOf(store: MemoryStore): DiskImage {
  const bytes = new Uint8Array(store.size);
  store.read(0, bytes);
  return new DiskImage(bytes);
}

/** As toEqual, which takes its time with long arrays. */
function expectBytes(actual: Uint8Array | number | undefined, expected: Uint8Array): void {
  expect(actual).toBeInstanceOf(Uint8Array);
  expect(Buffer.compare(actual as Uint8Array, expected)).toBe(0);
}

describe('mkfs', () => {
  it.each([
    [1 << 20, undefined, 1024, 128, 34],
    [40 << 20, undefined, 1024, 10240, 1310],
    [64 << 20, 4096, 4096, 16384, 521],
    [2 << 20, 2048, 2048, 256, 29],
    [8394 * 1024, undefined, 1024, 2112, 286],
  ])('%i bytes: blocks, inodes and free blocks as e2fsck counts them', (size, blockSize, bytes, inodes, used) => {
    const store = new MemoryStore(size);
    mkfs(store, blockSize === undefined ? {} : { blockSize });
    const { faults } = imageOf(store);
    expect(faults).toEqual([]);
    const superBlock = new Uint8Array(1024);
    store.read(1024, superBlock);
    const view = new DataView(superBlock.buffer);
    expect(1024 << view.getUint32(24, true)).toBe(bytes);
    expect(view.getUint32(0, true)).toBe(inodes);
    expect(view.getUint32(4, true) - view.getUint32(12, true)).toBe(used);
  });

  it('refuses what is too small, and odd block sizes', () => {
    expect(() => mkfs(new MemoryStore(32768))).toThrow(/at least 65536/);
    expect(() => mkfs(new MemoryStore(1 << 20), { blockSize: 512 })).toThrow(/block size 512/);
  });
});

describe.each([1024, 2048, 4096])('files on blocks of %i bytes', (blockSize) => {
  const world = () => new DiskWorld(16 << 20, { blockSize });

  it('keep their bytes over unmounting: direct, indirect and double indirect blocks', () => {
    const it = world();
    expect(it.process.mkdir('/mnt/d', 0o755)).toBe(0);
    const bytes = pattern(5_000_123);
    const fd = it.open('/mnt/d/f');
    expect(it.write(fd, bytes, 0)).toBe(bytes.length);
    it.process.close(fd);
    expect(it.umount()).toBe(0);
    const image = new DiskImage(it.image());
    expect(image.faults).toEqual([]);
    expect(Buffer.compare(image.files.get('/d/f') as Uint8Array, bytes)).toBe(0);
    it.mount();
    const again = it.open('/mnt/d/f', O_RDONLY);
    expectBytes(it.read(again, 70000, 4_900_000), bytes.subarray(4_900_000, 4_970_000));
    it.process.close(again);
    it.kernel.checkInvariants();
  });

  it('have holes, which read as zeroes and take no block', () => {
    const it = world();
    const fd = it.open('/mnt/f');
    const free = it.fs.volume.freeBlocks;
    expect(it.write(fd, pattern(10), 3_000_000)).toBe(10);
    expect(free - it.fs.volume.freeBlocks).toBeLessThanOrEqual(3);
    expect(it.read(fd, 5000, 2_990_000)).toEqual(new Uint8Array(5000));
    expect(it.process.ftruncate(fd, 100)).toBe(0);
    expect(it.fs.volume.freeBlocks).toBe(free);
    expect(it.process.ftruncate(fd, 5000)).toBe(0);
    expect(it.read(fd, 5000, 0)).toEqual(new Uint8Array(5000));
    it.process.close(fd);
    expect(it.umount()).toBe(0);
    expect(new DiskImage(it.image()).faults).toEqual([]);
  });

  it('fill the disk: -ENOSPC, and deleting frees all', () => {
    const it = new DiskWorld(1 << 20, { blockSize });
    const free = it.fs.volume.freeBlocks;
    const fd = it.open('/mnt/f');
    expect(it.write(fd, pattern(1 << 20), 0)).toBeLessThan(1 << 20);
    expect(it.process.pwrite(fd, it.buffer, 4096, 1 << 20)).toBe(-Errno.ENOSPC);
    // What the refused page could have had is free again.
    expect(it.fs.volume.freeBlocks).toBeLessThan(5);
    expect(it.process.unlink('/mnt/f')).toBe(0);
    it.process.close(fd);
    expect(it.fs.volume.freeBlocks).toBe(free);
    expect(it.umount()).toBe(0);
    expect(new DiskImage(it.image()).faults).toEqual([]);
  });
});

describe('fsync of a directory', () => {
  it('puts its names on the disk', () => {
    const it = new DiskWorld(4 << 20);
    const { process } = it;
    process.mkdir('/mnt/d');
    process.close(process.open('/mnt/d/f', 0o102));
    const writes = () => it.kernel.paging.disks[0]?.device.stats.sectorsWritten ?? 0;
    const before = writes();
    const fd = process.open('/mnt/d', O_RDONLY);
    expect(process.fsync(fd)).toBe(0);
    expect(writes()).toBeGreaterThan(before);
    expect(process.fstat(fd)).toMatchObject({ blocks: 2, size: 1024 });
    process.close(fd);
    expect(it.umount()).toBe(0);
  });
});

describe('symbolic links', () => {
  it.each([
    1024, 4096,
  ])('are on the disk after unmounting, short and long, and go with their block', (blockSize) => {
    const it = new DiskWorld(4 << 20, { blockSize });
    const { process } = it;
    const long = `/${'long/'.repeat(30)}`;
    expect(process.symlink('short', '/mnt/s')).toBe(0);
    expect(process.symlink('n'.repeat(59), '/mnt/limit')).toBe(0);
    expect(process.symlink(long, '/mnt/l')).toBe(0);
    expect(process.symlink('x'.repeat(blockSize), '/mnt/no')).toBe(-Errno.ENAMETOOLONG);
    expect(it.umount()).toBe(0);
    const text = (name: string) => new TextDecoder().decode(new DiskImage(it.image()).files.get(name));
    expect(new DiskImage(it.image()).faults).toEqual([]);
    expect([text('/s'), text('/limit'), text('/l')]).toEqual(['short', 'n'.repeat(59), long]);
    it.mount();
    expect(process.readlink('/mnt/s')).toBe('short');
    expect(process.readlink('/mnt/l')).toBe(long);
    for (const name of ['s', 'limit', 'l']) expect(process.unlink(`/mnt/${name}`)).toBe(0);
    it.kernel.checkInvariants();
    expect(it.umount()).toBe(0);
    const left = new DiskImage(it.image());
    expect(left.faults).toEqual([]);
    expect([...left.files.keys()]).toEqual([]);
  });
});

describe('names', () => {
  it('can be made, moved, linked and removed', () => {
    const it = new DiskWorld();
    const { process } = it;
    expect(process.mkdir('/mnt/a', 0o755)).toBe(0);
    expect(process.mkdir('/mnt/a/b', 0o755)).toBe(0);
    const fd = it.open('/mnt/a/b/f');
    it.write(fd, pattern(2000), 0);
    expect(process.link('/mnt/a/b/f', '/mnt/g')).toBe(0);
    expect(process.rename('/mnt/a/b', '/mnt/c')).toBe(0);
    expect(process.rename('/mnt/c/f', '/mnt/a/h')).toBe(0);
    expect(process.rmdir('/mnt/a')).toBe(-Errno.ENOTEMPTY);
    expect(process.rmdir('/mnt/c')).toBe(0);
    expect(process.unlink('/mnt/a/h')).toBe(0);
    process.close(fd);
    const directory = it.open('/mnt', O_RDONLY);
    expect(process.getdents(directory)).toEqual([
      { name: '.', ino: 2, kind: 'directory' },
      { name: '..', ino: 2, kind: 'directory' },
      { name: 'lost+found', ino: 11, kind: 'directory' },
      { name: 'a', ino: expect.any(Number), kind: 'directory' },
      { name: 'g', ino: expect.any(Number), kind: 'regular' },
    ]);
    process.close(directory);
    it.kernel.checkInvariants();
    expect(it.umount()).toBe(0);
    const image = new DiskImage(it.image());
    expect(image.faults).toEqual([]);
    expect([...image.files.keys()]).toEqual(['/g']);
  });

  it('many of them fill blocks of a directory', () => {
    const it = new DiskWorld();
    for (let i = 0; i < 300; i++) it.process.close(it.open(`/mnt/file-${i}`));
    for (let i = 0; i < 300; i += 3) expect(it.process.unlink(`/mnt/file-${i}`)).toBe(0);
    it.process.close(it.open('/mnt/file-0'));
    expect(it.umount()).toBe(0);
    const image = new DiskImage(it.image());
    expect(image.faults).toEqual([]);
    expect(image.files.size).toBe(201);
  });

  it('a file that was unlinked while open goes with its last user', () => {
    const it = new DiskWorld();
    const free = it.fs.volume.freeInodes;
    const fd = it.open('/mnt/f');
    it.write(fd, pattern(100_000), 0);
    expect(it.process.unlink('/mnt/f')).toBe(0);
    expect(it.read(fd, 1000, 50_000)).toEqual(pattern(100_000).subarray(50_000, 51_000));
    expect(it.umount()).toBe(-Errno.EBUSY);
    it.process.close(fd);
    expect(it.fs.volume.freeInodes).toBe(free);
    expect(it.umount()).toBe(0);
    expect(new DiskImage(it.image()).faults).toEqual([]);
  });
});

describe('mount', () => {
  it('an image that mke2fs made: its files are read, and what is written is sound', () => {
    const packed = readFileSync(new URL('../../fixtures/ext2/mke2fs-512k.img.gz', import.meta.url));
    const it = new DiskWorld();
    it.umount();
    const store = new MemoryStore(512 << 10);
    store.write(0, gunzipSync(packed));
    const { path } = it.kernel.paging.addDisk(store);
    expect(it.kernel.mount('/mnt', path)).toBe(0);
    const fd = it.open('/mnt/d/f', O_RDWR);
    expectBytes(it.read(fd, 100_001, 0), pattern(100_000));
    it.write(fd, pattern(50_000, 9), 90_000);
    it.process.close(fd);
    it.process.close(it.open('/mnt/d/new'));
    expect(it.kernel.umount('/mnt')).toBe(0);
    const image = imageOf(store);
    expect(image.faults).toEqual([]);
    expectBytes(image.files.get('/d/f')?.subarray(90_000), pattern(50_000, 9));
    expect([...image.files.keys()]).toEqual(['/d/f', '/d/new']);
  });

  it('refuses what is no ext2, or not there', () => {
    const kernel = boot({ memory: 16 << 20 });
    const { path } = kernel.paging.addDisk(new MemoryStore(1 << 20));
    expect(kernel.mount('/mnt', '/dev/hdx')).toBe(-Errno.ENXIO);
    expect(kernel.mount('/mnt', path)).toBe(-Errno.EINVAL);
    kernel.paging.ioFailures.failIo(1);
    expect(kernel.mount('/mnt', path)).toBe(-Errno.EIO);
    expect(kernel.paging.devices.node(0x0340).openers).toBe(0);
    kernel.checkInvariants();
  });

  it('leaves no page behind', () => {
    const it = new DiskWorld();
    it.umount();
    const free = it.settledFree();
    it.mount();
    const fd = it.open('/mnt/f');
    it.write(fd, pattern(3_000_000), 0);
    it.process.close(fd);
    expect(it.umount()).toBe(0);
    expect(it.settledFree()).toBe(free);
    it.kernel.checkInvariants();
  });

  it('a disk is a file, too', () => {
    const it = new DiskWorld();
    it.umount();
    const fd = it.open('/dev/hdb', O_RDWR);
    const read = it.read(fd, 1024, 1024);
    expect((read as Uint8Array)[56]).toBe(0x53);
    expect(it.write(fd, pattern(3000), 4_000_000)).toBe(3000);
    expect(it.process.fsync(fd)).toBe(0);
    expect(it.image().subarray(4_000_000, 4_003_000)).toEqual(pattern(3000));
    expect(it.process.pwrite(fd, it.buffer, 10, 8 << 20)).toBe(-Errno.ENOSPC);
    it.process.close(fd);
    it.kernel.checkInvariants();
  });
});

it.each(['2.4.0', '2.4.20'])('works on %s as well, with reclaim in between', (release) => {
  const world = new DiskWorld(8 << 20, {}, 16 << 20, release);
  const free = world.settledFree();
  const bytes = pattern(2_500_000);
  const fd = world.open('/mnt/f');
  expect(world.write(fd, bytes, 0)).toBe(bytes.length);
  for (let round = 0; round < 4; round++) {
    world.squeeze();
    world.kernel.checkInvariants();
    const at = round * 500_000;
    expectBytes(world.read(fd, 200_000, at), bytes.subarray(at, at + 200_000));
  }
  expect(world.process.fsync(fd)).toBe(0);
  world.process.close(fd);
  expect(world.umount()).toBe(0);
  const image = new DiskImage(world.image());
  expect(image.faults).toEqual([]);
  expect(Buffer.compare(image.files.get('/f') as Uint8Array, bytes)).toBe(0);
  world.kernel.checkInvariants();
  expect(world.settledFree()).toBeGreaterThanOrEqual(free);
});
