import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boot } from '../../src/index.ts';
import { bootPhysical, type PhysicalBoot } from '../../src/page-allocator/boot.ts';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { GFP, GFP_ATOMIC, GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import type { PageAllocatorPorts } from '../../src/page-allocator/ports.ts';
import { NO_RECLAIM } from '../../src/page-allocator/ports.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { formatFreeAreas, NO_COUNTERS } from '../../src/proc/show-mem.ts';
import { physicalBootConfig } from '../../src/release/machine-config.ts';
import { Trace } from '../../src/trace/trace.ts';

const MIB = 2 ** 20;

function nodes(
  count: number,
  options: { numa?: boolean; mib?: number; ports?: PageAllocatorPorts } = {},
): PhysicalBoot {
  const config = physicalBootConfig({
    machine: 'ref-h4g',
    memoryBytes: (options.mib ?? 96) * MIB,
    nodes: count,
    numa: options.numa ?? false,
  });
  return bootPhysical(config, new Trace(() => 0, 1024), options.ports);
}

const nodeOf = (machine: PhysicalBoot, pfn: number) => machine.allocator.zoneOf(pfn).nodeId;

/** Takes every page of a zone. */
function drain(machine: PhysicalBoot, zone: Zone): void {
  while (machine.allocator.rmqueue(zone, 0) !== 0);
}

describe('sheet 1 section 2: _alloc_pages goes round pgdat_list', () => {
  it('begins with the next node each time, the last set up first', () => {
    const machine = nodes(3);
    const taken = Array.from({ length: 7 }, () => machine.allocator.allocPages(GFP_KERNEL, 0));
    expect(taken.map((pfn) => nodeOf(machine, pfn))).toEqual([2, 1, 0, 2, 1, 0, 2]);
  });

  it('goes on with the next nodes, and round to the start, when a node has nothing', () => {
    const machine = nodes(3);
    drain(machine, machine.nodes[1]?.zones[1] as Zone);
    const taken = Array.from({ length: 6 }, () =>
      nodeOf(machine, machine.allocator.allocPages(GFP_KERNEL, 0)),
    );
    // The turn of node 1 is node 0's.
    expect(taken).toEqual([2, 0, 0, 2, 0, 0]);
    drain(machine, machine.nodes[0]?.zones[1] as Zone);
    drain(machine, machine.nodes[0]?.zones[0] as Zone);
    expect(nodeOf(machine, machine.allocator.allocPages(GFP_KERNEL, 0))).toBe(2);
    expect(nodeOf(machine, machine.allocator.allocPages(GFP_KERNEL, 0))).toBe(2);
  });

  it('a failed request moves the turn, and so does one of an order that is too large not', () => {
    const machine = nodes(2);
    expect(machine.allocator.allocPages(GFP_KERNEL, 10)).toBe(0);
    expect(nodeOf(machine, machine.allocator.allocPages(GFP_KERNEL, 0))).toBe(1);
    expect(nodeOf(machine, machine.allocator.allocPages(GFP_KERNEL, 0))).toBe(0);
  });

  it('GFP_DMA finds an empty zonelist on all nodes but the first', () => {
    const machine = nodes(3);
    for (let i = 0; i < 3; i++) {
      const zone = machine.allocator.zoneOf(machine.allocator.allocPages(GFP.DMA | GFP_ATOMIC, 0));
      expect([zone.nodeId, zone.name]).toEqual([0, 'DMA']);
    }
  });

  it('alloc_pages_node heeds the node on a CONFIG_NUMA kernel only', () => {
    const plain = nodes(2);
    const numa = nodes(2, { numa: true });
    const three = (machine: PhysicalBoot) =>
      [0, 0, 0].map((nid) => nodeOf(machine, machine.allocator.allocPagesNode(nid, GFP_KERNEL, 0)));
    expect(three(plain)).toEqual([1, 0, 1]);
    expect(three(numa)).toEqual([0, 0, 0]);
    drain(numa, numa.nodes[1]?.zones[1] as Zone);
    expect(numa.allocator.allocPagesNode(1, GFP_ATOMIC, 0)).toBe(0);
    expect(() => numa.allocator.allocPagesNode(2, GFP_KERNEL, 0)).toThrow(RangeError);
  });

  it('CONFIG_NUMA: alloc_pages begins at the node of the running CPU', () => {
    const kernel = boot({ memory: 96 * MIB, nodes: 2, numa: true, cpus: 2 });
    const node = () => kernel.allocator.zoneOf(kernel.allocPages(GFP_KERNEL, 0)).nodeId;
    kernel.cpus.select(0);
    expect([node(), node()]).toEqual([0, 0]);
    kernel.cpus.select(1);
    expect([node(), node()]).toEqual([1, 1]);
  });

  it('counters sum over the nodes', () => {
    const { allocator } = nodes(3, { mib: 1024 });
    const free = allocator.zones.reduce((sum, zone) => sum + zone.freePages, 0);
    expect(allocator.nrFreePages()).toBe(free);
    expect(allocator.nrFreeHighpages()).toBe(allocator.nodes[2]?.zones[2]?.freePages);
    // Each zone of the GFP_USER lists gives its size less pages_high.
    expect(allocator.nrFreeBufferPages()).toBe(4096 - 96 + 225280 - 3 * 765);
  });
});

describe('balance a node', () => {
  it('marks the class zone of the node that was asked, and wakes kswapd', () => {
    const woken: number[] = [];
    const ports = { ...NO_RECLAIM, wakeupKswapd: (zone: Zone) => void woken.push(zone.number) };
    const machine = nodes(2, { ports });
    drain(machine, machine.nodes[1]?.zones[1] as Zone);
    machine.allocator.allocPages(GFP_ATOMIC, 0);
    expect(machine.allocator.zones.filter((zone) => zone.needBalance).map((zone) => zone.number)).toEqual([
      4,
    ]);
    expect(woken).toEqual([4]);
  });
});

describe('show_free_areas with nodes', () => {
  it('has a line for each zone of the node and those behind it, and the blocks of the node itself', () => {
    const { allocator } = nodes(2);
    const all = formatFreeAreas(allocator, NO_COUNTERS).split('\n');
    expect(all.filter((line) => line.startsWith('Zone:')).map((line) => line.slice(5, 11))).toEqual([
      'DMA fr',
      'Normal',
      'HighMe',
      'DMA fr',
      'Normal',
      'HighMe',
    ]);
    expect(all.filter((line) => line.endsWith('kB)') && line.includes('='))).toHaveLength(3);
    const first = formatFreeAreas(allocator, NO_COUNTERS, allocator.nodes[0]).split('\n');
    expect(first.filter((line) => line.startsWith('Zone:'))).toHaveLength(3);
    expect(first[0]).toBe(all[0]);
  });
});

describe('the whole machine', () => {
  it.each([2, 3, 7])('%i nodes: processes run on frames of all nodes, and all comes back', (count) => {
    const kernel = boot({ memory: 128 * MIB, nodes: count });
    const free = kernel.allocator.nrFreePages();
    const process = kernel.spawn('test');
    const address = process.mmap2(0, 64 * 4096, 3, 0x22, -1, 0);
    const used = new Set<number>();
    for (let i = 0; i < 64; i++) {
      process.store8(address + i * 4096, i);
      used.add(kernel.allocator.zoneOf(kernel.mmu.pfnOf(address + i * 4096)).nodeId);
    }
    expect(used.size).toBe(count);
    const child = process.fork();
    if (typeof child === 'number') throw new Error('fork failed');
    for (let i = 0; i < 64; i++) expect(child.load8(address + i * 4096)).toBe(i);
    child.store8(address, 99);
    kernel.checkInvariants();
    child.exit(0);
    process.exit(0);
    kernel.checkInvariants();
    while (kernel.slab.kmemCacheReap(GFP_KERNEL) > 0);
    expect(kernel.allocator.nrFreePages() + kernel.pageTables.cachedTables).toBeGreaterThanOrEqual(free - 32);
  });

  it('any sequence of requests leaves sound free lists on every node', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.nat()), { maxLength: 80 }),
        (count, steps) => {
          const machine = nodes(count);
          const { allocator } = machine;
          const free = allocator.nrFreePages();
          const held: [pfn: number, order: number][] = [];
          for (const [order, take, pick] of steps) {
            if (take || held.length === 0) {
              const pfn = allocator.allocPages(pick % 3 === 0 ? GFP.DMA : GFP_ATOMIC, order);
              if (pfn === 0) continue;
              const zone = allocator.zoneOf(pfn);
              expect(pfn >= zone.startPfn && pfn + (1 << order) <= zone.endPfn).toBe(true);
              held.push([pfn, order]);
            } else {
              const [[pfn, size]] = held.splice(pick % held.length, 1) as [[number, number]];
              allocator.freePages(pfn, size);
            }
          }
          expect(checkPageAllocator(allocator)).toEqual([]);
          for (const [pfn, order] of held) allocator.freePages(pfn, order);
          expect(allocator.nrFreePages()).toBe(free);
          expect(checkPageAllocator(allocator)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
