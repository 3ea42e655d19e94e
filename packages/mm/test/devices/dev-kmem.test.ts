import { describe, expect, it } from 'vitest';
import { VM } from '../../src/address-space/vma.ts';
import { Errno } from '../../src/errno.ts';
import { BASE, DeviceWorld, MAP, MIB, O, PROT } from './device-world.ts';

const PAGE_OFFSET = 0xc0000000;
const HIGH_MEMORY = PAGE_OFFSET + 32 * MIB - 0x20000;

/** A world with a vmalloc area of `pages` pages; page n holds n + 1 in its first word. */
function withArea(pages: number): { world: DeviceWorld; area: number; close: () => void } {
  const world = new DeviceWorld();
  const { kernel } = world;
  const area = kernel.vmalloc.vmalloc(pages * 4096);
  for (let n = 0; n < pages; n++) world.word(kernel.vmalloc.vmallocToPage(area + n * 4096), n + 1);
  return {
    world,
    area,
    close: () => {
      for (const process of [...kernel.processes.values()].reverse()) process.exit(0);
      kernel.vmalloc.vfree(area);
      world.close();
    },
  };
}

describe('reading /dev/kmem', () => {
  it('the direct mapping', () => {
    const world = new DeviceWorld();
    const fd = world.open('/dev/kmem', O.rdonly);
    const buffer = world.anonymous(2);
    world.word(0x200, 0xabcd);
    expect(world.root.pread(fd, buffer + 2, 8, PAGE_OFFSET + 0x200000)).toBe(8);
    expect(world.load32(buffer + 2)).toBe(0xabcd);
    world.close();
  });

  it('the areas of vmalloc, with zeros for the holes, up to the end of the last', () => {
    const { world, area, close } = withArea(2);
    const { root } = world;
    const fd = world.open('/dev/kmem', O.rdonly);
    const buffer = world.anonymous(6);
    expect(root.pread(fd, buffer, 4, area)).toBe(4);
    expect(world.load32(buffer)).toBe(1);
    expect(root.pread(fd, buffer, 4096, area + 4096 - 4)).toBe(4096);
    expect(world.load32(buffer + 4)).toBe(2);
    // One page before it (a hole), and more than there is.
    world.store32(buffer, 99);
    expect(root.pread(fd, buffer, 6 * 4096, area - 4096)).toBe(3 * 4096);
    expect([world.load32(buffer), world.load32(buffer + 4096), world.load32(buffer + 8192)]).toEqual([
      0, 1, 2,
    ]);
    // The guard page, and all behind it.
    expect(root.pread(fd, buffer, 4096, area + 2 * 4096)).toBe(0);
    expect(root.pread(fd, buffer, 4096, 0xfffff000)).toBe(0);
    close();
  });

  it('from the direct mapping on into the areas', () => {
    const { world, area, close } = withArea(1);
    const fd = world.open('/dev/kmem', O.rdonly);
    const length = area + 4096 - (HIGH_MEMORY - 4);
    const buffer = world.anonymous(Math.ceil(length / 4096));
    expect(world.root.pread(fd, buffer, length, HIGH_MEMORY - 4)).toBe(length);
    expect(world.load32(buffer + length - 4096)).toBe(1);
    close();
  });

  it("an address below PAGE_OFFSET is the reader's own", () => {
    const world = new DeviceWorld();
    const fd = world.open('/dev/kmem');
    const buffer = world.anonymous(2);
    world.store32(buffer, 0x55aa);
    expect(world.root.pread(fd, buffer + 4096, 4, buffer)).toBe(4);
    expect(world.load32(buffer + 4096)).toBe(0x55aa);
    expect(world.root.pwrite(fd, buffer, 4, buffer + 8)).toBe(4);
    expect(world.load32(buffer + 8)).toBe(0x55aa);
    expect(world.root.pread(fd, buffer, 4, 0x100)).toBe(-Errno.EFAULT);
    world.close();
  });

  it('without a page for the copy: -ENOMEM; a bad buffer: -EFAULT, and the page is freed', () => {
    const { world, area, close } = withArea(1);
    const { root, kernel } = world;
    const fd = world.open('/dev/kmem');
    const buffer = world.anonymous(1);
    root.store8(buffer, 1);
    kernel.allocator.failAlloc(1);
    expect(root.pread(fd, buffer, 4, area)).toBe(-Errno.ENOMEM);
    kernel.allocator.failAlloc(1);
    expect(root.pwrite(fd, buffer, 4, area)).toBe(-Errno.ENOMEM);
    const free = kernel.allocator.nrFreePages();
    expect(root.pread(fd, buffer + 4094, 4, area)).toBe(-Errno.EFAULT);
    expect(root.pwrite(fd, buffer + 4094, 4, area)).toBe(-Errno.EFAULT);
    expect(root.pread(fd, buffer + 4094, 4, PAGE_OFFSET)).toBe(-Errno.EFAULT);
    expect(kernel.allocator.nrFreePages()).toBe(free);
    close();
  });
});

