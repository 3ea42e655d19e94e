import { describe, expect, it } from 'vitest';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { GFP_ATOMIC } from '../../src/page-allocator/gfp.ts';
import { boot, counts, freeLists, heads, MIB } from './machine.ts';

interface Expected {
  readonly machine: string;
  readonly mib: number;
  readonly maxMapnr: number;
  readonly lines: string;
  readonly memory: string;
  readonly sizes: number[];
  readonly free: number[];
  readonly memMap: number;
  readonly memTotal: number;
  readonly waits: number[];
  readonly dma: string;
  readonly normal: string;
  readonly highmem?: string;
}

const H4G_DMA = '2,2,3,3,3,2,1,1,0,6';
const NONE = '0,0,0,0,0,0,0,0,0,0';

const MACHINES: Expected[] = [
  {
    machine: 'ref-h4g',
    mib: 16,
    maxMapnr: 4096,
    lines: '0/16',
    memory: '13480k/16384k available (1536k kernel code, 2516k reserved, 384k data, 128k init, 0k highmem)',
    sizes: [4096, 0, 0],
    free: [3370, 0, 0],
    memMap: 0x3000,
    memTotal: 13608,
    waits: [16, 0, 0],
    dma: '2,2,3,3,2,1,1,1,0,6 340,342,344,348,350,360,40,380,-,e00',
    normal: `${NONE} -,-,-,-,-,-,-,-,-,-`,
  },
  {
    machine: 'ref-h4g',
    mib: 64,
    maxMapnr: 16384,
    lines: '0/64',
    memory: '62052k/65536k available (1536k kernel code, 3096k reserved, 384k data, 128k init, 0k highmem)',
    sizes: [4096, 12288, 0],
    free: [3418, 12095, 0],
    memMap: 0x1000020,
    memTotal: 62180,
    waits: [16, 64, 0],
    dma: `${H4G_DMA} 340,342,344,348,350,360,40,380,-,e00`,
    normal: '1,1,1,1,1,1,0,0,1,23 10c1,10c2,10c4,10c8,10d0,10e0,-,-,1100,3e00',
  },
  {
    machine: 'ref-h4g',
    mib: 512,
    maxMapnr: 131072,
    lines: '0/512',
    memory: '515408k/524288k available (1536k kernel code, 8492k reserved, 384k data, 128k init, 0k highmem)',
    sizes: [4096, 126976, 0],
    free: [3418, 125434, 0],
    memMap: 0x1000020,
    memTotal: 515536,
    waits: [16, 512, 0],
    dma: `${H4G_DMA} 345,346,340,348,350,360,40,380,-,e00`,
    normal: '0,1,0,1,1,1,1,1,1,244 -,1606,-,1608,1610,1620,1640,1680,1700,1fe00',
  },
  {
    machine: 'ref-h4g',
    mib: 1024,
    maxMapnr: 262144,
    lines: '128/896',
    memory:
      '1033532k/1048576k available (1536k kernel code, 14656k reserved, 384k data, 128k init, 131072k highmem)',
    sizes: [4096, 225280, 32768],
    free: [3418, 222197, 32768],
    memMap: 0x1000020,
    memTotal: 1033660,
    waits: [16, 1024, 128],
    dma: `${H4G_DMA} 346,344,340,348,350,360,40,380,-,e00`,
    normal: '1,0,1,0,1,1,1,1,1,433 1c0b,-,1c0c,-,1c10,1c20,1c40,1c80,1d00,37e00',
    highmem: '0,0,0,0,0,0,0,0,0,64 -,-,-,-,-,-,-,-,-,38000',
  },
  {
    machine: 'ref-h4g',
    mib: 4096,
    maxMapnr: 1048576,
    lines: '3200/896',
    memory:
      '3617980k/4194304k available (1536k kernel code, 51648k reserved, 384k data, 128k init, 2752512k highmem)',
    sizes: [4096, 225280, 819200],
    free: [3418, 212949, 688128],
    memMap: 0x1000020,
    memTotal: 3618108,
    waits: [16, 1024, 4096],
    dma: `${H4G_DMA} 346,344,340,348,350,360,40,380,-,e00`,
    normal: '1,0,1,0,1,0,1,1,1,415 402b,-,402c,-,4030,-,4040,4080,4100,37e00',
    highmem: '0,0,0,0,0,0,0,0,0,1344 -,-,-,-,-,-,-,-,-,38000',
  },
  {
    machine: 'ref-pae',
    mib: 4096,
    maxMapnr: 1179648,
    lines: '3712/896',
    memory:
      '4136104k/4718592k available (1536k kernel code, 57812k reserved, 384k data, 128k init, 3276800k highmem)',
    sizes: [4096, 225280, 950272],
    free: [3417, 211409, 819200],
    memMap: 0x1000020,
    memTotal: 4136232,
    waits: [16, 1024, 4096],
    dma: '3,3,2,3,3,2,1,1,0,6 346,344,340,348,350,360,40,380,-,e00',
    normal: '1,0,0,0,1,0,1,1,1,412 462f,-,-,-,4630,-,4640,4680,4700,37e00',
  },
];

