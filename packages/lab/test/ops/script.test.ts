import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OpsError } from '../../src/ops/ops-error.ts';
import { patternByte } from '../../src/ops/pattern.ts';
import { parseOps } from '../../src/ops/script.ts';

const SCRIPTS = new URL('../fixtures/mmops/scripts/', import.meta.url);

const operand = (text: string) => parseOps(`1 brk ${text}`, 's').ops[0]?.operands[0];

describe('fields', () => {
  it.each([
    ['a+1f000', { base: 'arena', index: 0, offset: 0x1f000 }],
    ['a-1000', { base: 'arena', index: 0, offset: 0xfffff000 }],
    ['b+0', { base: 'heap', index: 0, offset: 0 }],
    ['t-2000', { base: 'anchor', index: 0, offset: 0xffffe000 }],
    ['v3', { base: 'slot', index: 3, offset: 0 }],
    ['v15-1000', { base: 'slot', index: 15, offset: 0xfffff000 }],
    ['=20001000', { base: 'none', index: 0, offset: 0x20001000 }],
    ['~1000', { base: 'none', index: 0, offset: 0xfffff000 }],
    ['~0', { base: 'none', index: 0, offset: 0 }],
    ['4096', { base: 'none', index: 0, offset: 4096 }],
    ['0x10', { base: 'none', index: 0, offset: 16 }],
  ])('%s', (text, expected) => {
    expect(operand(text)).toEqual(expected);
  });

  it('reads descriptors, signed numbers, limits and slots', () => {
    const { ops } = parseOps(
      '1 mmap a+0 4096 3 0x22 - >v2\n2 mmapo 0 1 1 2 z 0\n3 madvise a+0 1 -1\n4 rlim_as inf\n5 pread 77 a+0 1 0\n6 pread f2 a+0 1 0',
      's',
    );
    expect(ops.map((op) => op.slot)).toEqual([2, -1, -1, -1, -1, -1]);
    expect(ops[0]?.operands[4]?.offset).toBe(-1);
    expect(ops[1]?.operands[4]?.base).toBe('zero');
    expect(ops[2]?.operands[2]?.offset).toBe(-1);
    expect(ops[3]?.operands[0]?.offset).toBe(Number.POSITIVE_INFINITY);
    expect(ops[4]?.operands[0]).toEqual({ base: 'none', index: 0, offset: 77 });
    expect(ops[5]?.operands[0]).toEqual({ base: 'file', index: 2, offset: 0 });
  });
});

describe('scripts', () => {
  it('skips comments and empty lines but counts them', () => {
    const script = parseOps('# mmops\n\n7 dump\n', 'x.ops');
    expect(script.ops).toEqual([{ number: '7', name: 'dump', operands: [], slot: -1, line: 3 }]);
    expect(script.bytes).toBe(16);
  });

  it('reads gzip as it reads text', () => {
    const text = '1 dump\n2 hash\n';
    expect(parseOps(gzipSync(text), 'x')).toEqual(parseOps(text, 'x'));
  });

  it('reads all recorded scripts', () => {
    for (const file of readdirSync(SCRIPTS)) {
      expect(parseOps(readFileSync(new URL(file, SCRIPTS)), file).ops.length).toBeGreaterThanOrEqual(2000);
    }
  });

  it.each([
    ['1 dump\n2 foo', "script.ops:2: unknown op 'foo'; allowed: mmap mmapo munmap "],
    ['1 toString', "script.ops:1: unknown op 'toString'; allowed: "],
    ['x dump', "script.ops:1: 'x' is not an op number; a line is: <number> <op> <fields>"],
    ['1', 'script.ops:1: no op after the number'],
    ['1 munmap a+0', 'script.ops:1: munmap has 1 fields; it takes 2'],
    ['1 mmap a+0 1 1 1 - >v1 2', 'script.ops:1: mmap has 7 fields; it takes 5 and an optional slot (>v3)'],
    ['1 munmap a+0 1 >v1', 'script.ops:1: munmap has 3 fields; it takes 2'],
    ['1 munmap q+0 1', "script.ops:1: field 1 of munmap: 'q+0' is not a value; allowed: a+HEX a-HEX "],
    ['1 munmap a 1', "script.ops:1: field 1 of munmap: 'a' is not a value; allowed: "],
    ['1 munmap v16 1', "script.ops:1: field 1 of munmap: 'v16' is not a value; allowed: "],
    ['1 munmap a+0 4294967296', "script.ops:1: field 2 of munmap: '4294967296' is not a value; allowed: "],
    [
      '1 mmap a+0 1 1 1 f7',
      "script.ops:1: field 5 of mmap: 'f7' is not a descriptor; allowed: f0 f1 f2 f3 z - or ",
    ],
    ['1 mmap a+0 1 1 1 - v1', "script.ops:1: field 6 of mmap: 'v1' is not a slot; allowed: >v0 to >v15"],
    ['1 shmget 8 1', "script.ops:1: field 1 of shmget: '8' is not a segment; allowed: 0 to 7"],
    [
      '1 rlim_as x',
      "script.ops:1: field 1 of rlim_as: 'x' is not a limit; allowed: a number of pages or inf",
    ],
    ['1 fork 2\n2 dump', 'script.ops:1: fork takes the next 2 ops; only 1 follow'],
    [
      '1 forkp 1 1\n2 dump\n3 fork 0\n',
      'script.ops:3: fork inside the ops of the forkp in line 1; forks do not nest',
    ],
  ])('%j is refused', (text, message) => {
    expect(() => parseOps(text, 'script.ops')).toThrow(OpsError);
    expect(() => parseOps(text, 'script.ops')).toThrow(message);
  });

  it('says so when a gzip file is damaged', () => {
    const whole = gzipSync('1 dump\n');
    expect(() => parseOps(whole.subarray(0, 12), 'x.ops.gz')).toThrow('x.ops.gz:1: damaged gzip file: ');
  });
});

describe('the pattern', () => {
  it('has a return instruction as byte 0 of pattern 1419', () => {
    expect(patternByte(1419, 0)).toBe(0xc3);
  });
});