describe('writing /dev/kmem', () => {
  it('reaches the direct mapping and the areas, and ends behind the last', () => {
    const { world, area, close } = withArea(2);
    const { root, kernel } = world;
    const fd = world.open('/dev/kmem');
    const frame = kernel.allocPages(0x1d0, 0);
    const buffer = world.anonymous(3);
    for (let n = 0; n < 3; n++) world.store32(buffer + n * 4096, 0x100 + n);
    expect(root.pwrite(fd, buffer, 4, PAGE_OFFSET + frame * 4096)).toBe(4);
    expect(world.word(frame)).toBe(0x100);
    expect(root.pwrite(fd, buffer, 3 * 4096, area)).toBe(2 * 4096);
    expect(world.word(kernel.vmalloc.vmallocToPage(area + 4096))).toBe(0x101);
    // 2.4 would never come back from this one.
    expect(root.pwrite(fd, buffer, 4096, 0xfffff000)).toBe(0);
    kernel.freePages(frame, 0);
    close();
  });
});

describe('mapping /dev/kmem', () => {
  it('an area of vmalloc, page by page, each with a reference', () => {
    const { world, area, close } = withArea(3);
    const { root, kernel } = world;
    const fd = world.open('/dev/kmem');
    expect(world.map(fd, 2, (area >>> 12) + 1)).toBe(BASE);
    expect(world.area(BASE).vmFlags & ~0xff).toBe(VM.reserved | VM.io);
    expect(world.area(BASE).vmOps?.name).toBe('kmem_vm_ops');
    const page = kernel.vmalloc.vmallocToPage(area + 4096);
    expect([world.pte(BASE), world.count(page)]).toEqual([0, 1]);
    expect([world.load32(BASE), world.load32(BASE + 4096)]).toEqual([2, 3]);
    expect([world.count(page), world.mm().rss, root.majFlt]).toEqual([2, 2, 2]);
    world.store32(BASE, 77);
    expect(world.word(page)).toBe(77);
    kernel.checkInvariants();
    root.munmap(BASE, 4096);
    expect([world.count(page), world.mm().rss]).toEqual([1, 1]);
    close();
  });

  it('a part of an area that was cut off begins at its own address', () => {
    const { world, area, close } = withArea(3);
    const fd = world.open('/dev/kmem');
    world.map(fd, 3, area >>> 12);
    world.root.munmap(BASE, 4096);
    expect([world.load32(BASE + 4096), world.load32(BASE + 8192)]).toEqual([2, 3]);
    close();
  });

  it('the pages outlive vfree', () => {
    const { world, area } = withArea(1);
    const fd = world.open('/dev/kmem');
    world.map(fd, 1, area >>> 12);
    expect(world.load32(BASE)).toBe(1);
    const free = world.freePages();
    world.kernel.vmalloc.vfree(area);
    // Its descriptor may have held a page of a slab; the page of the area is still mapped.
    expect(world.load32(BASE)).toBe(1);
    expect(world.freePages()).toBeGreaterThanOrEqual(free);
    world.close();
  });

  it.each([
    ['the guard page', 1],
    ['nothing at all', 100],
  ])('%s is SIGBUS', (_name, page) => {
    const { world, area, close } = withArea(1);
    const fd = world.open('/dev/kmem');
    world.map(fd, 1, (area >>> 12) + page);
    expect(world.root.load8(BASE)).toBe(-1);
    expect(world.root.takeSignal()).toEqual({ signo: 7, code: 2, addr: BASE });
    close();
  });

  it('a private write copies the page', () => {
    const { world, area, close } = withArea(1);
    world.map(world.open('/dev/kmem'), 1, area >>> 12, PROT.rw, MAP.private);
    world.store32(BASE, 5);
    const page = world.kernel.vmalloc.vmallocToPage(area);
    expect([world.word(page), world.load32(BASE), world.count(page)]).toEqual([1, 5, 1]);
    close();
  });

  it('an address of the direct mapping is taken for a physical one', () => {
    const world = new DeviceWorld();
    world.map(world.open('/dev/kmem'), 1, (PAGE_OFFSET + 0x100000) >>> 12);
    expect(world.pte(BASE)).toBe(0xc0100027);
    expect(world.load32(BASE)).toBe(0xffffffff);
    expect(world.area(BASE).vmOps).toBe(null);
    world.close();
  });

  it('2.4.20 takes addresses of vmalloc for physical ones as well', () => {
    const world = new DeviceWorld({ release: '2.4.20' });
    const area = world.kernel.vmalloc.vmalloc(4096);
    world.map(world.open('/dev/kmem'), 1, area >>> 12);
    expect(world.pte(BASE)).toBe(area + 0x027);
    expect(world.area(BASE).vmOps).toBe(null);
    expect(world.load32(BASE)).toBe(0xffffffff);
    world.kernel.vmalloc.vfree(area);
    world.close();
  });

  it('O_SYNC maps without the caches', () => {
    const { world, area, close } = withArea(1);
    world.map(world.open('/dev/kmem', O.rdwr | O.sync), 1, area >>> 12);
    world.load32(BASE);
    expect(world.pte(BASE) & 0xfff).toBe(0x03f);
    close();
  });
});
