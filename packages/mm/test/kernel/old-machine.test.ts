/** A whole machine of 2.4.0: calls that reach through several rooms (sheet 7, sections 7, 9 and 11). */
import { describe, expect, it } from 'vitest';
import { MADV, MS } from '../../src/address-space/mman.ts';
import { Errno } from '../../src/errno.ts';
import { boot, type Kernel } from '../../src/kernel.ts';
import type { Process } from '../../src/process.ts';

const MIB = 2 ** 20;
const AT = 0x20000000;
const RW = 3;
const [SHARED, PRIVATE, ANONYMOUS, FIXED] = [1, 2, 0x20, 0x10];
const O_RDWR = 2;
const SIGBUS = 7;

function machine(release: string, swap = true): { kernel: Kernel; process: Process } {
  const kernel = boot({ memory: 64 * MIB, release, ...(swap && { swap: [{ size: 16 * MIB }] }) });
  return { kernel, process: kernel.spawn('test') };
}

/** Pages of a range that mincore calls resident. */
function resident(process: Process, addr: number, pages: number): number[] {
  const vector = new Uint8Array(pages);
  expect(process.mincore(addr, pages * 4096, vector)).toBe(0);
  return [...vector.keys()].filter((page) => vector[page] === 1);
}

/** A file of a disk with `pages` pages that nobody read yet, open for reading and writing. */
function diskFile(kernel: Kernel, process: Process, pages: number): number {
  kernel.fs.create('/file', { kind: 'disk', size: pages * 4096, mode: 0o666 });
  return process.open('/file', O_RDWR);
}

describe('mincore and msync', () => {
  it('sheet 7, 19 vector 18: a touch of page 20 makes 16 to 31 resident, of shared memory only its own page', () => {
    const { kernel, process } = machine('2.4.0', false);
    // 64 MiB have clusters of 16 pages.
    expect(kernel.pageCache.pageCluster).toBe(4);
    const fd = diskFile(kernel, process, 64);
    expect(process.mmap2(AT, 64 * 4096, 1, PRIVATE | FIXED, fd, 0)).toBe(AT);
    expect(process.load8(AT + 20 * 4096)).toBe(0);
    expect(resident(process, AT, 64)).toEqual(Array.from({ length: 16 }, (_, i) => 16 + i));
    const id = process.shmget(0, 64 * 4096, 0o1600);
    expect(process.shmat(id, AT + MIB, 0)).toBe(AT + MIB);
    expect(process.store8(AT + MIB + 20 * 4096, 1)).toBe(true);
    expect(resident(process, AT + MIB, 64)).toEqual([20]);
    expect([process.minFlt, process.majFlt]).toEqual([0, 2]);
    kernel.checkInvariants();
  });

  it.each([
    ['2.4.0', [0, 1, 2, 3].filter((page) => page !== 1)],
    ['2.4.22', [0, 1, 2, 3]],
  ])('%s: after msync(MS_SYNC) a changed page of shared anonymous memory is in %j', (release, pages) => {
    const { kernel, process } = machine(release);
    expect(process.mmap2(AT, 4 * 4096, RW, SHARED | ANONYMOUS | FIXED, -1, 0)).toBe(AT);
    for (let page = 0; page < 4; page++) process.load8(AT + page * 4096);
    expect(process.store8(AT + 4096, 7)).toBe(true);
    expect(process.msync(AT, 4 * 4096, MS.async)).toBe(0);
    expect(resident(process, AT, 4)).toEqual([0, 1, 2, 3]);
    expect(process.msync(AT, 4 * 4096, MS.sync)).toBe(0);
    expect(resident(process, AT, 4)).toEqual(pages);
    kernel.checkInvariants();
    // It is still mapped, and a child that asks for it brings it back.
    expect(process.load8(AT + 4096)).toBe(7);
    const child = process.fork() as Process;
    expect(child.madvise(AT, 4 * 4096, MADV.dontNeed)).toBe(0);
    expect(child.load8(AT + 4096)).toBe(7);
    expect(resident(process, AT, 4)).toEqual([0, 1, 2, 3]);
    child.exit(0);
    kernel.checkInvariants();
    process.exit(0);
    kernel.checkInvariants();
  });

  it('without swap the page stays, where the real kernel waits for ever', () => {
    const { kernel, process } = machine('2.4.0', false);
    expect(process.mmap2(AT, 4096, RW, SHARED | ANONYMOUS | FIXED, -1, 0)).toBe(AT);
    expect(process.store8(AT, 7)).toBe(true);
    expect(process.msync(AT, 4096, MS.sync)).toBe(0);
    expect(resident(process, AT, 1)).toEqual([0]);
    process.exit(0);
    kernel.checkInvariants();
  });

  it('MADV_WILLNEED of shared memory is -EBADF, where the real kernel jumps to address 0', () => {
    const { process } = machine('2.4.0');
    expect(process.mmap2(AT, 4096, RW, SHARED | ANONYMOUS | FIXED, -1, 0)).toBe(AT);
    expect(process.madvise(AT, 4096, MADV.willNeed)).toBe(-Errno.EBADF);
  });
});