describe('worked machines after mem_init() (sheet 1, section 18)', () => {
  it.each(MACHINES)('$machine, $mib MiB', (expected) => {
    const machine = boot({ machine: expected.machine, memoryBytes: expected.mib * MIB });
    const { allocator, node } = machine;
    const text = machine.log.toString();
    const [high, low] = expected.lines.split('/');
    expect(machine.maxMapnr).toBe(expected.maxMapnr);
    expect(text).toContain(`${high}MB HIGHMEM available.\n${low}MB LOWMEM available.\n`);
    expect(text).toContain(`Memory: ${expected.memory}\n`);
    expect(node.zones.map((zone) => zone.size)).toEqual(expected.sizes);
    expect(node.zones.map((zone) => zone.freePages)).toEqual(expected.free);
    expect(node.zones.map((zone) => zone.waitTable.size)).toEqual(expected.waits);
    expect(machine.memMapAddress).toBe(expected.memMap);
    expect(`${counts(machine, 0)} ${heads(machine, 0)}`).toBe(expected.dma);
    expect(`${counts(machine, 1)} ${heads(machine, 1)}`).toBe(expected.normal);
    if (expected.highmem !== undefined)
      expect(`${counts(machine, 2)} ${heads(machine, 2)}`).toBe(expected.highmem);
    expect(checkPageAllocator(allocator)).toEqual([]);
    machine.freeInitmem();
    expect(machine.totals.totalram * 4).toBe(expected.memTotal);
    expect(checkPageAllocator(allocator)).toEqual([]);
  });

  it.each([
    [16, '', 3375, '13500k/16384k', 2496, 13628],
    [64, '', 15530, '62120k/65536k', 3028, 62248],
    [512, '', 128981, '515924k/524288k', 7976, 516052],
    [1024, '', 226225, '904900k/917504k', 12216, 905028],
    [4096, '', 226225, '904900k/917504k', 12216, 905028],
    [16, 'mem=nopentium', 3371, '', 0, 0],
    [64, 'mem=nopentium', 15514, '', 0, 0],
    [512, 'mem=nopentium', 128853, '', 0, 0],
    [1024, 'mem=nopentium', 226001, '', 0, 0],
  ])('ref-noh, %i MiB, %s: %i pages free', (mib, commandLine, free, memory, reserved, memTotal) => {
    const machine = boot({ machine: 'ref-noh', memoryBytes: mib * MIB, commandLine });
    expect(machine.allocator.nrFreePages()).toBe(free);
    expect(machine.log.toString()).not.toContain('HIGHMEM available');
    if (memory === '') return;
    expect(machine.log.toString()).toContain(`Memory: ${memory}`);
    expect(machine.totals.reserved * 4).toBe(reserved);
    machine.freeInitmem();
    expect(machine.totals.totalram * 4).toBe(memTotal);
  });

  it('free lists of ref-noh, 512 MiB', () => {
    const machine = boot({ machine: 'ref-noh', memoryBytes: 512 * MIB });
    expect(counts(machine, 0).join()).toBe('3,2,3,3,3,2,1,1,0,6');
    expect(`${counts(machine, 1)} ${heads(machine, 1)}`).toBe(
      '0,1,0,1,1,1,1,0,0,245 -,1586,-,1588,1590,15a0,15c0,-,-,1fe00',
    );
  });

  it('mem=64M makes the 512 MiB machine one of 64 MiB', () => {
    const machine = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB, commandLine: 'mem=64M' });
    expect(machine.allocator.nrFreePages()).toBe(15513);
    expect(machine.bootmemEnd).toEqual({ lastPos: 3, lastOffset: 124 });
  });

  it('boot memory addresses of 512, 64 and 16 MiB', () => {
    const big = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB });
    expect([big.pageTables.fixmap, big.pageTables.pkmap]).toEqual([1, 2]);
    expect(big.node.zones.map((zone) => zone.waitTable.address)).toEqual([0x1600040, 0x1600340, 0]);
    expect(big.node.zones[0]?.mapAddresses.map((a) => a - 0x1600000)).toEqual([
      0xc0, 0x1c0, 0x240, 0x280, 0x2a0, 0x2c0, 0x2e0, 0x300, 0x320,
    ]);
    expect(big.node.zones[1]?.mapAddresses).toEqual([
      0x1601340, 0x1603240, 0x16041c0, 0x1604980, 0x1604d60, 0x1604f60, 0x1605060, 0x16050e0, 0x1605120,
    ]);
    expect(big.bootmemEnd).toEqual({ lastPos: 3, lastOffset: 156 });
    const middle = boot({ machine: 'ref-h4g', memoryBytes: 64 * MIB });
    expect(middle.node.zones[1]?.mapAddresses.map((a) => a - 0x10c0000)).toEqual([
      0x540, 0x840, 0x9c0, 0xa80, 0xae0, 0xb20, 0xb40, 0xb60, 0xb80,
    ]);
    const small = boot({ machine: 'ref-h4g', memoryBytes: 16 * MIB });
    expect(small.node.zones[0]?.waitTable.address).toBe(0x33040);
    expect(small.node.zones[0]?.mapAddresses.map((a) => a - 0x33000)).toEqual([
      0xc0, 0x1c0, 0x240, 0x280, 0x2a0, 0x2c0, 0x2e0, 0x300, 0x320,
    ]);
  });

  it('reserves the page tables of the direct map without 4 MiB pages', () => {
    const { pageTables, memMap } = boot({
      machine: 'ref-pae',
      memoryBytes: 4096 * MIB,
      commandLine: 'mem=nopentium',
    });
    expect(pageTables.kernelPmd).toBe(1);
    expect(pageTables.directMap).toHaveLength(448);
    expect(
      [pageTables.kernelPmd, ...pageTables.directMap, pageTables.fixmap].every((p) => memMap.flags[p]),
    ).toBe(true);
  });

  it('the whole boot log of 512 MiB', () => {
    const machine = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB, commandLine: '...' });
    machine.finish();
    expect(machine.log.toString()).toBe(`BIOS-provided physical RAM map:
 BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)
 BIOS-e820: 000000000009fc00 - 00000000000a0000 (reserved)
 BIOS-e820: 00000000000f0000 - 0000000000100000 (reserved)
 BIOS-e820: 0000000000100000 - 0000000020000000 (usable)
 BIOS-e820: 00000000ffff0000 - 0000000100000000 (reserved)
0MB HIGHMEM available.
512MB LOWMEM available.
On node 0 totalpages: 131072
zone(0): 4096 pages.
zone(1): 126976 pages.
zone(2): 0 pages.
Kernel command line: ...
Memory: 515408k/524288k available (1536k kernel code, 8492k reserved, 384k data, 128k init, 0k highmem)
Dentry cache hash table entries: 65536 (order: 7, 524288 bytes)
Inode cache hash table entries: 32768 (order: 6, 262144 bytes)
Mount cache hash table entries: 512 (order: 0, 4096 bytes)
Buffer cache hash table entries: 32768 (order: 5, 131072 bytes)
Page-cache hash table entries: 131072 (order: 7, 524288 bytes)
Starting kswapd
Freeing unused kernel memory: 128k freed
`);
  });

  it('free_initmem() puts its blocks at the heads, one after the other', () => {
    const machine = boot({ machine: 'ref-h4g', memoryBytes: 512 * MIB });
    const before = freeLists(machine.allocator, machine.node.zones[0] as never);
    machine.freeInitmem();
    const after = freeLists(machine.allocator, machine.node.zones[0] as never);
    const added = after.map((list, order) => list.slice(0, list.length - (before[order]?.length ?? 0)));
    expect(added.slice(0, 5)).toEqual([[], [0x300, 0x2e2], [0x2e4], [0x2e8], [0x2f0]]);
  });

  it.each([
    [16, [2, 1, 0, 0, 2], '344 342 340 9e 98', 0, '0,1,1,3,2,1,1,1,0,6', 3358],
    [64, [4, 3, 0, 2, 4], '10d0 10c8 10c1 10c4 10f0', 1, '0,1,0,0,1,0,0,0,1,23', 12050],
    [512, [7, 6, 0, 5, 7], '1680 1640 1607 1620 1780', 1, '1,0,0,1,1,0,0,1,0,244', 125081],
    [1024, [8, 7, 0, 6, 8], '1d00 1c80 1c0b 1c40 37f00', 1, '0,0,1,0,1,1,0,0,1,432', 221492],
    [4096, [9, 9, 0, 8, 9], '37e00 37c00 402b 4100 37a00', 1, '0,0,1,0,1,0,1,1,0,412', 211156],
  ])('the hash tables of %i MiB', (mib, orders, frames, zone, lists, free) => {
    const machine = boot({ machine: 'ref-h4g', memoryBytes: mib * MIB });
    machine.allocateHashTables();
    expect(machine.hashTables.map((table) => table.order)).toEqual(orders);
    expect(machine.hashTables.map((table) => table.pfn.toString(16)).join(' ')).toBe(frames);
    expect(counts(machine, zone).join()).toBe(lists);
    expect(machine.allocator.zones[zone]?.freePages).toBe(free);
    expect(checkPageAllocator(machine.allocator)).toEqual([]);
  });

  it.each([
    [16, 4000],
    [64, 16000],
    [512, 130211],
    [1024, 228515],
  ])('nr_free_buffer_pages() of %i MiB is %i (section 12)', (mib, pages) => {
    expect(boot({ machine: 'ref-h4g', memoryBytes: mib * MIB }).allocator.nrFreeBufferPages()).toBe(pages);
  });

  it('an SMP kernel takes two low pages more', () => {
    const one = boot({ machine: 'ref-h4g', memoryBytes: 64 * MIB });
    const two = boot({ machine: 'ref-h4g', memoryBytes: 64 * MIB, cpus: 2 });
    expect(two.allocator.nrFreePages()).toBe(one.allocator.nrFreePages() - 2);
  });

  it('hands highmem out from its lowest block upwards, each block from its top', () => {
    const { allocator } = boot({ machine: 'ref-h4g', memoryBytes: 1024 * MIB });
    const frames = Array.from({ length: 513 }, () => allocator.allocPages(GFP_ATOMIC | 2, 0));
    expect([frames[0], frames[1], frames[511], frames[512]]).toEqual([0x381ff, 0x381fe, 0x38000, 0x383ff]);
  });
});
