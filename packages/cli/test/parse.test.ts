import { describe, expect, it } from 'vitest';
import { describeError, EXIT, Interrupted, UsageError } from '../src/errors.ts';
import { renderTable } from '../src/output/table.ts';
import { grouped, humanBytes, humanTime, wrap } from '../src/output/text.ts';
import { parseE820 } from '../src/parse/e820.ts';
import { addressArgument, wholeOption } from '../src/parse/number.ts';
import { formatSize, sizeOf } from '../src/parse/size.ts';
import { sysctlOption } from '../src/parse/sysctl.ts';

describe('sizes', () => {
  it.each([
    ['64M', 67108864],
    ['1G', 1073741824],
    ['65536K', 67108864],
    ['1.5G', 1610612736],
    ['64m', 67108864],
    ['64MiB', 67108864],
    ['67108864', 67108864],
  ])('%s is %d bytes', (text, bytes) => expect(sizeOf(text)).toBe(bytes));

  it.each(['', 'M', '64Q', '-1M', '1e6', '64M,prio=1', '0x40', '99999999T'])('%s is none', (text) =>
    expect(sizeOf(text)).toBeNull());

  it('are written back', () => {
    expect([67108864, 65408 * 1024, 2 ** 30, 1000].map(formatSize)).toEqual(['64M', '65408K', '1G', '1000']);
  });
});

describe('numbers', () => {
  it('may be hexadecimal', () => expect(wholeOption(0, 100)('0x20')).toBe(32));
  it.each(['', '-1', '1.5', '101', 'x'])('%s is refused', (text) => {
    expect(() => wholeOption(0, 100)(text)).toThrow('Allowed: a whole number from 0 to 100.');
  });
  it('addresses are hexadecimal with or without 0x', () => {
    expect(['c0100000', '0xC0100000', '0'].map(addressArgument)).toEqual([0xc0100000, 0xc0100000, 0]);
  });
});

describe('sysctls', () => {
  it('collect, a later one wins, / may stand for .', () => {
    const one = sysctlOption('vm/overcommit_memory=1');
    expect(sysctlOption('vm.overcommit_memory = 2', one)).toEqual({ 'vm.overcommit_memory': '2' });
  });
});

describe('memory maps', () => {
  it('are read as a boot log prints them, and shorter', () => {
    const text =
      '<4> BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)\n\n# x\n0x100000-0x200000 ACPI data\n';
    expect(parseE820(text, 'map')).toEqual([
      { addr: 0, size: 0x9fc00, type: 1 },
      { addr: 0x100000, size: 0x100000, type: 3 },
    ]);
  });

  it('of more than 32 ranges are refused', () => {
    const text = Array.from({ length: 33 }, (_, i) => `${i}000 - ${i}800 (usable)`).join('\n');
    expect(() => parseE820(text, 'map')).toThrow('33 memory ranges; the kernel takes at most 32');
  });
});

describe('errors', () => {
  it('say by their class how the command ends', () => {
    expect(describeError(new UsageError('--x 1: bad\nAllowed: 2'))).toEqual({
      code: EXIT.usage,
      lines: ['pagewalk: --x 1: bad', 'Allowed: 2'],
    });
    expect(describeError(new Interrupted('')).code).toBe(130);
    const bug = describeError(new TypeError('oops'));
    expect(bug.code).toBe(1);
    expect(bug.lines.length).toBeLessThanOrEqual(3);
    expect(bug.lines[0]).toBe('pagewalk: internal error: TypeError: oops');
  });
});

describe('text', () => {
  it('wraps at blanks and keeps long words', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij k', 5)).toEqual(['abcdefghij', 'k']);
  });
  it('numbers for people', () => {
    expect([0, 999, 1000, 1234567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([512, 4096, 65808 * 1024].map(humanBytes)).toEqual(['512 B', '4 kB', '64.3 MB']);
    expect([5, 1500, 2e6, 3e9].map(humanTime)).toEqual(['5 ns', '1.5 us', '2.0 ms', '3.00 s']);
  });
});

describe('tables', () => {
  const columns = [{ head: 'zone' }, { head: 'free', right: true }];
  const rows = [
    ['DMA', '3,759'],
    ['Normal', '60,163'],
  ];
  it('have aligned columns', () => {
    expect(renderTable(columns, rows, 80)).toBe('  zone      free\n  DMA      3,759\n  Normal  60,163');
  });
  it('become paragraphs where the terminal is too narrow', () => {
    expect(renderTable(columns, rows, 12)).toBe(
      'zone: DMA\n  free:\n    3,759\nzone:\n  Normal\n  free:\n    60,163',
    );
  });
});
