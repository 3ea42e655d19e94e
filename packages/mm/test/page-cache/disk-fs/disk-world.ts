/** A booted machine with an ext2 disk, and one process that works on it. */
import { MemoryStore } from '../../../src/hardware/block-store.ts';
import { boot, type Kernel } from '../../../src/kernel.ts';
import { GFP_ATOMIC } from '../../../src/page-allocator/gfp.ts';
import type { DiskFs } from '../../../src/page-cache/disk-fs/disk-fs.ts';
import { type MkfsOptions, mkfs } from '../../../src/page-cache/disk-fs/mkfs.ts';
import type { Process } from '../../../src/process.ts';
import { settledFreePages } from '../../kernel/settled.ts';

export const O_RDONLY = 0;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_TRUNC = 0o1000;
export const O_SYNC = 0o10000;
const BUFFER_BYTES = 1 << 20;

export class DiskWorld {
  readonly kernel: Kernel;
  readonly store: MemoryStore;
  readonly disk: string;
  readonly process: Process;
  /** Memory of the process that read and write use. */
  readonly buffer: number;

  constructor(diskBytes = 8 << 20, options: MkfsOptions = {}, memory = 32 << 20, release = '2.4.22') {
    this.kernel = boot({ memory, release });
    this.store = new MemoryStore(diskBytes);
    mkfs(this.store, options);
    this.disk = this.kernel.paging.addDisk(this.store).path;
    this.process = this.kernel.spawn('worker');
    this.buffer = this.process.mmap2(0, BUFFER_BYTES, 3, 0x22, -1, 0);
    for (let at = 0; at < BUFFER_BYTES; at += 4096) this.process.touch(this.buffer + at, true);
    this.mount();
  }

  mount(): void {
    const result = this.kernel.mount('/mnt', this.disk);
    if (result !== 0) throw new Error(`mount: ${result}`);
  }

  umount(): number {
    return this.kernel.umount('/mnt');
  }

  get fs(): DiskFs {
    const mount = this.kernel.fs.namei.mountAt('/mnt');
    if (typeof mount === 'number') throw new Error('nothing is mounted');
    return mount.fs as DiskFs;
  }

  /** Bytes of the process's buffer, as the kernel's frames hold them. */
  private poke(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4096) {
      this.process.touch(this.buffer + at, true);
      const base = this.frame(this.buffer + at);
      this.kernel.memory.bytes.set(bytes.subarray(at, at + 4096), base);
    }
  }

  private frame(address: number): number {
    const { pageTables, memory } = this.kernel;
    const entry = pageTables.pteOffset((this.process.task.mm as { pgd: number }).pgd, address);
    return memory.base(pageTables.ptePfn(entry)) * 4;
  }

  write(fd: number, bytes: Uint8Array, position: number): number {
    let done = 0;
    while (done < bytes.length) {
      const part = bytes.subarray(done, done + BUFFER_BYTES);
      this.poke(part);
      const result = this.process.pwrite(fd, this.buffer, part.length, position + done);
      if (result < 0) return done > 0 ? done : result;
      done += result;
      if (result < part.length) return done;
    }
    return done;
  }

  read(fd: number, count: number, position: number): Uint8Array | number {
    const result = this.process.pread(fd, this.buffer, count, position);
    if (result < 0) return result;
    const bytes = new Uint8Array(result);
    for (let at = 0; at < result; at += 4096) {
      this.process.touch(this.buffer + at, false);
      const base = this.frame(this.buffer + at);
      bytes.set(this.kernel.memory.bytes.subarray(base, base + Math.min(4096, result - at)), at);
    }
    return bytes;
  }

  open(path: string, flags = O_RDWR | O_CREAT): number {
    const fd = this.process.open(path, flags, 0o644);
    if (fd < 0) throw new Error(`open ${path}: ${fd}`);
    return fd;
  }

  /** Takes memory away until `left` pages are free: from now on the page cache is squeezed. */
  hold(left: number): void {
    const { allocator } = this.kernel;
    while (allocator.nrFreePages() > left) {
      if (this.kernel.allocPages(GFP_ATOMIC, 0) === 0) throw new Error('less is free than is to be left');
    }
  }

  /** Reclaim looks for pages, again and again. */
  squeeze(): void {
    for (let round = 0; round < 8; round++) this.kernel.paging.reclaim.tryToFreePages();
  }

  /** The disk as it is now. */
  image(): Uint8Array {
    const bytes = new Uint8Array(this.store.size);
    this.store.read(0, bytes);
    return bytes;
  }

  /** Free pages when slabs have given back what they can. */
  settledFree(): number {
    return settledFreePages(this.kernel);
  }
}

/** Bytes that tell where they are. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13 + seed) & 255);
}
