import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { formatFreeAreas, formatShowMem, NO_COUNTERS } from '../../src/proc/show-mem.ts';
import { boot, fixture, freeLists, MIB } from './machine.ts';

const COMMAND_LINE = 'console=ttyS0,115200 root=/dev/hda rw init=/init panic=1 ';
const MACHINES = ['2.4.20', '2.4.22'].flatMap((release) =>
  [16, 64, 256, 512, 2048].map((mib) => [release, mib] as const),
);
/** Boot messages of drivers, which are not ours. */
const DRIVERS = /ide\d|hd[a-d]:|RAMDISK|DMA hang|Linux version|allocated 32 pages/;
/** Where the recorded boot messages end and a SysRq-m dump begins. */
const DUMP = /^<4>Free pages:/m;

describe('boot as real kernels logged it', () => {
  it.each(MACHINES)('%s, %i MiB', (release, mib) => {
    const machine = boot({ release, memoryBytes: mib * MIB, commandLine: COMMAND_LINE });
    machine.finish();
    const recorded = fixture(`kernels/i386-${release}-${mib}M/dmesg-mm.txt`);
    const bootLines = recorded.slice(0, recorded.search(DUMP)).trimEnd().split('\n');
    // The recording left out the title of the memory map.
    const ours = machine.log.toString(true).trimEnd().split('\n');
    expect(ours.shift()).toBe('<6>BIOS-provided physical RAM map:');
    expect(ours).toEqual(bootLines.filter((line) => !DRIVERS.test(line)));
    expect(checkPageAllocator(machine.allocator)).toEqual([]);
  });

  it.each(MACHINES)('SysRq-m of %s, %i MiB: watermarks and the census of reserved pages', (release, mib) => {
    const machine = boot({ release, memoryBytes: mib * MIB, commandLine: COMMAND_LINE });
    machine.finish();
    const recorded = fixture(`kernels/i386-${release}-${mib}M/sysrq-m.txt`);
    const ours = formatShowMem(machine.allocator, NO_COUNTERS);
    const marks = /^Zone:(\w+) .*( min:.*)$/gm;
    const read = (text: string) => [...text.matchAll(marks)].map((match) => `${match[1]}${match[2]}`);
    expect(read(ours)).toEqual(read(recorded));
    for (const line of [/^\d+ pages of RAM$/m, /^\d+ pages of HIGHMEM$/m, /^\d+ reserved pages$/m]) {
      expect(line.exec(ours)?.[0]).toBe(line.exec(recorded)?.[0]);
    }
  });

  // On 16 MiB the drivers' pages come from this zone too.
  it.each(
    MACHINES.filter(([, mib]) => mib > 16),
  )('free lists of the DMA zone of %s, %i MiB', (release, mib) => {
    const machine = boot({ release, memoryBytes: mib * MIB, commandLine: COMMAND_LINE });
    machine.finish();
    const recorded = fixture(`kernels/i386-${release}-${mib}M/sysrq-m.txt`);
    const firstLists = /^\d+\*4kB .*$/m;
    const ours = formatFreeAreas(machine.allocator, NO_COUNTERS);
    expect(firstLists.exec(ours)?.[0]).toBe(firstLists.exec(recorded)?.[0]);
  });
});

describe('every buddy event of a real 2.4.22 kernel with 16 MiB', () => {
  const file = new URL('../fixtures/allocations/2.4.22-16M-events.txt.gz', import.meta.url);
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  const events = lines.filter((line) => /^[FRG] /.test(line)).map((line) => line.split(' '));

  it('mem_init() frees the same pages in the same order', () => {
    // Freed one by one: a run of pages in the recording is a run of the boot memory allocator's.
    const freed: number[] = [];
    for (const [kind, pfn] of events) {
      if (kind !== 'F') break;
      freed.push(Number(pfn));
    }
    const machine = boot({ memoryBytes: 16 * MIB, commandLine: COMMAND_LINE });
    expect(freed).toHaveLength(machine.totals.totalram);
    const { allocator } = boot({ memoryBytes: 16 * MIB, commandLine: COMMAND_LINE });
    const free = new Set<number>();
    const zone = allocator.zones[0] as Zone;
    freeLists(allocator, zone).forEach((list, order) => {
      for (const pfn of list) for (let page = pfn; page < pfn + (1 << order); page++) free.add(page);
    });
    expect([...free].sort((a, b) => a - b)).toEqual([...freed].sort((a, b) => a - b));
    // All ascending but the page of the boot bitmap, which comes last.
    expect(freed.slice(0, -1)).toEqual([...freed.slice(0, -1)].sort((a, b) => a - b));
    expect(freed.at(-1)).toBe(508);
  });

  it('every allocation hands out the same frame, and the free lists end equal', () => {
    const { allocator } = boot({ memoryBytes: 16 * MIB, commandLine: COMMAND_LINE });
    const zone = allocator.zones[0] as Zone;
    const bootFrees = events.findIndex(([kind]) => kind !== 'F');
    const { count, flags } = allocator.memMap;
    let request: { gfp: number; order: number } | null = null;
    let allocations = 0;
    for (const [kind, a, b, c] of events.slice(bootFrees)) {
      if (kind === 'G') {
        request = { gfp: Number.parseInt(a as string, 16), order: Number(b) };
      } else if (kind === 'R') {
        const order = Number(b);
        expect(a).toBe('0');
        if (request?.order === order) expect(allocator.allocPages(request.gfp, order)).toBe(Number(c));
        else expect(allocator.rmqueue(zone, order)).toBe(Number(c));
        request = null;
        allocations++;
      } else {
        const pfn = Number(a);
        count[pfn] = 0;
        flags[pfn] = 0;
        allocator.freePagesOk(pfn, Number(b));
      }
    }
    expect(allocations).toBeGreaterThan(10000);
    const recorded = lines
      .filter((line) => line.startsWith('L 0 '))
      .map((line) => line.split(' ').slice(3).map(Number));
    expect(freeLists(allocator, zone)).toEqual(recorded);
    expect(checkPageAllocator(allocator)).toEqual([]);
  });
});
