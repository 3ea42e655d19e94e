import { describe, expect, it } from 'vitest';
import { formatMeminfo, type MemInfo } from '../../src/proc/meminfo.ts';
import { boot, fixture, MIB } from '../page-allocator/machine.ts';

const NOTHING: MemInfo = {
  totalram: 0,
  freeram: 0,
  sharedram: 0,
  bufferram: 0,
  pageCache: 0,
  swapCache: 0,
  active: 0,
  inactive: 0,
  totalhigh: 0,
  freehigh: 0,
  totalswap: 0,
  freeswap: 0,
};

/** Reads the figures of a recorded file back. */
function parse(text: string): MemInfo {
  const pages = (label: string) => Number(new RegExp(`^${label}: +(\\d+) kB$`, 'm').exec(text)?.[1]) / 4;
  return {
    totalram: pages('MemTotal'),
    freeram: pages('MemFree'),
    sharedram: pages('MemShared'),
    bufferram: pages('Buffers'),
    pageCache: pages('Cached') + pages('SwapCached') + pages('Buffers'),
    swapCache: pages('SwapCached'),
    active: pages('Active'),
    inactive: pages('Inactive'),
    totalhigh: pages('HighTotal'),
    freehigh: pages('HighFree'),
    totalswap: pages('SwapTotal'),
    freeswap: pages('SwapFree'),
  };
}

describe('/proc/meminfo', () => {
  it('of the reference machine with 512 MiB (sheet 1, section 12)', () => {
    const machine = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB });
    machine.freeInitmem();
    const info = { ...NOTHING, totalram: machine.totals.totalram, freeram: machine.allocator.nrFreePages() };
    expect(formatMeminfo(info)).toBe(`        total:    used:    free:  shared: buffers:  cached:
Mem:  527908864        0 527908864        0        0        0
Swap:        0        0        0
MemTotal:       515536 kB
MemFree:        515536 kB
MemShared:           0 kB
Buffers:             0 kB
Cached:              0 kB
SwapCached:          0 kB
Active:              0 kB
Inactive:            0 kB
HighTotal:           0 kB
HighFree:            0 kB
LowTotal:       515536 kB
LowFree:        515536 kB
SwapTotal:           0 kB
SwapFree:            0 kB
`);
  });

  it('with files, buffers and swap in use (sheet 3, C6)', () => {
    const text = `        total:    used:    free:  shared: buffers:  cached:
Mem:  64401408 52768768 11632640        0  2097152 31457280
Swap: 134209536  4194304 130015232
MemTotal:        62892 kB
MemFree:         11360 kB
MemShared:           0 kB
Buffers:          2048 kB
Cached:          29696 kB
SwapCached:       1024 kB
Active:          14336 kB
Inactive:        20480 kB
HighTotal:           0 kB
HighFree:            0 kB
LowTotal:        62892 kB
LowFree:         11360 kB
SwapTotal:      131064 kB
SwapFree:       126968 kB
`;
    expect(formatMeminfo(parse(text))).toBe(text);
  });

  const files = ['2.4.20', '2.4.22'].flatMap((release) =>
    [16, 64, 256, 512, 2048].flatMap((mib) =>
      ['meminfo', 'end-meminfo'].map((file) => `kernels/i386-${release}-${mib}M/${file}.txt`),
    ),
  );
  it.each(files)('as recorded: %s', (file) => {
    const text = fixture(file);
    expect(formatMeminfo(parse(text))).toBe(text);
  });

  it('counts all RAM that the recorded kernels counted', () => {
    for (const mib of [16, 64, 256, 512, 2048]) {
      const machine = boot({ memoryBytes: mib * MIB });
      machine.finish();
      const recorded = parse(fixture(`kernels/i386-2.4.22-${mib}M/meminfo.txt`));
      expect([machine.totals.totalram, machine.totals.totalhigh]).toEqual([
        recorded.totalram,
        recorded.totalhigh,
      ]);
    }
  });

  it('shows a negative count as an unsigned number', () => {
    expect(formatMeminfo({ ...NOTHING, bufferram: 1 })).toContain(' 18446744073709547520\n');
    expect(formatMeminfo({ ...NOTHING, bufferram: 1 })).toContain('Cached:       4294967292 kB');
  });
});
