import { expect, it } from 'vitest';
import { makeSwapHeader } from '../../../src/swap/swap-header.ts';
import { DiskWorld, pattern } from './disk-world.ts';

const PAGES = 1024;

it.each([
  1024, 4096,
])('a file of ext2 can be swapped to, through the blocks that it has: blocks of %i', (blockSize) => {
  const world = new DiskWorld(12 << 20, { blockSize }, 16 << 20);
  const { kernel, process } = world;
  const fd = world.open('/mnt/swap');
  const contents = new Uint8Array(PAGES * 4096);
  contents.set(makeSwapHeader(PAGES));
  expect(world.write(fd, contents, 0)).toBe(contents.length);
  expect(process.fsync(fd)).toBe(0);
  process.close(fd);
  expect(process.swapon('/mnt/swap')).toBe(0);
  expect(world.umount()).toBe(-16);
  const anonymous = process.mmap2(0, 500 * 4096, 3, 0x22, -1, 0);
  const bytes = pattern(500, 3);
  for (let page = 0; page < 500; page++) process.store8(anonymous + page * 4096, bytes[page] as number);
  for (let round = 0; round < 10; round++) world.squeeze();
  expect(kernel.paging.swapAreas.swapinfo().free).toBeLessThan(PAGES - 1);
  for (let page = 0; page < 500; page++) expect(process.load8(anonymous + page * 4096)).toBe(bytes[page]);
  kernel.checkInvariants();
  expect(process.swapoff('/mnt/swap')).toBe(0);
  for (let page = 0; page < 500; page++) expect(process.load8(anonymous + page * 4096)).toBe(bytes[page]);
  process.munmap(anonymous, 500 * 4096);
  expect(world.umount()).toBe(0);
  kernel.checkInvariants();
});
