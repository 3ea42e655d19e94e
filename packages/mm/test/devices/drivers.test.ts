import { describe, expect, it } from 'vitest';
import type { CharDriver } from '../../src/address-space/char-device.ts';
import { VM } from '../../src/address-space/vma.ts';
import { Errno } from '../../src/errno.ts';
import { ConfigError, KernelBug } from '../../src/kernel-bug.ts';
import { GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import { NOPAGE_SIGBUS } from '../../src/page-cache/inode.ts';
import { BASE, DeviceWorld, MAP, O, PROT } from './device-world.ts';
import { Scullp } from './scullp.ts';

const PATH = '/dev/scullp';

/** A world with the driver of the README, of `pages` pages. */
function scullp(pages: number): { world: DeviceWorld; driver: Scullp; fd: number; close: () => void } {
  const world = new DeviceWorld();
  const driver = new Scullp(world.kernel, pages);
  world.kernel.registerDevice(PATH, driver);
  const fd = world.open(PATH);
  return {
    world,
    driver,
    fd,
    close: () => {
      for (const process of [...world.kernel.processes.values()].reverse()) process.exit(0);
      expect([driver.areas, driver.opens]).toEqual([0, 0]);
      driver.free();
      world.close();
    },
  };
}

/** A world with one device. */
function device(driver: CharDriver): { world: DeviceWorld; fd: number } {
  const world = new DeviceWorld();
  world.kernel.registerDevice('/dev/test', driver);
  return { world, fd: world.open('/dev/test') };
}

describe('a driver with nopage', () => {
  it('hands its pages out one by one, and gets them back', () => {
    const { world, driver, fd, close } = scullp(3);
    const { root, kernel } = world;
    world.word(driver.pages[1] as number, 0x1234);
    expect(world.map(fd, 3, 0)).toBe(BASE);
    expect([world.pte(BASE + 4096), world.area(BASE).vmOps?.name]).toEqual([0, 'scullp_vm_ops']);
    expect(world.load32(BASE + 4096)).toBe(0x1234);
    world.store32(BASE + 8192, 0x77);
    expect(world.word(driver.pages[2] as number)).toBe(0x77);
    expect(driver.pages.map((pfn) => world.count(pfn))).toEqual([1, 2, 2]);
    expect([world.mm().rss, root.majFlt]).toEqual([2, 2]);
    kernel.checkInvariants();
    root.munmap(BASE, 3 * 4096);
    expect(driver.pages.map((pfn) => world.count(pfn))).toEqual([1, 1, 1]);
    close();
  });

  it('read and write reach the same pages', () => {
    const { world, driver, fd, close } = scullp(2);
    const { root } = world;
    const buffer = world.anonymous(3);
    world.map(fd, 2, 0);
    world.store32(buffer, 0xfeed);
    expect(root.pwrite(fd, buffer, 8, 4094)).toBe(8);
    expect(world.load32(BASE + 3 * 4096 + 4094)).toBe(0xfeed);
    expect(world.word(driver.pages[1] as number) >>> 0).toBe(0);
    expect(root.pread(fd, buffer + 4096, 3 * 4096, 0)).toBe(2 * 4096);
    expect(world.load32(buffer + 4096 + 4094)).toBe(0xfeed);
    expect(root.pread(fd, 0x50000000, 1, 0)).toBe(-Errno.EFAULT);
    close();
  });

  it('beyond its last page is SIGBUS; a fault in the middle of memory running out is SIGKILL', () => {
    const { world, fd, close } = scullp(1);
    world.map(fd, 2, 0);
    expect(world.root.load8(BASE + 4096)).toBe(-1);
    expect(world.root.takeSignal()).toEqual({ signo: 7, code: 2, addr: BASE + 4096 });
    close();

    const { world: other } = device({ nopage: () => -1 });
    other.map(0, 1, 0);
    expect(other.root.load8(BASE)).toBe(-1);
    expect(other.root.takeSignal()?.signo).toBe(9);
    other.close();
  });

  it('private areas copy at the first write', () => {
    const { world, driver, fd, close } = scullp(2);
    world.map(fd, 2, 0, PROT.rw, MAP.private);
    world.word(driver.pages[0] as number, 1);
    // A write first, and a write after a read.
    world.store32(BASE, 2);
    world.load32(BASE + 4096);
    world.store32(BASE + 4096, 3);
    expect(driver.pages.map((pfn) => [world.word(pfn), world.count(pfn)])).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect(world.mm().rss).toBe(2);
    close();
  });

  it('open and close of areas: split, fork, move, exit', () => {
    const { world, driver, fd, close } = scullp(4);
    const { root } = world;
    world.map(fd, 4, 0);
    expect(driver.areas).toBe(1);
    root.mprotect(BASE + 4096, 4096, PROT.r);
    expect(driver.areas).toBe(3);
    const child = root.fork();
    if (typeof child === 'number') throw new Error('fork');
    expect(driver.areas).toBe(6);
    child.munmap(BASE, 4 * 4096);
    expect(driver.areas).toBe(3);
    child.exit(0);
    expect(root.mremap(BASE + 8192, 2 * 4096, 4 * 4096, 1, 0)).toBeGreaterThan(0);
    expect(driver.areas).toBe(3);
    expect(root.close(fd)).toBe(0);
    // The areas hold the open file.
    expect(driver.opens).toBe(1);
    root.munmap(BASE, 1024 * 4096);
    expect([driver.areas, driver.opens]).toEqual([0, 0]);
    close();
  });

  it('fork shares the pages of a shared area, each with a reference more', () => {
    const { world, driver, fd, close } = scullp(1);
    world.map(fd, 1, 0);
    world.store32(BASE, 5);
    const child = world.root.fork();
    if (typeof child === 'number') throw new Error('fork');
    world.store32(BASE, 6, child);
    expect([world.load32(BASE), world.count(driver.pages[0] as number)]).toEqual([6, 3]);
    close();
  });

  it('pages that the driver frees while they are mapped go with the area', () => {
    const { world, driver, fd, close } = scullp(1);
    world.map(fd, 1, 0);
    world.store32(BASE, 5);
    driver.free();
    world.kernel.checkInvariants();
    expect(world.load32(BASE)).toBe(5);
    close();
  });

  it('mlock and mlockall bring all pages in; DONTNEED drops them, and the next touch brings them back', () => {
    const { world, driver, fd, close } = scullp(3);
    world.map(fd, 3, 0);
    expect(world.root.mlock(BASE, 3 * 4096)).toBe(0);
    expect(world.mm().rss).toBe(3);
    world.root.munlock(BASE, 3 * 4096);
    world.word(driver.pages[0] as number, 4);
    expect(world.root.madvise(BASE, 4096, 4)).toBe(0);
    expect([world.pte(BASE), world.load32(BASE)]).toEqual([0, 4]);
    close();
  });

  it.each([1, 2, 3])('allocation %i fails on the way to the page: a signal, and nothing is left', (n) => {
    const { world, fd, close } = scullp(1);
    world.map(fd, 1, 0, PROT.rw, MAP.private);
    world.root.mprotect(BASE, 4096, PROT.rw);
    world.kernel.allocator.failAlloc(n);
    const stored = world.root.store8(BASE, 1);
    world.kernel.allocator.failAlloc(0);
    expect(world.root.takeSignal()?.signo ?? 0).toBe(stored ? 0 : 9);
    close();
  });

  it('reserved pages: rss counts them, and keeps them for ever', () => {
    const { world, driver, fd, close } = scullp(1);
    const pfn = driver.pages[0] as number;
    world.kernel.reservePage(pfn);
    world.map(fd, 1, 0);
    world.load32(BASE);
    const count = world.count(pfn);
    expect(world.mm().rss).toBe(1);
    world.kernel.checkInvariants();
    world.root.munmap(BASE, 4096);
    expect([world.mm().rss, world.count(pfn)]).toEqual([1, count]);
    world.kernel.checkInvariants();
    world.kernel.unreservePage(pfn);
    world.kernel.memMap.count[pfn] = 1;
    close();
  });
});

describe('a driver with remap_page_range', () => {
  /** Shows the frames of an order-1 block at once. */
  function framebuffer(reserve: boolean) {
    const world = new DeviceWorld();
    const { kernel } = world;
    const block = kernel.allocPages(GFP_KERNEL, 1);
    for (const pfn of [block, block + 1]) if (reserve) kernel.reservePage(pfn);
    kernel.registerDevice('/dev/fb', {
      mmap: (_file, vma) => {
        vma.vmFlags |= VM.reserved;
        const size = vma.vmEnd - vma.vmStart;
        return kernel.remapPageRange(vma.vmStart, (block + vma.vmPgoff) * 4096, size, vma.vmPageProt);
      },
    });
    const close = () => {
      for (const process of [...kernel.processes.values()].reverse()) process.exit(0);
      for (const pfn of [block, block + 1]) kernel.unreservePage(pfn);
      expect([world.count(block), world.count(block + 1)]).toEqual([1, 0]);
      kernel.freePages(block, 1);
      world.close();
    };
    return { world, block, close, fd: world.open('/dev/fb') };
  }

  it('reserved RAM is shown at once, without faults, counts or rss', () => {
    const { world, block, fd, close } = framebuffer(true);
    world.word(block + 1, 3);
    expect(world.map(fd, 2, 0)).toBe(BASE);
    expect(world.load32(BASE + 4096)).toBe(3);
    world.store32(BASE, 4);
    expect([world.word(block), world.mm().rss, world.root.minFlt + world.root.majFlt]).toEqual([4, 0, 0]);
    close();
  });

  it('RAM that was not reserved is passed over', () => {
    const { world, block, fd, close } = framebuffer(false);
    world.word(block, 3);
    world.map(fd, 2, 0);
    expect([world.pte(BASE), world.load32(BASE)]).toEqual([0, 0]);
    close();
  });

  it('a second mapping over the first is a bug of the driver, as is an empty range', () => {
    const { world } = device({});
    const { kernel } = world;
    const at = world.anonymous(1);
    expect(kernel.remapPageRange(at, 0xa0000, 4096, 0x27)).toBe(0);
    expect(() => kernel.remapPageRange(at, 0xa0000, 4096, 0x27)).toThrow('forget_pte: old mapping existed!');
    expect(() => kernel.zeromapPageRange(at, 4096, 0x25)).toThrow(KernelBug);
    expect(() => kernel.remapPageRange(at, 0, 0, 0x27)).toThrow(KernelBug);
    world.close();
  });

  it('across page tables, and the frames it passes over keep their order', () => {
    const world = new DeviceWorld();
    const { kernel, root } = world;
    const start = 0x503fe000;
    root.mmap2(start, 4 * 4096, PROT.rw, MAP.private | MAP.anonymous | MAP.fixed, -1, 0);
    // The last reserved frame below 1 MiB, and RAM of the kernel behind it.
    expect(kernel.remapPageRange(start, 0x9e000, 4 * 4096, 0x27)).toBe(0);
    expect([0, 1, 2, 3].map((n) => world.pte(start + n * 4096))).toEqual([0, 0x9f027, 0xa0027, 0xa1027]);
    world.close();
  });
});

describe('zeromap_page_range', () => {
  it('maps the zero page write-protected, and a write takes a page of its own', () => {
    const world = new DeviceWorld();
    const { kernel } = world;
    kernel.registerDevice('/dev/zeroes', {
      mmap: (_file, vma) => kernel.zeromapPageRange(vma.vmStart, vma.vmEnd - vma.vmStart, vma.vmPageProt),
    });
    const fd = world.open('/dev/zeroes');
    // Even of a shared area the entries lose the write bit.
    expect(world.map(fd, 2, 0)).toBe(BASE);
    expect(world.pte(BASE)).toBe(kernel.vm.zeroPage * 4096 + 0x025);
    expect(world.mm().rss).toBe(0);
    expect(world.store32(BASE, 1)).toBe(true);
    expect([world.load32(BASE), world.load32(BASE + 4096), world.mm().rss]).toEqual([1, 0, 1]);
    world.close();
  });
});

describe("the examples of the package's README", () => {
  it('a buffer shown by nopage, and a frame shown by remap_page_range', () => {
    const world = new DeviceWorld();
    const { kernel, root } = world;
    const pages = [0, 1, 2].map(() => kernel.allocPages(GFP_KERNEL, 0));
    const buffer: CharDriver = {
      nopage(vma, address) {
        const pfn = pages[vma.vmPgoff + ((address - vma.vmStart) >>> 12)];
        if (pfn === undefined) return NOPAGE_SIGBUS;
        kernel.allocator.getPage(pfn);
        return pfn;
      },
    };
    kernel.registerDevice('/dev/buffer', buffer);
    const address = root.mmap2(0, 3 * 4096, 3, 1, root.open('/dev/buffer', 2), 0);
    expect(root.store8(address + 4096, 42)).toBe(true);
    expect(world.word(pages[1] as number)).toBe(42);

    const frame = kernel.allocPages(GFP_KERNEL, 0);
    kernel.reservePage(frame);
    kernel.registerDevice('/dev/frame', {
      mmap: (_file, vma) =>
        kernel.remapPageRange(vma.vmStart, frame * 4096, vma.vmEnd - vma.vmStart, vma.vmPageProt),
    });
    const at = root.mmap2(0, 4096, 3, 1, root.open('/dev/frame', 2), 0);
    expect(root.store8(at, 43)).toBe(true);
    expect(world.word(frame)).toBe(43);

    root.exit(0);
    kernel.unreservePage(frame);
    for (const pfn of [...pages, frame]) kernel.freePages(pfn, 0);
    world.close();
  });
});

describe('what a driver may leave out or refuse', () => {
  it.each([
    ['read', (w: DeviceWorld) => w.root.pread(0, BASE, 1, 0), -Errno.EINVAL],
    ['write', (w: DeviceWorld) => w.root.pwrite(0, BASE, 1, 0), -Errno.EINVAL],
    ['mmap and nopage', (w: DeviceWorld) => w.map(0, 1, 0), -Errno.ENODEV],
    ['truncate', (w: DeviceWorld) => w.root.ftruncate(0, 0), -Errno.EINVAL],
    ['exec', (w: DeviceWorld) => w.root.exec('/dev/test', ['x']), -Errno.EACCES],
  ])('no %s', (_name, call, expected) => {
    const { world } = device({});
    expect(call(world)).toBe(expected);
    world.close();
  });

  it.each([
    -Errno.ENODEV,
    -Errno.EBUSY,
    -Errno.EPERM,
  ])('open refused with %i: release is not called', (errno) => {
    const world = new DeviceWorld();
    let released = 0;
    world.kernel.registerDevice('/dev/busy', { open: () => errno, release: () => void released++ });
    expect(world.root.open('/dev/busy', O.rdwr)).toBe(errno);
    const inode = world.kernel.fs.lookup('/dev/busy');
    expect([released, inode?.users, inode?.writecount]).toEqual([0, 0, 0]);
    world.close();
  });

  it('mmap refused: entries that it made are gone, the file is released', () => {
    const { world, fd } = device({
      mmap: (_file, vma) => {
        world.kernel.remapPageRange(vma.vmStart, 0xa0000, 4096, vma.vmPageProt);
        return -Errno.EAGAIN;
      },
    });
    expect(world.map(fd, 2, 0)).toBe(-Errno.EAGAIN);
    expect([world.pte(BASE), world.mm().mapCount, world.root.task.files[fd]?.count]).toEqual([0, 1, 1]);
    world.close();
  });

  it('mmap checks come first: the driver is not asked', () => {
    let asked = 0;
    const { world } = device({
      mmap: () => {
        asked++;
        return 0;
      },
    });
    const readOnly = world.open('/dev/test', O.rdonly);
    expect(world.map(readOnly, 1, 0)).toBe(-Errno.EACCES);
    expect(world.map(world.open('/dev/test', O.wronly), 1, 0, PROT.r)).toBe(-Errno.EACCES);
    expect(world.map(readOnly, 1, 0, PROT.r, 0x3)).toBe(-Errno.EINVAL);
    expect(world.map(readOnly, 1, 0, PROT.r, MAP.private | 0x100)).toBe(-Errno.EINVAL);
    expect(world.map(readOnly, 0, 0, PROT.r)).toBe(0);
    expect(world.map(9, 1, 0)).toBe(-Errno.EBADF);
    expect(asked).toBe(0);
    world.close();
  });
});

describe('odd drivers', () => {
  it('one that moves the area: it is linked at its new place', () => {
    const { world, fd } = device({
      mmap: (_file, vma) => {
        vma.vmEnd = 0x60000000 + (vma.vmEnd - vma.vmStart);
        vma.vmStart = 0x60000000;
        return 0;
      },
    });
    world.anonymous(1);
    expect(world.map(fd, 2, 0)).toBe(0x60000000);
    expect(world.mm().index.map((vma) => vma.vmStart)).toEqual([BASE, 0x60000000, 0xbffff000]);
    world.kernel.checkInvariants();
    expect(world.root.munmap(0x60000000, 8192)).toBe(0);
    world.close();
  });

  it('VM_IO, VM_DONTCOPY and VM_DONTEXPAND that it sets have their effect', () => {
    const { world, fd } = device({
      mmap: (_file, vma) => {
        vma.vmFlags |= VM.io | VM.dontCopy | VM.dontExpand;
        return 0;
      },
    });
    world.map(fd, 2, 0);
    expect(world.root.mremap(BASE, 8192, 3 * 4096, 1, 0)).toBe(-Errno.EFAULT);
    const child = world.root.fork();
    if (typeof child === 'number') throw new Error('fork');
    expect(world.area(BASE, child)).toBe(undefined);
    world.close();
  });

  it.each([1e9, -2, 0.5, Number.NaN])('nopage that gives %d is told', (pfn) => {
    const { world, fd } = device({ nopage: () => pfn });
    world.map(fd, 1, 0);
    expect(() => world.root.load8(BASE)).toThrow(ConfigError);
  });

  it.each(['', 'dev/x', '/', '/dev/'])('path %j is refused', (path) => {
    const world = new DeviceWorld();
    expect(() => world.kernel.registerDevice(path, {})).toThrow(ConfigError);
    world.close();
  });

  it('a node of the same name gives way; the old device lives on in what is open', () => {
    const { world, fd } = device({ read: () => 1 });
    const buffer = world.anonymous(1);
    world.kernel.registerDevice('/dev/test', { read: () => 2 });
    const again = world.open('/dev/test');
    expect([world.root.pread(fd, buffer, 9, 0), world.root.pread(again, buffer, 9, 0)]).toEqual([1, 2]);
    world.root.close(fd);
    expect(world.kernel.fs.unlink('/dev/test')).toBe(0);
    expect(world.root.open('/dev/test', O.rdonly)).toBe(-Errno.ENOENT);
    world.close();
  });
});
