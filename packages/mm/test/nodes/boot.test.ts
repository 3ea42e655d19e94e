import { describe, expect, it } from 'vitest';
import { BootNodes } from '../../src/boot-memory/boot-nodes.ts';
import { BootMemory } from '../../src/boot-memory/bootmem.ts';
import { zoneSizesOfNode } from '../../src/boot-memory/free-area-init.ts';
import { nodeStarts } from '../../src/boot-memory/setup-memory.ts';
import { ConfigError, KernelPanic } from '../../src/kernel-bug.ts';
import { bootPhysical } from '../../src/page-allocator/boot.ts';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { BootLog } from '../../src/physical/boot-log.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { memclass, type Zone } from '../../src/physical/zone.ts';
import { type MachineOptions, physicalBootConfig } from '../../src/release/machine-config.ts';

const MIB = 2 ** 20;
const machine = (options: MachineOptions) =>
  bootPhysical(physicalBootConfig({ machine: 'ref-h4g', ...options }));

/** Three nodes of 64 frames, all free but the first frame of each, where its bitmap lies. */
function threeNodes(): BootNodes {
  const log = new BootLog();
  const nodes = [0, 64, 128].map((start) => new BootMemory(start, start + 64, 32, log, start));
  for (const node of nodes) node.free((node.startPfn + 1) * 4096, 63 * 4096);
  return new BootNodes(nodes, 32, log);
}

