import { describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { DeviceWorld, MAP, PROT } from './device-world.ts';

/** A world with `pages` written pages, page n filled with n + 1 in its first word. */
function written(
  pages: number,
  flags: number = MAP.private,
): { world: DeviceWorld; buffer: number; fd: number } {
  const world = new DeviceWorld();
  const buffer = world.root.mmap2(0, pages * 4096, PROT.rw, flags | MAP.anonymous, -1, 0);
  for (let n = 0; n < pages; n++) world.store32(buffer + n * 4096, n + 1);
  return { world, buffer, fd: world.open('/dev/zero') };
}

describe('a read of /dev/zero', () => {
  it.each([
    // offset in the buffer of 8 pages, bytes, zero pages mapped
    ['three pages are written', 0, 3 * 4096, []],
    ['four pages are mapped', 0, 4 * 4096, [0, 1, 2, 3]],
    ['the ends are written', 100, 4 * 4096, [1, 2, 3]],
    ['and a last part', 0, 4 * 4096 + 7, [0, 1, 2, 3]],
    ['all', 0, 8 * 4096, [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('%s', (_name, offset, bytes, zeroed) => {
    const { world, buffer, fd } = written(8);
    const { root, kernel } = world;
    const free = kernel.allocator.nrFreePages();
    expect(root.pread(fd, buffer + offset, bytes, 0)).toBe(bytes);
    const zeroPages = [0, 1, 2, 3, 4, 5, 6, 7].filter(
      (n) => world.pte(buffer + n * 4096) >>> 12 === kernel.vm.zeroPage,
    );
    expect(zeroPages).toEqual(zeroed);
    for (const n of zeroPages) expect(world.pte(buffer + n * 4096) & 0xfff).toBe(0x025);
    expect(world.mm().rss).toBe(8 - zeroed.length);
    expect(kernel.allocator.nrFreePages()).toBe(free + zeroed.length);
    for (let n = 0; n < 8; n++) {
      const at = n * 4096;
      expect(world.load32(buffer + at)).toBe(at >= offset && at < offset + bytes ? 0 : n + 1);
    }
    expect(world.store32(buffer, 4)).toBe(true);
    expect(world.load32(buffer)).toBe(4);
    world.close();
  });

  it('shared memory is cleared, as is everything behind it', () => {
    const { world, buffer, fd } = written(4, MAP.shared);
    const behind = world.anonymous(2);
    expect(behind).toBe(buffer + 4 * 4096);
    world.store32(behind, 8);
    const child = world.root.fork();
    if (typeof child === 'number') throw new Error('fork');
    expect(child.pread(fd, buffer, 6 * 4096, 0)).toBe(6 * 4096);
    expect([world.load32(buffer), world.load32(buffer + 3 * 4096)]).toEqual([0, 0]);
    expect([world.load32(behind, child), world.load32(behind)]).toEqual([0, 8]);
    expect(world.pte(behind, child) >>> 12).not.toBe(world.kernel.vm.zeroPage);
    world.close();
  });

  it.each([
    // what lies in the middle of 10 pages, from page 6 on; bytes read from page 0 on
    ['a hole', (w: DeviceWorld, at: number) => w.root.munmap(at, 4096), 6 * 4096],
    ['a read-only area', (w: DeviceWorld, at: number) => w.root.mprotect(at, 4096, PROT.r), 6 * 4096],
  ])('ends at %s', (_name, prepare, expected) => {
    const { world, buffer, fd } = written(10);
    prepare(world, buffer + 6 * 4096);
    expect(world.root.pread(fd, buffer, 10 * 4096, 0)).toBe(expected);
    expect(world.root.pread(fd, buffer + 6 * 4096, 4 * 4096, 0)).toBe(-Errno.EFAULT);
    expect(world.root.pread(fd, buffer + 6 * 4096, 4096, 0)).toBe(-Errno.EFAULT);
    expect(world.root.pread(fd, buffer + 5 * 4096 + 96, 4 * 4096, 0)).toBe(4000);
    world.close();
  });

  it.each([
    ['nothing', 0, 0, 0],
    ['beyond user space', 0xbffff000, 8192, -Errno.EFAULT],
    ['nothing mapped', 0x50000000, 5 * 4096, -Errno.EFAULT],
    ['more than ssize_t', 0, 0x80000000, -Errno.EINVAL],
  ])('%s', (_name, addr, bytes, expected) => {
    const world = new DeviceWorld();
    expect(world.root.pread(world.open('/dev/zero'), addr, bytes, 0)).toBe(expected);
    world.close();
  });

  it('without a page table the zero page is missing, and nobody is told', () => {
    const world = new DeviceWorld();
    const fd = world.open('/dev/zero');
    world.anonymous(1024);
    const buffer = 0x40400000;
    world.root.mmap2(buffer, 5 * 4096, PROT.rw, MAP.private | MAP.anonymous | MAP.fixed, -1, 0);
    world.kernel.allocator.failAlloc(1);
    expect(world.root.pread(fd, buffer, 5 * 4096, 0)).toBe(5 * 4096);
    expect([world.pte(buffer), world.load32(buffer)]).toEqual([0, 0]);
    world.close();
  });
});

describe('/dev/null and /dev/full', () => {
  it('null is at its end at once and swallows everything; full reads zeros and has no room', () => {
    const { world, buffer, fd: zero } = written(5);
    const { root } = world;
    const none = world.open('/dev/null');
    const full = world.open('/dev/full');
    expect([root.pread(none, buffer, 4096, 0), root.pwrite(none, buffer, 4096, 99)]).toEqual([0, 4096]);
    expect([root.pread(full, buffer, 5 * 4096, 7), root.pwrite(full, buffer, 1, 0)]).toEqual([
      5 * 4096,
      -Errno.ENOSPC,
    ]);
    expect(world.mm().rss).toBe(0);
    expect(root.pwrite(zero, 0x50000000, 10, 0)).toBe(10);
    for (const fd of [none, full]) expect(world.map(fd, 1, 0)).toBe(-Errno.ENODEV);
    world.close();
  });
});
