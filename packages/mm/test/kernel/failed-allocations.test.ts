import { expect, it } from 'vitest';
import { boot, Errno, type Kernel, type Process } from '../../src/index.ts';
import { GFP_DMA, GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import { cacheUsage } from '../../src/slab/check.ts';
import { settledFreePages } from './settled.ts';

const BASE = 0x20000000;
const PAGE = 4096;
const A = 0x32;
const RW = 3;
/** What a call may answer when it gets no memory. */
const REFUSALS = [
  -Errno.ENOMEM,
  -Errno.EAGAIN,
  -Errno.ENFILE,
  -Errno.ENOSPC,
  -Errno.EINVAL,
  -Errno.EFAULT,
  -Errno.EBADF,
  -Errno.EIO,
  -Errno.ENOEXEC,
  -Errno.EIDRM,
];

interface Machine {
  readonly kernel: Kernel;
  readonly init: Process;
  readonly process: Process;
}

/** A machine with two files and a process, whose table of segments has its full size. */
function machine(cpus: number): Machine {
  const kernel = boot({ memory: 16 * 2 ** 20, cpus });
  const init = kernel.spawn('init');
  init.shmctl(init.shmget(0, PAGE, 0o600), 0);
  for (const [path, kind] of [
    ['/file', 'tmpfs'],
    ['/program', 'disk'],
  ] as const) {
    kernel.fs.create(path, { bytes: new Uint8Array(2 * PAGE).fill(1), kind, mode: 0o755 });
  }
  const process = kernel.spawn('victim', { uid: 7 });
  // It may lock memory, but is not root: the last free file structs are not for it.
  process.task.capEffective = init.task.capEffective;
  return { kernel, init, process };
}

/**
 * Takes all objects that can be had without a new page, so that the next one of any cache needs one.
 * @returns gives them back
 */
function exhaust({ slab }: Kernel): () => void {
  const taken: (() => void)[] = [];
  for (const cache of slab.chain) {
    slab.kmemCacheShrink(cache);
    const { objects, activeObjects } = cacheUsage(slab, cache);
    const array = cache.cpuArrays[slab.cpu] as number;
    let free = objects - activeObjects + (array === 0 ? 0 : slab.load(array));
    for (; free > 0 && cache !== slab.cacheCache; free--) {
      const object = slab.kmemCacheAlloc(cache, cache.gfpflags === 0 ? GFP_KERNEL : GFP_KERNEL | GFP_DMA);
      taken.push(() => slab.kmemCacheFree(cache, object));
    }
  }
  return () => {
    for (const give of taken) give();
  };
}

/** Every system call that makes, cuts or frees something of the kernel's. Each may be refused. */
function* calls({ kernel, process }: Machine): Generator<number> {
  // Neighbours that do not merge.
  for (let i = 0; i < 12; i++) yield process.mmap2(BASE + i * PAGE * 8, PAGE * 5, i & 1 ? 1 : RW, A, -1, 0);
  yield process.munmap(BASE + PAGE, PAGE);
  yield process.mprotect(BASE + PAGE * 3, PAGE, 1);
  yield process.mlock(BASE + PAGE * 17, PAGE);
  yield process.madvise(BASE + PAGE * 33, PAGE, 1);
  yield process.mremap(BASE + PAGE * 48, PAGE, PAGE * 2, 1, 0);
  yield process.mremap(BASE + PAGE * 64, PAGE * 5, PAGE * 5, 3, BASE - PAGE * 64);
  yield process.munmap(BASE + PAGE * 80, PAGE * 64);
  yield process.brk(0x0804a000 + PAGE * 3);
  // More descriptors than the struct holds.
  let fd = 0;
  for (let i = 0; i < 35; i++) {
    fd = process.open('/file', 2);
    yield fd;
  }
  yield process.mmap2(0, PAGE * 2, RW, 1, fd, 0);
  if (process.store8(BASE, 5)) yield process.pwrite(fd, BASE, 100, PAGE * 3);
  yield process.pread(fd, BASE, 100, 0);
  yield process.ftruncate(fd, PAGE);
  const id = process.shmget(0, PAGE * 2, 0o600);
  yield id;
  if (id >= 0) {
    const at = process.shmat(id, 0, 0);
    yield at;
    process.store8(at, 1);
    yield process.shmdt(at);
    yield process.shmctl(id, 0);
  }
  const child = process.fork();
  yield typeof child === 'number' ? child : 0;
  if (typeof child === 'number') return;
  child.store8(BASE, 9);
  const file = kernel.fs.open('/program', 0);
  if (typeof file === 'number') return;
  const segment = { vaddr: 0x08048000, offset: 0, filesz: PAGE, memsz: PAGE * 3, prot: 7 };
  try {
    yield child.exec({ file, segments: [segment], entry: 0x08048000 }, ['/program', 'x'.repeat(6000)]);
  } finally {
    kernel.fs.release(file);
  }
  child.exit(0);
}

/** Whether an error says that the kernel killed the process that called. */
function isKilled(error: unknown): boolean {
  return error instanceof Error && error.message.includes('has ended');
}

it.each([
  1, 2,
])('any page allocation of any call may fail, %i CPUs: an errno or a signal comes out, nothing leaks', (cpus) => {
  const reference = machine(cpus);
  reference.process.exit(0);
  const free = settledFreePages(reference.kernel);
  let refused = 0;
  let killed = 0;
  let n = 1;
  for (let injected = true; injected; n++) {
    const world = machine(cpus);
    const { kernel, init, process } = world;
    const giveBack = [exhaust(kernel)];
    kernel.allocator.failAlloc(n);
    try {
      for (const result of calls(world)) {
        // All but the plain opens begin with full slabs.
        if (result < 1 || result > 30) giveBack.push(exhaust(kernel));
        if (result >= 0) continue;
        expect(REFUSALS).toContain(result);
        refused++;
      }
    } catch (error) {
      if (!isKilled(error)) throw error;
      killed++;
    }
    injected = kernel.allocator.failAllocPending === 0;
    kernel.allocator.failAlloc(0);
    for (const give of giveBack) give();
    kernel.checkInvariants();
    for (const { pid } of [...kernel.processes.values()].reverse()) {
      if (pid !== init.pid) kernel.processes.get(pid)?.exit(0);
    }
    for (const segment of [...kernel.shm.segments()]) init.shmctl(segment.id, 0);
    expect(process.task.dead).toBe(true);
    kernel.checkInvariants();
    kernel.fs.unlink('/file');
    kernel.fs.create('/file', { bytes: new Uint8Array(2 * PAGE).fill(1), kind: 'tmpfs', mode: 0o755 });
    expect(settledFreePages(kernel), `allocation ${n}`).toBe(free);
  }
  expect(n).toBeGreaterThan(30);
  expect(refused).toBeGreaterThan(10);
  expect(killed).toBeGreaterThan(0);
}, 60_000);
