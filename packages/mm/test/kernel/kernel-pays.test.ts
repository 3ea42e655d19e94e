import { beforeEach, describe, expect, it } from 'vitest';
import { boot, Errno, type Kernel, type Process } from '../../src/index.ts';
import { cacheUsage } from '../../src/slab/check.ts';

let kernel: Kernel;
let root: Process;

beforeEach(() => {
  kernel = boot({ memory: 64 * 2 ** 20 });
  root = kernel.spawn('root');
});

/** Objects in use of the caches that a change concerns: the differences that `action` makes, 0 left out. */
function spent(action: () => void): Record<string, number> {
  const count = () =>
    new Map(
      [...kernel.slab.chain].map((cache) => [cache.name, cacheUsage(kernel.slab, cache).activeObjects]),
    );
  const before = count();
  action();
  kernel.checkInvariants();
  const after = count();
  return Object.fromEntries(
    [...after]
      .map(([name, objects]) => [name, objects - (before.get(name) as number)] as const)
      .filter(([, difference]) => difference !== 0),
  );
}

const PROCESS = { signal_act: 1, files_cache: 1, fs_cache: 1, vm_area_struct: 1, mm_struct: 1 };

describe('what the kernel pays for itself (sheet 2 A6)', () => {
  it('a process: an object of five caches, and one for its user', () => {
    expect(spent(() => kernel.spawn('a', { uid: 7 }))).toEqual({ ...PROCESS, uid_cache: 1 });
    expect(spent(() => kernel.spawn('b', { uid: 7 }))).toEqual(PROCESS);
    const minus = (objects: Record<string, number>) =>
      Object.fromEntries(Object.entries(objects).map(([name, n]) => [name, -n]));
    const [, a, b] = [...kernel.processes.values()] as [Process, Process, Process];
    expect(spent(() => a.exit(0))).toEqual(minus(PROCESS));
    expect(spent(() => b.exit(0))).toEqual(minus({ ...PROCESS, uid_cache: 1 }));
  });

  it('a fork: the same, with all areas', () => {
    for (let i = 0; i < 3; i++) root.mmap2(0x40000000 + i * 0x2000, 4096, 3, 0x32, -1, 0);
    expect(spent(() => root.fork())).toEqual({ ...PROCESS, vm_area_struct: 4 });
  });

  it('areas: split, joined and unmapped', () => {
    expect(spent(() => root.mmap2(0x40000000, 0x5000, 3, 0x32, -1, 0))).toEqual({ vm_area_struct: 1 });
    expect(spent(() => root.mprotect(0x40001000, 0x1000, 1))).toEqual({ vm_area_struct: 2 });
    expect(spent(() => root.mprotect(0x40001000, 0x1000, 3))).toEqual({ vm_area_struct: -2 });
    expect(spent(() => root.munmap(0x40001000, 0x1000))).toEqual({ vm_area_struct: 1 });
    expect(spent(() => root.munmap(0x40000000, 0x5000))).toEqual({ vm_area_struct: -2 });
  });

  it('shared anonymous memory: a file with name and inode', () => {
    expect(spent(() => root.mmap2(0x40000000, 0x5000, 3, 0x31, -1, 0))).toEqual({
      vm_area_struct: 1,
      filp: 1,
      dentry_cache: 1,
      inode_cache: 1,
    });
    // The file struct waits for the next file.
    expect(spent(() => root.munmap(0x40000000, 0x5000))).toEqual({
      vm_area_struct: -1,
      dentry_cache: -1,
      inode_cache: -1,
    });
    expect(spent(() => root.mmap2(0x40000000, 0x5000, 3, 0x31, -1, 0))).toEqual({
      vm_area_struct: 1,
      dentry_cache: 1,
      inode_cache: 1,
    });
  });

  it('a System V segment: a struct of 64 bytes besides; the first one a table of 16 KiB', () => {
    expect(kernel.shm.ids.tableAddress.bytes).toBe(4);
    root.shmctl(root.shmget(0, 4096, 0o600), 0);
    expect(kernel.shm.ids.tableAddress).toMatchObject({ bytes: 4097 * 4 });
    expect(kernel.vmalloc.find(kernel.shm.ids.tableAddress.addr)?.size).toBe(6 * 4096);
    expect(spent(() => root.shmget(0, 4096, 0o600))).toEqual({
      'size-64': 1,
      dentry_cache: 1,
      inode_cache: 1,
    });
  });
});

describe('descriptor tables (fs/file.c, kernel/fork.c)', () => {
  const fdSize = (process: Process) => /FDSize:\t(\d+)/.exec(kernel.proc(`${process.pid}/status`))?.[1];
  const open = (process: Process, count: number) => {
    let fd = -1;
    for (let i = 0; i < count; i++) fd = process.open('/dev/zero', 0);
    return fd;
  };

  it.each([
    { files: 32, size: '32' },
    { files: 33, size: '256' },
    { files: 256, size: '256' },
    { files: 257, size: '1024' },
    { files: 1024, size: '1024' },
  ])('$files files: FDSize $size', ({ files, size }) => {
    expect(open(root, files)).toBe(files - 1);
    expect(fdSize(root)).toBe(size);
    kernel.checkInvariants();
  });

  it('RLIMIT_NOFILE is -EMFILE; beyond 1024 array and sets grow', () => {
    expect(open(root, 1025)).toBe(-Errno.EMFILE);
    root.setrlimit(7, 3000, 3000);
    expect(open(root, 1)).toBe(1024);
    expect(fdSize(root)).toBe('2048');
    expect(root.task.filesStruct).toMatchObject({ maxFds: 2048, maxFdset: 32768 });
    kernel.checkInvariants();
    root.exit(0);
    kernel.checkInvariants();
  });

  it('a child gets a table for the highest open descriptor; none ever shrinks', () => {
    open(root, 40);
    for (let fd = 5; fd < 40; fd++) root.close(fd);
    expect(fdSize(root)).toBe('256');
    const child = root.fork();
    expect(fdSize(child as Process)).toBe('32');
    kernel.checkInvariants();
  });

  it('ten closed files are kept for root', () => {
    open(root, 12);
    for (let fd = 0; fd < 12; fd++) root.close(fd);
    expect([kernel.vfs.nrFiles, kernel.vfs.nrFreeFiles]).toEqual([12, 12]);
    open(kernel.spawn('user', { uid: 7 }), 3);
    expect([kernel.vfs.nrFiles, kernel.vfs.nrFreeFiles]).toEqual([13, 10]);
    open(root, 1);
    expect([kernel.vfs.nrFiles, kernel.vfs.nrFreeFiles]).toEqual([13, 9]);
  });
});

it('recounts say who lost an object, and which frames nobody owns', () => {
  const object = kernel.slab.kmemCacheAlloc(kernel.caches.vmArea, 0x1f0);
  expect(() => kernel.checkInvariants()).toThrow(/cache vm_area_struct: 2 objects are in use, .* own 1/);
  kernel.slab.kmemCacheFree(kernel.caches.vmArea, object);
  kernel.checkInvariants();
  const held = kernel.allocPages(0x1f0, 2);
  kernel.checkInvariants();
  kernel.freePages(held, 2);
  const lost = kernel.allocator.allocPages(0x1f0, 0);
  expect(() => kernel.checkInvariants()).toThrow(/frames belong to nobody/);
  kernel.allocator.freePages(lost, 0);
  kernel.checkInvariants();
});
