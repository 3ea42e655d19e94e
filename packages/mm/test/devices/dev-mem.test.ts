import { describe, expect, it } from 'vitest';
import { setNoncached } from '../../src/address-space/dev-mem.ts';
import { getUserPages } from '../../src/address-space/get-user-pages.ts';
import type { Vm } from '../../src/address-space/vm.ts';
import { VM, type Vma } from '../../src/address-space/vma.ts';
import { Errno } from '../../src/errno.ts';
import type { OpenFile } from '../../src/page-cache/open-file.ts';
import { BASE, DeviceWorld, MAP, MIB, O, PROT } from './device-world.ts';

const RESERVED = VM.reserved;
const RESERVED_IO = VM.reserved | VM.io;
/** Video memory: frames with a descriptor, reserved. */
const VIDEO = 0xa0;
/** A card's registers: no RAM, no descriptor. */
const CARD = 0xe0000;
/** 32 MiB without what the BIOS keeps at the end. */
const LOW_END = 32 * MIB - 0x20000;

describe('opening the memory devices', () => {
  it.each([
    ['/dev/mem', -Errno.EPERM],
    ['/dev/kmem', -Errno.EPERM],
    ['/dev/null', 0],
    ['/dev/full', 0],
    ['/dev/zero', 0],
  ])('%s without CAP_SYS_RAWIO: %i', (path, expected) => {
    const world = new DeviceWorld();
    const user = world.kernel.spawn('user', { uid: 500 });
    const inode = world.kernel.fs.lookup(path);
    expect(user.open(path, O.rdwr)).toBe(expected);
    expect(inode?.users).toBe(expected === 0 ? 1 : 0);
    expect(inode?.writecount).toBe(expected === 0 ? 1 : 0);
    expect(world.root.open(path, O.rdwr)).toBe(0);
    world.close();
  });

  it('their nodes show the minor as inode number', () => {
    const { kernel } = new DeviceWorld();
    const numbers = ['mem', 'kmem', 'null', 'zero', 'full'].map(
      (name) => kernel.fs.lookup(`/dev/${name}`)?.ino,
    );
    expect(numbers).toEqual([1, 2, 3, 5, 7]);
  });
});

describe('reading and writing /dev/mem', () => {
  it.each([
    // position, bytes, what comes back
    ['a page', 0x200000, 4096, 4096],
    ['across frames', 0x200ffe, 8192, 8192],
    ['nothing', 0x200000, 0, 0],
    ['up to the end of low memory', LOW_END - 10, 100, 10],
    ['at the end', LOW_END, 1, 0],
    ['beyond', 0xe0000000, 1, 0],
    // An unsigned long holds the offset.
    ['4 GiB further', 2 ** 32 + 0x200000, 4096, 4096],
    ['negative', -1, 1, -Errno.EINVAL],
  ])('%s', (_name, position, bytes, expected) => {
    const world = new DeviceWorld();
    const buffer = world.anonymous(4);
    const fd = world.open('/dev/mem');
    world.word(0x200, 0x12345678);
    world.word(0x201, 0x9abcdef0);
    expect(world.root.pread(fd, buffer, bytes, position)).toBe(expected);
    if (expected === 4096) expect(world.load32(buffer)).toBe(0x12345678);
    if (expected === 8192) expect(world.load32(buffer + 2)).toBe(0x9abcdef0);
    world.close();
  });

  it('writes reach the frame, and a bad buffer is -EFAULT', () => {
    const world = new DeviceWorld();
    const { kernel, root } = world;
    const frame = kernel.allocPages(0x1d0, 0);
    const buffer = world.anonymous(1);
    const fd = world.open('/dev/mem');
    world.store32(buffer, 0xcafef00d);
    expect(root.pwrite(fd, buffer, 4, frame * 4096)).toBe(4);
    expect(world.word(frame)).toBe(0xcafef00d);
    expect(root.pread(fd, 0x50000000, 4, frame * 4096)).toBe(-Errno.EFAULT);
    expect(root.pwrite(fd, 0x50000000, 4, frame * 4096)).toBe(-Errno.EFAULT);
    expect(root.pread(fd, buffer + 4000, 200, frame * 4096)).toBe(-Errno.EFAULT);
    expect(root.pread(fd, 0xc0000000, 4, 0)).toBe(-Errno.EFAULT);
    expect(root.pread(world.open('/dev/mem', O.wronly), buffer, 4, 0)).toBe(-Errno.EBADF);
    expect(root.pwrite(world.open('/dev/mem', O.rdonly), buffer, 4, 0)).toBe(-Errno.EBADF);
    expect(root.ftruncate(fd, 0)).toBe(-Errno.EINVAL);
    kernel.freePages(frame, 0);
    world.close();
  });

  it('high memory is out of reach', () => {
    const world = new DeviceWorld({ memory: 1024 * MIB, machine: 'ref-h4g', contentFree: false });
    const fd = world.open('/dev/mem');
    const buffer = world.anonymous(1);
    expect(world.root.pread(fd, buffer, 10, 896 * MIB - 4)).toBe(4);
    expect(world.root.pread(fd, buffer, 10, 896 * MIB)).toBe(0);
    world.close();
  });
});

