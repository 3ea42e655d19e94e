import { describe, expect, it } from 'vitest';
import { BootLog } from '../../src/physical/boot-log.ts';
import { memparse, parseEarlyOptions } from '../../src/physical/command-line.ts';
import { type E820Entry, E820Map, sanitizeE820Map } from '../../src/physical/e820.ts';

type Range = readonly [start: number, end: number, type: number];

const entries = (ranges: readonly Range[]): E820Entry[] =>
  ranges.map(([start, end, type]) => ({ addr: start, size: end - start, type }));
const ranges = (map: readonly E820Entry[] | null) =>
  map?.map((e) => [e.addr, e.addr + e.size, e.type]) ?? null;

describe('sanitizing the BIOS map (sheet 1, section 5)', () => {
  const vectors: [name: string, input: Range[], output: Range[]][] = [
    [
      'a higher type cuts RAM',
      [
        [0, 0xa0000, 1],
        [0xf0000, 0x100000, 2],
        [0x100000, 0x8000000, 1],
        [0x7ff0000, 0x8000000, 3],
      ],
      [
        [0, 0xa0000, 1],
        [0xf0000, 0x100000, 2],
        [0x100000, 0x7ff0000, 1],
        [0x7ff0000, 0x8000000, 3],
      ],
    ],
    [
      'unsorted, overlapping ranges',
      [
        [0x100000, 0x8000000, 1],
        [0, 0xa0000, 1],
        [0x9fc00, 0xa0000, 2],
        [0x4000000, 0x4001000, 4],
        [0x4000800, 0x4001800, 3],
      ],
      [
        [0, 0x9fc00, 1],
        [0x9fc00, 0xa0000, 2],
        [0x100000, 0x4000000, 1],
        [0x4000000, 0x4001000, 4],
        [0x4001000, 0x4001800, 3],
        [0x4001800, 0x8000000, 1],
      ],
    ],
    [
      'neighbours of one type merge, an empty range vanishes',
      [
        [0, 0x100000, 1],
        [0x100000, 0x2000000, 1],
        [0x500000, 0x500000, 2],
      ],
      [[0, 0x2000000, 1]],
    ],
  ];
  it.each(vectors)('%s', (_, input, output) => {
    expect(ranges(sanitizeE820Map(entries(input)))).toEqual(output);
  });

  it('refuses a single range and one that wraps', () => {
    expect(sanitizeE820Map(entries([[0, 0xa0000, 1]]))).toBeNull();
    expect(
      sanitizeE820Map([
        { addr: 0, size: 4096, type: 1 },
        { addr: 2 ** 63, size: 2 ** 63, type: 1 },
      ]),
    ).toBeNull();
  });

  it('loses all memory behind an empty reserved range in 2.4.20 (section 19)', () => {
    const input: Range[] = [
      [0, 0x2000, 1],
      [0x1000, 0x1000, 2],
      [0x2000, 0x3000, 1],
    ];
    expect(ranges(sanitizeE820Map(entries(input), true))).toEqual([[0, 0x1000, 1]]);
    expect(ranges(sanitizeE820Map(entries(input)))).toEqual([[0, 0x3000, 1]]);
  });
});

