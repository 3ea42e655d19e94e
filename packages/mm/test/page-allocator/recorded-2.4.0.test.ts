import { describe, expect, it } from 'vitest';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { formatIomem } from '../../src/proc/iomem.ts';
import { boot, counts, fixture, heads, MIB } from './machine.ts';

const RELEASE = '2.4.0';
const COMMAND_LINE = 'console=ttyS0,115200 root=/dev/hda rw init=/init panic=1 ';
const SIZES = [16, 64, 256, 512, 2048] as const;
/** Boot messages of drivers, which are not ours. */
const DRIVERS = /ide\d|hd[a-d]:|RAMDISK|DMA hang|Linux version/;

const machine = (mib: number, commandLine = COMMAND_LINE) =>
  boot({ release: RELEASE, memoryBytes: mib * MIB, commandLine });

describe('boot as real 2.4.0 kernels logged it', () => {
  it.each(SIZES)('%i MiB', (mib) => {
    const booted = machine(mib);
    booted.finish();
    const recorded = fixture(`kernels/i386-${RELEASE}-${mib}M/dmesg-mm.txt`);
    const bootLines = recorded
      .slice(0, recorded.search(/^<4>Free pages:/m))
      .trimEnd()
      .split('\n');
    const ours = booted.log.toString(true).trimEnd().split('\n');
    // The recording left out the title of the memory map.
    expect(ours.shift()).toBe('<4>BIOS-provided physical RAM map:');
    expect(ours).toEqual(bootLines.filter((line) => !DRIVERS.test(line)));
    expect(checkPageAllocator(booted.allocator)).toEqual([]);
  });
});

describe('sheet 7, section 19, vector 1: boot memory', () => {
  it('64 MiB', () => {
    const { pageTables, memMapAddress, allocator } = machine(64);
    expect([pageTables.fixmap, pageTables.pkmap]).toEqual([1, 2]);
    expect(memMapAddress).toBe(0x1000010);
    const [dma, normal] = allocator.zones;
    expect(dma?.mapBytes).toEqual([512, 256, 128, 64, 32, 16, 8, 4, 4, 4]);
    expect(normal?.mapBytes).toEqual([1532, 768, 384, 192, 96, 48, 24, 12, 8, 4]);
    expect(dma?.mapAddresses).toEqual([
      0x110f7e0, 0x110f9e0, 0x110fae0, 0x110fb60, 0x110fba0, 0x110fbc0, 0x110fbe0, 0x110fc00, 0x110fc20,
      0x110fc40,
    ]);
    expect(normal?.mapAddresses).toEqual([
      0x110fc60, 0x1110260, 0x1110560, 0x11106e0, 0x11107a0, 0x1110800, 0x1110840, 0x1110860, 0x1110880,
      0x11108a0,
    ]);
  });

  it.each(SIZES)('/proc/iomem of %i MiB', (mib) => {
    expect(formatIomem(machine(mib).resources)).toBe(fixture(`kernels/i386-${RELEASE}-${mib}M/iomem.txt`));
  });

  it.each([
    [64, 0x1111160 + 750],
    [16, 0x46e80 + 750],
  ])('%i MiB: the console comes last', (mib, end) => {
    const { lastPos, lastOffset } = machine(mib).bootmemEnd;
    expect(lastPos * 4096 + lastOffset).toBe(end);
  });

  it('16 MiB', () => {
    const { memMapAddress, allocator } = machine(16);
    expect(memMapAddress).toBe(0x3014);
    expect(allocator.zones[0]?.mapAddresses[0]).toBe(0x467e0);
    expect(allocator.zones[0]?.mapBytes).toEqual([508, 256, 128, 64, 32, 16, 8, 4, 4, 4]);
  });
});