describe.each(['off', '64g'])('mapping /dev/mem, highmem %s', (highmem) => {
  const makeWorld = () => new DeviceWorld({ highmem });

  it.each([
    // file page, O_SYNC, prot, map flags, entry, vm_flags besides the usual
    ['video memory, shared', VIDEO, 0, PROT.rw, MAP.shared, 0x000a0027, RESERVED],
    ['video memory, read only', VIDEO, 0, PROT.r, MAP.shared, 0x000a0025, RESERVED],
    ['video memory, private', VIDEO, 0, PROT.rw, MAP.private, 0x000a0025, RESERVED],
    ['video memory, PROT_NONE', VIDEO, 0, PROT.none, MAP.shared, 0x000a00a0, RESERVED],
    ['video memory, O_SYNC', VIDEO, O.sync, PROT.rw, MAP.shared, 0x000a003f, RESERVED_IO],
    ['a card', CARD, 0, PROT.rw, MAP.shared, 0xe0000027, RESERVED_IO],
    ['a card, O_SYNC', CARD, O.sync, PROT.rw, MAP.shared, 0xe000003f, RESERVED_IO],
    ['the kernel image', 0x100, 0, PROT.r, MAP.shared, 0x00100025, RESERVED],
    ['RAM in use: no entry', 0x800, 0, PROT.rw, MAP.shared, 0, RESERVED],
    ['the end of RAM', 0x2000, 0, PROT.rw, MAP.shared, 0x02000027, RESERVED_IO],
  ])('%s', (_name, pgoff, sync, prot, flags, pte, vmFlags) => {
    const world = makeWorld();
    const fd = world.open('/dev/mem', O.rdwr | sync);
    const before = world.count(pgoff);
    expect(world.map(fd, 2, pgoff, prot, flags)).toBe(BASE);
    expect(world.pte(BASE).toString(16)).toBe(pte.toString(16));
    expect(world.area(BASE).vmFlags & ~0xff).toBe(vmFlags);
    expect(world.area(BASE).vmOps).toBe(null);
    expect(world.mm().rss).toBe(0);
    expect(world.count(pgoff)).toBe(before);
    world.close();
  });

  it('a program sees the frames, and stores reach them', () => {
    const world = makeWorld();
    const fd = world.open('/dev/mem');
    world.map(fd, 2, VIDEO);
    world.word(VIDEO + 1, 0x07410741);
    expect(world.load32(BASE + 4096)).toBe(0x07410741);
    expect(world.store32(BASE, 0x11223344)).toBe(true);
    expect(world.word(VIDEO)).toBe(0x11223344);
    expect([world.root.minFlt, world.root.majFlt, world.mm().rss]).toEqual([0, 0, 0]);
    world.close();
  });

  it('where nothing answers loads give ones, and stores are lost', () => {
    const world = makeWorld();
    world.map(world.open('/dev/mem'), 1, CARD);
    expect(world.store32(BASE, 0)).toBe(true);
    expect(world.load32(BASE)).toBe(0xffffffff);
    const fd = world.open('/dev/null');
    expect(world.root.pwrite(fd, BASE, 4096, 0)).toBe(4096);
    const memory = world.open('/dev/mem');
    const before = world.word(VIDEO);
    expect(world.root.pread(memory, BASE, 4, VIDEO * 4096)).toBe(4);
    expect(world.word(VIDEO)).toBe(before);
    world.close();
  });

  it('RAM in use is not shown: the program finds zeroed pages of its own', () => {
    const world = makeWorld();
    const frame = world.kernel.allocPages(0x1d0, 0);
    world.word(frame, 0x5ec2e7);
    world.map(world.open('/dev/mem'), 1, frame);
    expect(world.load32(BASE)).toBe(0);
    world.store32(BASE, 7);
    expect([world.word(frame), world.load32(BASE), world.mm().rss]).toEqual([0x5ec2e7, 7, 1]);
    // Shared it is all the same: a child works on the very page.
    const child = world.root.fork();
    if (typeof child === 'number') throw new Error('fork');
    world.store32(BASE, 8, child);
    expect(world.load32(BASE)).toBe(8);
    world.kernel.checkInvariants();
    expect(world.root.msync(BASE, 4096, 4)).toBe(0);
    world.kernel.freePages(frame, 0);
    world.close();
  });

  it('a write to a private mapping copies; where no RAM is there is nothing to copy from', () => {
    const world = makeWorld();
    const fd = world.open('/dev/mem');
    world.word(VIDEO, 5);
    world.map(fd, 1, VIDEO, PROT.rw, MAP.private);
    world.store32(BASE, 0x100);
    expect([world.word(VIDEO), world.load32(BASE), world.mm().rss]).toEqual([5, 0x100, 1]);
    world.kernel.checkInvariants();
    world.root.munmap(BASE, 4096);
    expect(world.mm().rss).toBe(0);

    world.map(fd, 1, CARD, PROT.rw, MAP.private);
    expect(world.root.load8(BASE)).toBe(0xff);
    // "do_wp_page: bogus page": out of memory, as far as the fault handler can tell.
    expect(world.root.store8(BASE, 1)).toBe(false);
    expect(world.root.takeSignal()?.signo).toBe(9);
    world.close();
  });

  it('the offset wraps at 4 GiB', () => {
    const world = makeWorld();
    world.word(0, 0xf000ff53);
    world.map(world.open('/dev/mem'), 2, 0xfffff);
    expect(world.pte(BASE)).toBe(0xfffff027);
    expect(world.load32(BASE + 4096)).toBe(0xf000ff53);
    world.close();
  });

  it.each([1, 2, 3, 4, 5, 6])('failing allocation %i: -EAGAIN or -ENOMEM, and nothing is left', (n) => {
    const world = makeWorld();
    const fd = world.open('/dev/mem');
    world.kernel.allocator.failAlloc(n);
    // Three page tables, with PAE a page directory may come on top.
    const result = world.root.mmap2(0x50000000, 9 * MIB, PROT.rw, MAP.shared | MAP.fixed, fd, CARD);
    world.kernel.allocator.failAlloc(0);
    if (result < 0) {
      expect([-Errno.EAGAIN, -Errno.ENOMEM]).toContain(result);
      expect(world.mm().mapCount).toBe(1);
      expect(world.kernel.fs.lookup('/dev/mem')?.users).toBe(1);
      expect(world.pte(0x50000000)).toBe(0);
    } else expect(world.pte(0x50000000)).toBe(0xe0000027);
    world.close();
  });
});