describe('writes from a bad buffer (sheet 7, 7)', () => {
  it.each([
    ['2.4.0', 4096, 0],
    ['2.4.22', 8192, 100],
  ])('%s: the file has %i bytes then', (release, size, copied) => {
    const { kernel, process } = machine(release);
    const fd = diskFile(kernel, process, 1);
    expect(process.mmap2(AT, 4096, RW, PRIVATE | ANONYMOUS | FIXED, -1, 0)).toBe(AT);
    for (let i = 0; i < 100; i++) process.store8(AT + 4096 - 100 + i, i + 1);
    // 100 bytes are there, then the buffer ends.
    expect(process.pwrite(fd, AT + 4096 - 100, 4096, 4100)).toBe(-Errno.EFAULT);
    expect(process.mmap2(AT + MIB, 3 * 4096, 1, SHARED | FIXED, fd, 0)).toBe(AT + MIB);
    const lastPage = Math.ceil(size / 4096) - 1;
    expect(process.load8(AT + MIB + lastPage * 4096)).toBeGreaterThanOrEqual(0);
    expect(process.load8(AT + MIB + (lastPage + 1) * 4096)).toBe(-1);
    expect(process.takeSignal()).toMatchObject({ signo: SIGBUS, code: release === '2.4.0' ? 0 : 2 });
    if (copied > 0) expect(process.load8(AT + MIB + 4100 + copied - 1)).toBe(copied);
    process.close(fd);
    process.exit(0);
    kernel.checkInvariants();
  });

  it('a page that was valid is read again; its buffers have what was copied, and zeroes', () => {
    const { kernel, process } = machine('2.4.0');
    const fd = diskFile(kernel, process, 1);
    expect(process.mmap2(AT, 4096, RW, PRIVATE | ANONYMOUS | FIXED, -1, 0)).toBe(AT);
    process.store8(AT, 9);
    expect(process.pwrite(fd, AT, 4096, 0)).toBe(4096);
    process.store8(AT + 4095, 5);
    expect(process.pwrite(fd, AT + 4095, 2, 100)).toBe(-Errno.EFAULT);
    expect(process.mmap2(AT + MIB, 4096, 1, SHARED | FIXED, fd, 0)).toBe(AT + MIB);
    expect(resident(process, AT + MIB, 1)).toEqual([]);
    expect([0, 100, 101].map((at) => process.load8(AT + MIB + at))).toEqual([9, 5, 0]);
    expect(resident(process, AT + MIB, 1)).toEqual([0]);
    process.exit(0);
    kernel.checkInvariants();
  });
});

describe('/dev/zero (sheet 7, 9.5)', () => {
  it('a private mapping is there at once; after MADV_DONTNEED its pages are anonymous', () => {
    const { kernel, process } = machine('2.4.0');
    const fd = process.open('/dev/zero', O_RDWR);
    expect(process.mmap2(AT, 2 * 4096, RW, PRIVATE | FIXED, fd, 5)).toBe(AT);
    expect(process.load8(AT)).toBe(0);
    expect([process.minFlt, process.majFlt]).toEqual([0, 0]);
    expect(process.madvise(AT, 2 * 4096, MADV.dontNeed)).toBe(0);
    expect(process.load8(AT)).toBe(0);
    expect(process.store8(AT + 4096, 1)).toBe(true);
    expect([process.minFlt, process.majFlt]).toEqual([2, 0]);
    process.exit(0);
    kernel.checkInvariants();
  });

  it('a shared mapping is a file of its own and keeps its offset', () => {
    const { kernel, process } = machine('2.4.0');
    const fd = process.open('/dev/zero', O_RDWR);
    expect(process.mmap2(AT, 2 * 4096, RW, SHARED | FIXED, fd, 1)).toBe(AT);
    expect(kernel.proc('maps', process.pid)).toMatch(
      /20000000-20002000 rw-s 00001000 .* \/dev\/zero \(deleted\)/,
    );
    expect(process.store8(AT, 1)).toBe(true);
    expect(process.store8(AT + 4096, 1)).toBe(false);
    expect(process.majFlt).toBe(1);
    process.exit(0);
    kernel.checkInvariants();
  });
});
