import { describe, expect, it } from 'vitest';
import { BootMemory } from '../../src/boot-memory/bootmem.ts';
import { KernelPanic } from '../../src/kernel-bug.ts';
import { BootLog } from '../../src/physical/boot-log.ts';

/** A node of 64 pages, page 0 taken, all others free. */
function smallNode(log = new BootLog()): BootMemory {
  const bootmem = new BootMemory(1, 64, 32, log);
  bootmem.free(4096, 63 * 4096);
  return bootmem;
}

describe('boot memory allocator (sheet 1, section 6)', () => {
  it('places the requests of the worked example', () => {
    const bootmem = smallNode();
    const vectors = [
      [100, 32, 0, 0x1000, 1, 100],
      [50, 32, 0, 0x1080, 1, 178],
      [5000, 32, 0, 0x10c0, 2, 1096],
      [3000, 32, 0, 0x2460, 3, 24],
      [4096, 4096, 0, 0x4000, 4, 0],
      [8, 32, 0, 0x5000, 5, 8],
      [2808, 32, 0, 0x5020, 5, 2840],
      [16, 32, 0, 0x5b20, 5, 2864],
      [100, 32, 0x20000, 0x20000, 32, 100],
      [4, 16, 0, 0x6000, 6, 4],
      [0x3000, 0x4000, 0, 0x8000, 10, 0],
    ] as const;
    for (const [size, align, goal, address, lastPos, lastOffset] of vectors) {
      expect([bootmem.allocCore(size, align, goal), bootmem.lastPos, bootmem.lastOffset]).toEqual([
        address,
        lastPos,
        lastOffset,
      ]);
    }
  });

  it('sizes its bitmap in words', () => {
    expect(
      [4096, 16384, 131072, 229376, 1, 33].map((n) => new BootMemory(1, n, 32, new BootLog()).mapBytes),
    ).toEqual([512, 2048, 16384, 28672, 4, 8]);
  });

  it('an exact fill ends sharing of the page', () => {
    const bootmem = smallNode();
    bootmem.allocCore(96, 32, 0);
    expect(bootmem.allocCore(4000, 32, 0)).toBe(0x1060);
    expect([bootmem.lastPos, bootmem.lastOffset]).toEqual([1, 0]);
    expect(bootmem.allocCore(4, 32, 0)).toBe(0x2000);
  });

  it('falls back below the goal', () => {
    const bootmem = smallNode();
    bootmem.reserve(0x20000, 32 * 4096);
    expect(bootmem.allocCore(4096, 4096, 0x20000)).toBe(0x1000);
    expect(bootmem.allocCore(4096, 4096, 0x1000000)).toBe(0x2000);
  });

  it('keeps partly used pages', () => {
    const bootmem = smallNode();
    bootmem.reserve(0x1ffc, 8);
    expect([1, 2, 3].map((pfn) => bootmem.isReserved(pfn))).toEqual([true, true, false]);
    bootmem.free(0x1800, 0x1800);
    expect([1, 2, 3].map((pfn) => bootmem.isReserved(pfn))).toEqual([true, false, false]);
  });

  it('says so when a page is reserved twice', () => {
    const log = new BootLog();
    const bootmem = smallNode(log);
    bootmem.reserve(0, 8192);
    expect(log.toString()).toBe('hm, page 00000000 reserved twice.\n');
  });

  it('panics when it is exhausted', () => {
    const log = new BootLog();
    const bootmem = smallNode(log);
    expect(() => bootmem.alloc(64 * 4096)).toThrow(KernelPanic);
    expect(log.toString(true)).toBe('<1>bootmem alloc of 262144 bytes failed!\n');
    expect(bootmem.allocCore(63 * 4096, 32, 0)).toBe(0x1000);
    expect(bootmem.allocCore(1, 32, 0)).toBe(-1);
  });

  it('panics on what the kernel BUG()s on', () => {
    const bootmem = smallNode();
    expect(() => bootmem.reserve(0, 0)).toThrow(KernelPanic);
    expect(() => bootmem.reserve(63 * 4096, 8192)).toThrow(KernelPanic);
    expect(() => bootmem.free(0x1000, 4096)).toThrow(KernelPanic);
    expect(() => bootmem.allocCore(1, 3, 0)).toThrow(KernelPanic);
  });

  it('hands every free frame over, the bitmap last', () => {
    const bootmem = smallNode();
    bootmem.reserve(0x1000, 4096);
    bootmem.reserve(0x8000, 0x2000);
    const runs: number[][] = [];
    expect(bootmem.freeAll((start, end) => runs.push([start, end]))).toBe(61);
    expect(runs).toEqual([
      [2, 8],
      [10, 64],
      [1, 2],
    ]);
  });
});