describe('what system calls do with reserved and device pages', () => {
  function mapped(pgoff: number, pages = 4, prot: number = PROT.rw): DeviceWorld {
    const world = new DeviceWorld();
    expect(world.map(world.open('/dev/mem'), pages, pgoff, prot)).toBe(BASE);
    return world;
  }

  it.each([
    ['video memory', VIDEO],
    ['a card', CARD],
  ])('%s: fork copies the entries as they are, and no count moves', (_name, pgoff) => {
    const world = mapped(pgoff);
    const count = world.count(VIDEO);
    const child = world.root.fork();
    if (typeof child === 'number') throw new Error('fork');
    expect(world.pte(BASE, child)).toBe(world.pte(BASE));
    expect([world.mm(child).rss, world.count(VIDEO)]).toEqual([0, count]);
    expect(world.area(BASE, child).vmFlags).toBe(world.area(BASE).vmFlags);
    world.close();
  });

  it.each([
    ['munmap', (w: DeviceWorld) => w.root.munmap(BASE, 4096), 0],
    ['madvise DONTNEED', (w: DeviceWorld) => w.root.madvise(BASE, 4096, 4), 0],
  ])('%s drops the entry and frees nothing', (_name, call, result) => {
    const world = mapped(VIDEO);
    expect(call(world)).toBe(result);
    expect([world.pte(BASE), world.pte(BASE + 4096)]).toEqual([0, 0x000a1027]);
    world.close();
  });

  it('after DONTNEED the device does not come back: there is no nopage', () => {
    const world = mapped(VIDEO);
    world.word(VIDEO, 9);
    world.root.madvise(BASE, 4096, 4);
    expect([world.load32(BASE), world.pte(BASE) >>> 12]).toEqual([0, world.kernel.vm.zeroPage]);
    world.close();
  });

  it.each([
    ['madvise WILLNEED: no readpage', (w: DeviceWorld) => w.root.madvise(BASE, 4096, 3), -Errno.EBADF],
    ['msync MS_SYNC', (w: DeviceWorld) => w.root.msync(BASE, 4 * 4096, 4), 0],
    ['mprotect to read only', (w: DeviceWorld) => w.root.mprotect(BASE, 4 * 4096, 1), 0],
    ['mlock', (w: DeviceWorld) => w.root.mlock(BASE, 4 * 4096), 0],
    ['mlockall', (w: DeviceWorld) => w.root.mlockall(1), 0],
  ])('%s', (_name, call, result) => {
    for (const pgoff of [VIDEO, CARD]) {
      const world = mapped(pgoff);
      world.store32(BASE, 1);
      expect(call(world)).toBe(result);
      world.kernel.checkInvariants();
      expect(world.pte(BASE) >>> 12).toBe(pgoff);
      world.root.munlockall();
      world.close();
    }
  });

  it('msync leaves the dirty bit of a reserved page alone', () => {
    const world = mapped(VIDEO);
    world.store32(BASE, 1);
    expect(world.pte(BASE)).toBe(0x000a0067);
    world.root.msync(BASE, 4096, 4);
    expect(world.pte(BASE)).toBe(0x000a0067);
    world.close();
  });

  it('mincore: nothing of a device is in the page cache', () => {
    const world = mapped(VIDEO);
    const vector = new Uint8Array(4).fill(9);
    expect(world.root.mincore(BASE, 4 * 4096, vector)).toBe(0);
    expect([...vector]).toEqual([0, 0, 0, 0]);
    world.close();
  });

  it('mremap moves the entries; a grown part is empty', () => {
    const world = mapped(VIDEO);
    expect(world.root.mremap(BASE, 4 * 4096, 6 * 4096, 3, 0x50000000)).toBe(0x50000000);
    expect([world.pte(0x50000000), world.pte(0x50003000), world.pte(0x50004000), world.pte(BASE)]).toEqual([
      0x000a0027, 0x000a3027, 0, 0,
    ]);
    expect(world.area(0x50000000).vmFlags & RESERVED_IO).toBe(RESERVED);
    world.close();
  });

  it('areas side by side stay apart, and /proc/PID/maps names the device', () => {
    const world = new DeviceWorld();
    const fd = world.open('/dev/mem');
    world.map(fd, 1, VIDEO);
    world.map(fd, 1, VIDEO + 1);
    expect(world.kernel.proc('maps', world.root.pid).split('\n').slice(0, 2)).toEqual([
      '40000000-40001000 rw-s 000a0000 03:01 1          /dev/mem',
      '40001000-40002000 rw-s 000a1000 03:01 1          /dev/mem',
    ]);
    // Nothing of it is resident.
    expect(world.kernel.proc('statm', world.root.pid)).toBe('2 0 0 0 0 0 0\n');
    world.close();
  });

  it.each([
    ['a VM_IO area is -EFAULT', CARD, true, -Errno.EFAULT],
    ['faulting one in is fine', CARD, false, 2],
    ['reserved frames are given', VIDEO, true, 2],
  ])('get_user_pages: %s', (_name, pgoff, wantsPages, expected) => {
    const world = mapped(pgoff);
    const { vm } = world.kernel;
    const pages: number[] = [];
    const count = world.count(VIDEO);
    const result = getUserPages(
      vm,
      world.root.task,
      world.mm(),
      BASE,
      2,
      true,
      false,
      wantsPages ? pages : null,
    );
    expect(result).toBe(expected);
    expect(pages).toEqual(wantsPages && expected > 0 ? [VIDEO, VIDEO + 1] : []);
    // The references of a reserved page rise, and never fall.
    expect(world.count(VIDEO)).toBe(count + pages.length / 2);
    world.close();
  });

  it('get_user_pages: a frame that is no RAM in an area that is not VM_IO is -EFAULT, and what came before is given back', () => {
    const world = new DeviceWorld();
    // The area begins in RAM, so it is not VM_IO, and goes on behind it.
    world.map(world.open('/dev/mem'), 2, LOW_END / 4096 - 1);
    expect(world.area(BASE).vmFlags & VM.io).toBe(0);
    const pages: number[] = [];
    const { vm } = world.kernel;
    expect(getUserPages(vm, world.root.task, world.mm(), BASE, 2, true, false, pages)).toBe(-Errno.EFAULT);
    expect(pages).toEqual([]);
    world.close();
  });
});

describe('noncached pages', () => {
  it.each([
    // has range registers, physical address, O_SYNC, protection
    [true, 0x000a0000, false, 0x027],
    [true, 0xe0000000, false, 0x027],
    [false, 0x01fff000, false, 0x027],
    [false, 0x02000000, false, 0x03f],
    [false, 0xe0000000, false, 0x03f],
    [true, 0x000a0000, true, 0x03f],
  ])('MTRR %s, address %i, O_SYNC %s', (mtrr, offset, sync, expected) => {
    const vma = { vmPageProt: 0x027 } as Vma;
    const rules = { kmemMapsVmalloc: true };
    const parts = { vm: {} as Vm, rules, lowMemory: 32 * MIB, mtrr };
    setNoncached(parts, { sync } as OpenFile, vma, offset);
    expect(vma.vmPageProt).toBe(expected);
  });
});
