import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Errno } from '../../../src/errno.ts';
import { DiskImage } from './disk-image.ts';
import { DiskWorld, O_CREAT, O_RDWR, pattern } from './disk-world.ts';

const END = 300_000;
const FILES = ['/mnt/a', '/mnt/d/b', '/mnt/d/c'];

type Op =
  | { op: 'write'; file: number; at: number; count: number; seed: number }
  | { op: 'read'; file: number; at: number; count: number }
  | { op: 'store'; file: number; page: number; seed: number }
  | { op: 'truncate'; file: number; size: number }
  | { op: 'unlink'; file: number }
  | { op: 'fsync'; file: number }
  | { op: 'sync' | 'remount' | 'squeeze' | 'idle' }
  | { op: 'failAlloc'; n: number }
  | { op: 'failIo'; n: number };

type FileOp = Extract<Op, { file: number }>;

const file = fc.nat(FILES.length - 1);
const of = <T extends string, R extends object>(op: T, rest: { [K in keyof R]: fc.Arbitrary<R[K]> }) =>
  fc.record({ op: fc.constant(op), ...rest }) as unknown as fc.Arbitrary<{ op: T } & R>;
const plain: fc.Arbitrary<Op>[] = [
  of('write', { file, at: fc.nat(END), count: fc.nat(40_000), seed: fc.nat(255) }),
  of('write', { file, at: fc.nat(END), count: fc.nat(3000), seed: fc.nat(255) }),
  of('read', { file, at: fc.nat(END), count: fc.nat(60_000) }),
  of('store', { file, page: fc.nat(40), seed: fc.nat(255) }),
  of('truncate', { file, size: fc.nat(END) }),
  of('unlink', { file }),
  of('fsync', { file }),
  fc.constantFrom<Op>({ op: 'sync' }, { op: 'remount' }, { op: 'squeeze' }, { op: 'idle' }),
];
const failing: fc.Arbitrary<Op>[] = [...plain, of('failAlloc', { n: fc.integer({ min: 1, max: 6 }) })];

/** Files on a disk beside plain byte arrays. */
class Shadow {
  readonly world = new DiskWorld(4 << 20, { blockSize: 1024 }, 16 << 20);
  private readonly bytes: Uint8Array[] = FILES.map(() => new Uint8Array(0));

  constructor() {
    this.world.process.mkdir('/mnt/d', 0o755);
    this.world.hold(400);
  }

  /** Opens a file; -1: it was made to fail. */
  private open(index: number): number {
    const fd = this.world.process.open(FILES[index] as string, O_RDWR | O_CREAT, 0o644);
    if (fd < 0)
      expect([-Errno.ENOMEM, -Errno.ENFILE, -Errno.ENOENT, -Errno.ENOSPC, -Errno.EEXIST]).toContain(fd);
    return fd;
  }

  private withFile(index: number, work: (fd: number) => void): void {
    const fd = this.open(index);
    if (fd < 0) return;
    work(fd);
    this.world.process.close(fd);
  }

  run(op: Op): void {
    const { world } = this;
    const { kernel, process } = world;
    if (op.op === 'sync') process.sync();
    else if (op.op === 'remount') this.remount();
    else if (op.op === 'squeeze') world.squeeze();
    else if (op.op === 'idle') kernel.clock.advance(40e9);
    else if (op.op === 'failAlloc') kernel.allocator.failAlloc(op.n);
    else if (op.op === 'failIo') kernel.paging.ioFailures.failIo(op.n);
    else if (op.op === 'unlink') {
      if (process.unlink(FILES[op.file] as string) === 0) this.bytes[op.file] = new Uint8Array(0);
    } else {
      const onFile = op as FileOp;
      this.withFile(onFile.file, (fd) => this.onFile(fd, onFile));
    }
  }

  private onFile(fd: number, op: FileOp): void {
    const { world } = this;
    const { process } = world;
    const shadow = this.bytes[op.file] as Uint8Array;
    if (op.op === 'write') {
      const bytes = pattern(op.count, op.seed);
      const written = world.write(fd, bytes, op.at);
      if (written > 0) this.put(op.file, op.at, bytes.subarray(0, written));
    } else if (op.op === 'read') {
      const read = world.read(fd, op.count, op.at);
      if (typeof read === 'number') expect(read).toBe(-Errno.ENOMEM);
      else if (read.length > 0 || op.at >= shadow.length) {
        expect(Buffer.compare(read, shadow.subarray(op.at, op.at + read.length))).toBe(0);
      }
    } else if (op.op === 'truncate') {
      if (process.ftruncate(fd, op.size) === 0) {
        const next = new Uint8Array(op.size);
        next.set(shadow.subarray(0, op.size));
        this.bytes[op.file] = next;
      }
    } else if (op.op === 'store') this.store(fd, op.file, op.page, op.seed);
    else if (op.op === 'fsync') expect(process.fsync(fd)).toBe(0);
  }

  private put(index: number, at: number, bytes: Uint8Array): void {
    const old = this.bytes[index] as Uint8Array;
    const next = new Uint8Array(Math.max(old.length, at + bytes.length));
    next.set(old);
    next.set(bytes, at);
    this.bytes[index] = next;
  }

  /** Stores a byte through a shared mapping. */
  private store(fd: number, index: number, page: number, value: number): void {
    const { process } = this.world;
    const shadow = this.bytes[index] as Uint8Array;
    if (page * 4096 >= shadow.length) return;
    const address = process.mmap2(0, 4096, 3, 1, fd, page);
    if (address > 0xfffff000 || address < 0) return;
    // A fault that finds no memory kills.
    this.world.kernel.allocator.failAlloc(0);
    if (process.store8(address, value)) shadow[page * 4096] = value;
    else process.takeSignal();
    process.munmap(address, 4096);
  }

  remount(): void {
    const { world } = this;
    const { allocator } = world.kernel;
    const pending = allocator.failAllocPending;
    allocator.failAlloc(0);
    expect(world.umount()).toBe(0);
    this.compare();
    world.mount();
    allocator.failAlloc(pending);
  }

  /** The disk against the arrays: nothing of the code under test in between. */
  compare(): void {
    const image = new DiskImage(this.world.image());
    expect(image.faults).toEqual([]);
    for (const [i, path] of FILES.entries()) {
      const onDisk = image.files.get(path.slice('/mnt'.length)) ?? new Uint8Array(0);
      expect(onDisk.length).toBe((this.bytes[i] as Uint8Array).length);
      expect(Buffer.compare(onDisk, this.bytes[i] as Uint8Array)).toBe(0);
    }
  }

  end(): void {
    this.world.kernel.allocator.failAlloc(0);
    this.remount();
    this.world.kernel.checkInvariants();
  }
}

describe('files on a disk while memory is squeezed', () => {
  it.each([
    { name: 'no failures', ops: plain, numRuns: 25 },
    { name: 'allocations that fail', ops: failing, numRuns: 25 },
  ])('lose no byte: $name', ({ ops, numRuns }) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...ops), { maxLength: 25, size: 'max' }), (sequence) => {
        const shadow = new Shadow();
        for (const op of sequence) {
          shadow.run(op);
          shadow.world.kernel.checkInvariants();
        }
        shadow.end();
      }),
      { numRuns },
    );
  }, 120_000);
});
