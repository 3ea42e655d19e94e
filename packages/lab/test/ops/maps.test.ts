import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/ops/layout.ts';
import { lockedPages, readRegions, statmPages } from '../../src/ops/maps.ts';

const layout = { heap: 0x08528000, anchor: 0x40000000 };
const none = new Array<number>(8).fill(-1);
const region = (start: number, end: number, permissions: string, name: string, offset = 0, inode = 0) => ({
  start,
  end,
  permissions,
  name,
  offset,
  inode,
});

describe('regions of /proc/PID/maps', () => {
  it('shows only the windows, and cuts the heap at its start', () => {
    const text = [
      '08048000-08049000 r--p 00000000 00:07 12         /tmp/mmexec',
      '0804e000-08567000 rwxp 00000000 00:00 0',
      '20000000-20003000 rw-s 0003a000 00:07 20         /tmp/mmopsf0',
      '40000000-40010000 ---p 00000000 00:00 0',
      'bfffe000-c0000000 rwxp fffff000 00:00 0',
      '',
    ].join('\n');
    expect(readRegions(text, layout, none)).toEqual([
      region(0x08528000, 0x08567000, 'rwxp', 'anon'),
      region(0x20000000, 0x20003000, 'rw-s', 'f0', 0x3a000, 20),
      region(0x40000000, 0x40010000, '---p', 'anon'),
    ]);
  });

  it('merges neighbours that continue each other in the same file', () => {
    const text = [
      '20000000-20001000 rw-s 00002000 00:07 20         /tmp/mmopsf0',
      '20001000-20002000 rw-s 00003000 00:07 20         /tmp/mmopsf0',
      '20002000-20003000 rw-s 00003000 00:07 20         /tmp/mmopsf0',
      '20003000-20004000 rw-p 00000000 00:00 0',
      '20004000-20005000 rw-p 00009000 00:00 0',
      '',
    ].join('\n');
    expect(readRegions(text, layout, none)).toEqual([
      region(0x20000000, 0x20002000, 'rw-s', 'f0', 0x2000, 20),
      region(0x20002000, 0x20003000, 'rw-s', 'f0', 0x3000, 20),
      region(0x20003000, 0x20005000, 'rw-p', 'anon'),
    ]);
  });

  it('names shared memory by the number that the script gave it, and keeps deleted objects apart', () => {
    const text = [
      '20000000-20001000 rw-s 00000000 00:05 98305      /SYSV00000000 (deleted)',
      '20001000-20002000 rw-s 00000000 00:05 7          /SYSV00000000 (deleted)',
      '20002000-20003000 rw-s 00000000 00:05 3          /dev/zero (deleted)',
      '20003000-20004000 rw-s 00000000 00:05 4          /dev/zero (deleted)',
      '',
    ].join('\n');
    const segments = [-1, 98305, -1, -1, -1, -1, -1, -1];
    expect(readRegions(text, layout, segments).map(({ name }) => name)).toEqual([
      'shm1',
      'shm',
      'zero',
      'zero',
    ]);
  });

  it('refuses a line of another form', () => {
    expect(() => readRegions('20000000 rw-p\n', layout, none)).toThrow(
      "not a line of /proc/PID/maps: '20000000 rw-p'",
    );
  });
});

describe('numbers of /proc', () => {
  it('reads the first field of statm and VmLck in pages', () => {
    expect(statmPages('233 48 9 7 0 41 34\n')).toBe(233);
    expect(lockedPages('VmSize:\t    4000 kB\nVmLck:\t      12 kB\nVmRSS:\t 8 kB\n')).toBe(3);
    expect(lockedPages('Name:\tkswapd\n')).toBe(-1);
  });
});

describe('addresses of results', () => {
  it.each([
    [0, '0'],
    [0x1fffffff, 'a-1'],
    [0x20000000, 'a+0'],
    [0x208fffff, 'a+8fffff'],
    [0x20900000, 't-1f700000'],
    [0x08528000, 'b+0'],
    [0x08527000, 'b-1000'],
    [0x18527fff, 'b+fffffff'],
    [0x1000, 't-3ffff000'],
    [0x40000000, 't-0'],
    [0x40010000, 't+10000'],
    [0x60000000, '=60000000'],
    [0xfffff000, '=fffff000'],
  ])('%s is %s', (address, text) => {
    expect(formatAddress(layout, address)).toBe(text);
  });
});