describe('the kernel map (sheet 1, section 5)', () => {
  it('cuts RAM between 640 KiB and 1 MiB', () => {
    const map = new E820Map();
    const input: Range[] = [
      [0, 0x2000000, 1],
      [0xa8000, 0xb0000, 1],
      [0xb0000, 0xc0000, 2],
    ];
    expect(map.copyFrom(entries(input), new BootLog())).toBe(true);
    expect(ranges(map.entries)).toEqual([
      [0, 0xa0000, 1],
      [0x100000, 0x2000000, 1],
      [0xb0000, 0xc0000, 2],
    ]);
  });

  it('drops the 33rd range with a message', () => {
    const map = new E820Map();
    const log = new BootLog();
    for (let i = 0; i < 33; i++) map.add(i * 0x2000, 0x1000, 1, log);
    expect(map.entries).toHaveLength(32);
    expect(log.toString(true)).toBe('<3>Ooops! Too many entries in the memory map!\n');
  });

  it('prints every type', () => {
    const map = new E820Map();
    const log = new BootLog();
    for (const type of [1, 2, 3, 4, 5]) map.add(0x100000000, 0x1000, type, log);
    map.print('user', log);
    expect(log.lines.map((line) => line.text.slice(43))).toEqual([
      '(usable)',
      '(reserved)',
      '(ACPI data)',
      '(ACPI NVS)',
      'type 5',
    ]);
    expect(log.lines[0]?.text).toBe(' user: 0000000100000000 - 0000000100001000 (usable)');
  });

  it('knows frames that lie wholly in RAM', () => {
    const map = new E820Map();
    map.add(0, 0x9fc00, 1, new BootLog());
    map.add(0x100800, 0x2000, 1, new BootLog());
    expect(map.ramRuns()).toEqual([
      { start: 0, end: 0x9f },
      { start: 0x101, end: 0x102 },
    ]);
    expect([0x9e, 0x9f, 0x100, 0x101, 0x102].map((pfn) => map.isRam(pfn))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(map.maxPfn()).toBe(0x102);
  });
});

describe('memory options (sheet 1, section 5)', () => {
  const machine = () => {
    const map = new E820Map();
    map.copyFrom(
      entries([
        [0, 0x9fc00, 1],
        [0x9fc00, 0xa0000, 2],
        [0x100000, 0x20000000, 1],
        [0xffff0000, 0x100000000, 2],
      ]),
      new BootLog(),
    );
    return map;
  };

  it.each([
    ['64M', 64 * 2 ** 20, 3],
    ['0x10k', 0x4000, 5],
    ['010', 8, 3],
    ['1g@', 2 ** 30, 2],
    ['x', 0, 0],
  ])('memparse(%s)', (text, value, next) => {
    expect(memparse(text)).toEqual({ value, next });
  });

  it('mem=S cuts the map and prints it', () => {
    const map = machine();
    const log = new BootLog();
    const options = parseEarlyOptions('root=/dev/hda mem=64M single', map, true, log);
    expect(ranges(map.entries)?.at(-1)).toEqual([0x100000, 0x4000000, 1]);
    expect(map.entries).toHaveLength(3);
    expect(options).toEqual({ rest: 'root=/dev/hda single', highmemPages: -1, noPse: false });
    expect(log.toString()).toMatch(
      /^user-defined physical RAM map:\n user: 0{16} - 000000000009fc00 \(usable\)\n/,
    );
  });

  it('mem=S beyond the RAM changes nothing, below a range it empties it', () => {
    const map = machine();
    parseEarlyOptions('mem=2G', map, true, new BootLog());
    expect(map.entries).toHaveLength(4);
    map.limit(0xf0000);
    expect(ranges(map.entries)?.at(-1)).toEqual([0x100000, 0x100000, 1]);
  });

  it('mem=exactmap and mem=S@A, #A, $A build a map', () => {
    const map = machine();
    parseEarlyOptions(
      'mem=exactmap mem=640K@0 mem=15M@1M mem=64K#0xff0000 mem=64K$0xfe0000',
      map,
      true,
      new BootLog(),
    );
    expect(ranges(map.entries)).toEqual([
      [0, 0xa0000, 1],
      [0x100000, 0x1000000, 1],
      [0xff0000, 0x1000000, 3],
      [0xfe0000, 0xff0000, 2],
    ]);
  });

  it('2.4.20 takes mem=S#A for mem=S', () => {
    const map = machine();
    parseEarlyOptions('mem=64M#0x4000000', map, false, new BootLog());
    expect(map.maxPfn()).toBe(16384);
  });

  it('mem=nopentium, highmem=', () => {
    const options = parseEarlyOptions('mem=nopentium highmem=128M nomem=64M', machine(), true, new BootLog());
    expect(options).toEqual({ rest: '  nomem=64M', highmemPages: 32768, noPse: true });
  });
});