describe('sheet 1 section 6: boot memory of several nodes', () => {
  it('pgdat_list is a stack: a request without a node goes to the node that was set up last', () => {
    const bootmem = threeNodes();
    expect(bootmem.list.map(({ startPfn }) => startPfn)).toEqual([128, 64, 0]);
    expect(bootmem.allocLow(100)).toBe(129 * 4096);
    expect(bootmem.allocLowPages(62 * 4096)).toBe(130 * 4096);
    expect(bootmem.allocPages(4096)).toBe(65 * 4096);
    // The rest of a page serves only as the beginning of a fit that goes on behind it, and node 2 is full.
    expect(bootmem.alloc(100)).toBe(66 * 4096);
  });

  it('a request for a node is served by that node or not at all', () => {
    const bootmem = threeNodes();
    expect(bootmem.node(1).allocLow(100)).toBe(65 * 4096);
    expect(bootmem.node(0).allocLow(100)).toBe(4096);
    expect(() => bootmem.node(0).allocLowPages(64 * 4096)).toThrow(KernelPanic);
    expect(() => bootmem.node(3)).toThrow(RangeError);
  });

  it.each([
    { size: 100, align: 32, goal: 0, address: 0x41000, lastPos: 0x41, lastOffset: 100 },
    { size: 50, align: 32, goal: 0x1000, address: 0x41080, lastPos: 0x41, lastOffset: 178 },
    { size: 100, align: 32, goal: 0x60000, address: 0x60000, lastPos: 0x60, lastOffset: 100 },
    { size: 0x3000, align: 0x4000, goal: 0, address: 0x44000, lastPos: 0x46, lastOffset: 0 },
    { size: 4096, align: 4096, goal: 0x9000000, address: 0x42000, lastPos: 0x42, lastOffset: 0 },
  ])('places $size bytes, align $align, goal $goal in node 1 at $address', (row) => {
    const node = threeNodes().node(1);
    if (row.lastOffset === 178 || row.goal === 0x9000000) node.allocCore(100, 32, 0);
    expect([node.allocCore(row.size, row.align, row.goal), node.lastPos, node.lastOffset]).toEqual([
      row.address,
      row.lastPos,
      row.lastOffset,
    ]);
  });

  it('frees and reserves where the frames belong, across nodes too', () => {
    const bootmem = threeNodes();
    bootmem.reserve(70 * 4096, 2 * 4096);
    expect([69, 70, 71, 72].map((pfn) => bootmem.node(1).isReserved(pfn))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    bootmem.node(0).reserve(62 * 4096, 2 * 4096);
    bootmem.node(1).reserve(65 * 4096, 4096);
    bootmem.freeFrames(62, 66);
    expect(bootmem.node(0).isReserved(63)).toBe(false);
    expect(bootmem.node(1).isReserved(65)).toBe(false);
    expect(() => bootmem.node(1).free(63 * 4096, 4096)).toThrow(KernelPanic);
    expect(() => bootmem.node(1).reserve(128 * 4096, 4096)).toThrow(KernelPanic);
  });

  it('free_all_bootmem goes over the nodes by number, and gives back each bitmap', () => {
    const runs: [number, number][] = [];
    expect(threeNodes().freeAll((start, end) => runs.push([start, end]))).toBe(192);
    expect(runs).toEqual([
      [1, 64],
      [0, 1],
      [65, 128],
      [64, 65],
      [129, 192],
      [128, 129],
    ]);
  });
});

describe('where the nodes of a made-up machine begin', () => {
  it.each([
    [131072, 1, [0]],
    [131072, 2, [0, 65536]],
    [131072, 3, [0, 43520, 87040]],
    [16352, 2, [0, 7680]],
  ])('%i frames of low memory on %i nodes: %j', (frames, nodes, starts) => {
    expect(nodeStarts(frames, nodes)).toEqual(starts);
  });

  it.each([
    ['64 MiB on 9 nodes', { memoryBytes: 64 * MIB, nodes: 9 }, '1 to 8'],
    ['no node', { nodes: 0 }, '1 to 85'],
    ['half a node', { nodes: 1.5 }, '1 to 85'],
    ['86 nodes', { nodes: 86 }, '1 to 85'],
    ['low memory cut by mem=', { memoryBytes: 512 * MIB, nodes: 4, commandLine: 'mem=24M' }, '1 to 3'],
  ])('refuses %s', (_, options, allowed) => {
    expect(() => machine(options)).toThrow(ConfigError);
    expect(() => machine(options)).toThrow(allowed);
  });

  it('splits the zones of the machine', () => {
    const sizes = [4096, 225280, 32768];
    expect(zoneSizesOfNode(sizes, 0, 2048)).toEqual([2048, 0, 0]);
    expect(zoneSizesOfNode(sizes, 2048, 8192)).toEqual([2048, 4096, 0]);
    expect(zoneSizesOfNode(sizes, 8192, 262144)).toEqual([0, 221184, 32768]);
  });
});

describe('sheet 1 section 7: free_area_init_node', () => {
  it('logs and sets up each node: watermarks and wait tables by the size of its own zones', () => {
    const booted = machine({ memoryBytes: 512 * MIB, nodes: 3 });
    const lines = booted.log.lines.map(({ text }) => text).filter((text) => /^(On node|zone)/.test(text));
    expect(lines).toEqual([
      'On node 0 totalpages: 43520',
      'zone(0): 4096 pages.',
      'zone(1): 39424 pages.',
      'zone(2): 0 pages.',
      'On node 1 totalpages: 43520',
      'zone(0): 0 pages.',
      'zone(1): 43520 pages.',
      'zone(2): 0 pages.',
      'On node 2 totalpages: 44032',
      'zone(0): 0 pages.',
      'zone(1): 44032 pages.',
      'zone(2): 0 pages.',
    ]);
    expect(booted.nodes.map(({ nrZones }) => nrZones)).toEqual([2, 2, 2]);
    expect(booted.nodes.map(({ zones }) => zones[1]?.waitTable.size)).toEqual([256, 256, 256]);
    expect(booted.nodes.map(({ zones }) => zones[1]?.pagesMin)).toEqual([255, 255, 255]);
    // What belongs to a node lies in the node.
    for (const node of booted.nodes) {
      for (const address of node.zones[1]?.mapAddresses ?? []) {
        expect(address >>> 12).toBeGreaterThanOrEqual(node.startPfn);
        expect(address >>> 12).toBeLessThan(node.endPfn);
      }
    }
    expect(checkPageAllocator(booted.allocator)).toEqual([]);
  });

  it('zone_table: page->flags hold 3 * node + zone', () => {
    const { nodes, memMap } = machine({ memoryBytes: 1024 * MIB, nodes: 2 });
    const [first, second] = nodes;
    expect(memMap.flags[0x100]).toBe(PG.reserved);
    expect((first?.pageFlags(0x100) ?? 0) >>> 24).toBe(0);
    expect((first?.pageFlags(5000) ?? 0) >>> 24).toBe(1);
    expect((second?.pageFlags(130000) ?? 0) >>> 24).toBe(4);
    expect((second?.pageFlags(240000) ?? 0) >>> 24).toBe(5);
    expect((second?.pageFlags(240000) ?? 0) & PG.highmem).toBe(PG.highmem);
  });

  it('memclass needs the same node', () => {
    const { nodes } = machine({ memoryBytes: 512 * MIB, nodes: 2 });
    const [dma, normal] = nodes[0]?.zones as [Zone, Zone];
    const other = nodes[1]?.zones[1] as Zone;
    expect([
      memclass(dma, normal),
      memclass(normal, dma),
      memclass(other, normal),
      memclass(normal, other),
    ]).toEqual([true, false, false, false]);
  });

  it('one node is what it was: no bitmap more, the same frames taken', () => {
    const plain = machine({ memoryBytes: 512 * MIB });
    const one = machine({ memoryBytes: 512 * MIB, nodes: 1 });
    expect(one.allocator.nrFreePages()).toBe(128852);
    expect(one.bootmemEnd).toEqual(plain.bootmemEnd);
    expect(one.allocator.pgdatList).toEqual([one.node]);
  });
});