describe('sheet 7, section 19, vector 3: free lists', () => {
  it('64 MiB after mem_init() and after free_initmem()', () => {
    const booted = machine(64);
    expect(counts(booted, 0)).toEqual([3, 2, 3, 3, 2, 1, 1, 0, 0, 7]);
    expect(heads(booted, 0)).toBe('1ef,1f2,1f4,1f8,80,20,40,-,-,e00');
    expect(counts(booted, 1)).toEqual([0, 1, 1, 1, 0, 2, 2, 2, 1, 22]);
    expect(heads(booted, 1)).toBe('-,1112,1114,1118,-,3fc0,3f80,3f00,3e00,3c00');
    booted.freeInitmem();
    expect(counts(booted, 0)).toEqual([4, 3, 4, 4, 2, 1, 1, 0, 0, 7]);
    expect(heads(booted, 0)).toBe('1c6,1c4,1c0,1b8,80,20,40,-,-,e00');
  });

  it('16 and 512 MiB after mem_init()', () => {
    expect(counts(machine(16), 0)).toEqual([3, 2, 2, 3, 2, 2, 1, 1, 1, 6]);
    const large = machine(2048);
    // Freed upwards: the highest block is handed out first.
    expect(counts(large, 2)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 575]);
    expect(heads(large, 2).split(',').at(-1)).toBe('7fc00');
    expect(counts(machine(512), 1)).toEqual([1, 1, 1, 0, 1, 2, 2, 1, 2, 242]);
  });

  it.each(SIZES.filter((mib) => mib > 16))('the DMA zone of %i MiB as SysRq-m showed it', (mib) => {
    const booted = machine(mib);
    booted.finish();
    const line = /^(\d+\*4kB .*) = /m.exec(fixture(`kernels/i386-${RELEASE}-${mib}M/sysrq-m.txt`))?.[1];
    expect(counts(booted, 0)).toEqual([...(line as string).matchAll(/(\d+)\*/g)].map(([, n]) => Number(n)));
  });
});

describe('sheet 7, section 19, vector 4: watermarks', () => {
  it.each([
    [16, [[127, 254, 381]]],
    [
      64,
      [
        [128, 256, 384],
        [95, 190, 285],
      ],
    ],
    [
      256,
      [
        [128, 256, 384],
        [255, 510, 765],
      ],
    ],
    [
      2048,
      [
        [128, 256, 384],
        [255, 510, 765],
        [255, 510, 765],
      ],
    ],
  ])('%i MiB', (mib, marks) => {
    const zones = machine(mib).allocator.zones.filter(({ size }) => size > 0);
    expect(zones.map(({ pagesMin, pagesLow, pagesHigh }) => [pagesMin, pagesLow, pagesHigh])).toEqual(marks);
  });
});

describe('sheet 7, section 1.2: the memory map and the command line', () => {
  const lines = (commandLine: string) => machine(64, commandLine).log.lines.map(({ text }) => text);

  it('mem=S begins the map anew, silently', () => {
    const booted = machine(64, 'mem=32M');
    expect(booted.map.entries).toEqual([
      { addr: 0, size: 0x9f000, type: 1 },
      { addr: 0x100000, size: 0x1f00000, type: 1 },
    ]);
    expect(lines('mem=32M')).not.toContain('user-defined physical RAM map:');
  });

  it('mem=S@A begins it anew once, and shows it', () => {
    const booted = machine(64, 'mem=8M@1M mem=16M@16M root=/dev/hda');
    expect(booted.map.entries).toEqual([
      { addr: 0, size: 0x9f000, type: 1 },
      { addr: 0x100000, size: 0x800000, type: 1 },
      { addr: 0x1000000, size: 0x1000000, type: 1 },
    ]);
    expect(lines('mem=8M@1M mem=16M@16M')).toContain(' user: 0000000000800000 @ 0000000000100000 (usable)');
  });

  it('mem=exactmap empties it', () => {
    expect(machine(64, 'mem=exactmap mem=15M@1M').map.entries).toEqual([
      { addr: 0x100000, size: 0xf00000, type: 1 },
    ]);
  });

  it('without a usable map of the BIOS the second range ends at what the old call says', () => {
    const booted = boot({
      release: RELEASE,
      memoryBytes: 64 * MIB,
      e820: [{ addr: 0, size: 0x9fc00, type: 1 }],
    });
    expect(booted.map.entries[1]).toEqual({
      addr: 0x100000,
      size: (65536 - 1024) * 1024 - 0x100000,
      type: 1,
    });
  });

  it('is known for the recorded machine only', () => {
    expect(() => boot({ release: RELEASE, machine: 'ref-h4g' })).toThrow(/machine: ref-h4g/);
  });
});
