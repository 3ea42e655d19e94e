import { describe, expect, it } from 'vitest';
import { readFile } from '../../src/page-cache/generic-file-read.ts';
import type { OpenFile } from '../../src/page-cache/open-file.ts';
import { CacheMachine, cachedPages } from './cache-machine.ts';

function setup(pages = 100) {
  // The sheet's disk moves one page at a time, and is done with all before the next read.
  const machine = new CacheMachine({ maxSectors: 8 });
  machine.fs.create('/data', { kind: 'disk', size: pages * 4096 });
  const file = machine.open('/data');
  const read = (page: number, bytes = 4096): number[] => {
    const before = new Set(cachedPages(machine, file, pages));
    const buffer = new Uint8Array(bytes);
    expect(readFile(file, page * 4096, bytes, machine.reader(buffer))).toBe(bytes);
    machine.disk.drain();
    return cachedPages(machine, file, pages).filter((index) => !before.has(index));
  };
  return { machine, file, read };
}

const window = (file: OpenFile) => [file.raend, file.ralen, file.ramax, file.rawin];
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('read-ahead (sheet 3 A5)', () => {
  it('sequential reads of a 100-page file', () => {
    const { file, read } = setup();
    const starts = new Map<number, [number[], number[]]>([
      [0, [range(0, 3), [4, 4, 6, 4]]],
      [1, [range(4, 10), [11, 7, 12, 11]]],
      [4, [range(11, 23), [24, 13, 24, 20]]],
      [11, [range(24, 48), [49, 25, 31, 38]]],
      [24, [range(49, 80), [81, 32, 31, 57]]],
      [49, [range(81, 99), [101, 20, 31, 52]]],
    ]);
    for (let page = 0; page < 100; page++) {
      const started = read(page);
      const expected = starts.get(page);
      expect(started).toEqual(expected?.[0] ?? []);
      if (expected !== undefined) expect(window(file)).toEqual(expected[1]);
    }
  });

  it('a random read begins a small window, a jump back resets it', () => {
    const { file, read } = setup();
    expect(read(40)).toEqual([40, 41, 42]);
    expect(window(file)).toEqual([43, 3, 4, 3]);
    expect(read(10)).toEqual([10, 11, 12]);
  });

  it('a look at the first half page reads nothing ahead', () => {
    const { file, read } = setup();
    expect(read(0, 512)).toEqual([0]);
    expect(window(file)).toEqual([1, 1, 0, 1]);
  });

  it('one read of 64 KiB', () => {
    const { file, read } = setup();
    expect(read(0, 65536)).toEqual(range(0, 17));
    expect(window(file)).toEqual([18, 18, 31, 18]);
  });
});
