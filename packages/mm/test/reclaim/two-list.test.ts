import { describe, expect, test } from 'vitest';
import type { Vm } from '../../src/address-space/vm.ts';
import type { BufferHead } from '../../src/block/buffer-head.ts';
import { GFP_HIGHUSER } from '../../src/page-allocator/gfp.ts';
import { PG } from '../../src/physical/mem-map.ts';
import type { Zone } from '../../src/physical/zone.ts';
import { refillInactive } from '../../src/reclaim/two-list/refill-inactive.ts';
import { shrinkCache } from '../../src/reclaim/two-list/shrink-cache.ts';
import type { ReclaimParts } from '../../src/reclaim/two-list/two-list-reclaim.ts';
import { SwapAreas } from '../../src/swap/swap-areas.ts';
import { SwapCache } from '../../src/swap/swap-cache.ts';
import { SWP, SwapInfo } from '../../src/swap/swap-info.ts';
import { Trace } from '../../src/trace/trace.ts';
import { BufferMachine, DEV } from '../page-cache/buffers/buffer-machine.ts';

const GFP_USER = 0x1d0;

function list(machine: BufferMachine, head: number): number[] {
  const { lruNext } = machine.memMap;
  const pages: number[] = [];
  for (let pfn = lruNext[head] as number; pfn !== head; pfn = lruNext[pfn] as number) pages.push(pfn);
  return pages;
}

/** A page that is on the LRU lists and nowhere else. */
function lone(machine: BufferMachine): number {
  const pfn = machine.allocator.allocPages(GFP_HIGHUSER, 0);
  machine.cache.lruCacheAdd(pfn);
  return pfn;
}

describe('sheet 3 B1: mark_page_accessed', () => {
  test.each([
    [0, 0, 0, 1],
    [0, 1, 1, 0],
    [1, 0, 1, 1],
    [1, 1, 1, 1],
  ])('active %i referenced %i -> %i %i', (active, referenced, activeAfter, referencedAfter) => {
    const machine = new BufferMachine();
    const pfn = lone(machine);
    if (active === 1) machine.cache.activatePage(pfn);
    if (referenced === 1) machine.cache.setFlags(pfn, PG.referenced);
    machine.cache.markPageAccessed(pfn);
    expect(machine.cache.testFlags(pfn, PG.active)).toBe(activeAfter === 1);
    expect(machine.cache.testFlags(pfn, PG.referenced)).toBe(referencedAfter === 1);
  });
});

describe('sheet 3 B2: refill_inactive', () => {
  test('the worked list', () => {
    const machine = new BufferMachine();
    const x = lone(machine);
    const names = new Map<number, string>([[x, 'x']]);
    const order = ['H0', 'G1', 'F0', 'E0', 'D1', 'C0', 'B0', 'A1'];
    for (const name of order) {
      const pfn = lone(machine);
      machine.cache.activatePage(pfn);
      if (name.endsWith('1')) machine.cache.setFlags(pfn, PG.referenced);
      names.set(pfn, name.charAt(0));
    }
    expect(refillInactive(machine.cache, 3)).toBe(3);
    const shown = (head: number) =>
      list(machine, head)
        .map((pfn) => `${names.get(pfn)}${machine.cache.testFlags(pfn, PG.referenced) ? 1 : 0}`)
        .join(' ');
    expect(shown(machine.cache.activeList)).toBe('G0 A1 B0 C0 D1');
    expect(shown(machine.cache.inactiveList)).toBe('E1 F1 H1 x0');
    expect([machine.cache.nrActivePages, machine.cache.nrInactivePages]).toEqual([5, 4]);
  });

  test('when all are referenced it meets those that it moved itself', () => {
    const machine = new BufferMachine();
    for (let i = 0; i < 4; i++) {
      const pfn = lone(machine);
      machine.cache.activatePage(pfn);
      machine.cache.setFlags(pfn, PG.referenced);
    }
    expect(refillInactive(machine.cache, 2)).toBe(2);
  });
});

/** A machine with a swap area, and reclaim's parts. */
function reclaimRig() {
  const machine = new BufferMachine();
  const { cache, allocator, memMap } = machine;
  const areas = new SwapAreas({
    rules: { maxSwapfiles: 32, normalizesBounds: true },
    trace: new Trace(() => 0, 1024),
    print: () => {},
  });
  const area = new SwapInfo();
  Object.assign(area, { flags: SWP.writeok, max: 64, pages: 63, lowestBit: 1, highestBit: 63 });
  area.swapMap = new Uint16Array(64);
  areas.areas.push(area);
  areas.nrSwapPages = 63;
  areas.totalSwapPages = 63;
  areas.insert(0);
  const swap = new SwapCache({ cache, buffers: machine.buffers, areas });
  const swapOuts: number[] = [];
  const initMm = { swapAddress: 0 } as { swapAddress: number; mmlistNext?: object };
  initMm.mmlistNext = initMm;
  const vm = {
    pageCache: cache,
    memMap,
    allocator,
    trace: new Trace(() => 0, 1024),
    // swap_out is seen by its first look at mmlist.
    get mmlistNr() {
      swapOuts.push(1);
      return 0;
    },
    swapMm: initMm,
    initMm,
  };
  const parts = { vm: vm as unknown as Vm, swap, buffers: machine.buffers } as ReclaimParts;
  return { machine, parts, swap, areas, area, swapOuts };
}

describe('sheet 3 B3: shrink_cache', () => {
  test.each([
    [32, 12000, 6, 2000, 200],
    [32, 12000, 5, 2400, 240],
    [32, 12000, 1, 12000, 1200],
    [32, 500, 6, 83, 8],
    [32, 50, 6, 8, 0],
    [4, 12000, 6, 2000, 64],
  ])('%i pages of %i inactive at priority %i: looks at %i, tolerates %i mapped ones', (wanted, inactive, priority, maxScan, maxMapped) => {
    const { machine, parts } = reclaimRig();
    machine.cache.nrInactivePages = inactive;
    const { trace } = parts.vm;
    trace.on = true;
    let seen: Record<string, number> = {};
    shrinkCache(parts, wanted, machine.allocator.zones[0] as Zone, GFP_USER, priority);
    for (const event of trace.events())
      if (event.name === 'mm_vmscan_shrink_cache') seen = { ...event.values };
    expect(seen).toMatchObject({ max_scan: maxScan, max_mapped: maxMapped });
  });

  test('the worked list of twelve pages', () => {
    const { machine, parts, swap, areas, area, swapOuts } = reclaimRig();
    const { cache, memMap, allocator } = machine;
    const file = (index: number) => {
      const pfn = machine.page(index);
      cache.setFlags(pfn, PG.uptodate);
      cache.unlockPage(pfn);
      return pfn;
    };
    const written: number[] = [];
    const mapping = cache.newMapping(
      null,
      { writepage: (_inode, pfn) => written.push(pfn) && 0 },
      GFP_HIGHUSER,
    );
    const P: number[] = [0];
    for (let i = 12; i >= 1; i--) P[i] = 0;
    // The tail is made first.
    P[1] = file(1);
    P[2] = lone(machine);
    P[3] = allocator.allocPages(GFP_HIGHUSER, 0);
    cache.addToPageCache(P[3] as number, mapping, 3);
    allocator.putPage(P[3] as number);
    cache.unlockPage(P[3] as number);
    cache.setFlags(P[3] as number, PG.dirty);
    P[4] = file(4);
    cache.lockPage(P[4] as number);
    // P5: clean, in the swap cache; only the cache has slot 7.
    P[5] = lone(machine);
    area.swapMap[7] = 1;
    areas.nrSwapPages--;
    expect(swap.add(P[5] as number, 7 << 8)).toBe(0);
    areas.swapFree(7 << 8);
    allocator.putPage(P[5] as number);
    cache.unlockPage(P[5] as number);
    P[6] = file(6);
    P[7] = file(7);
    const first = machine.buffers.createEmptyBuffers(P[7] as number, DEV, 4096);
    P[8] = file(8);
    allocator.getPage(P[8] as number);
    for (let i = 9; i <= 12; i++) P[i] = file(i);
    // P6 lies in high memory: one zone above the class zone.
    const normal = allocator.zones[1] as Zone;
    const zoneOf = allocator.zoneOf.bind(allocator);
    const high = { ...zoneOf(P[6] as number), index: 2, nodeId: 0, number: 2 } as Zone;
    const low = { ...normal, index: 1, nodeId: 0, number: 1 } as Zone;
    allocator.zoneOf = (pfn) => (pfn === P[6] ? high : low);
    const left = shrinkCache(parts, 32, low, GFP_USER, 1);
    allocator.zoneOf = zoneOf;

    expect(left).toBe(29);
    expect(list(machine, cache.inactiveList)).toEqual([8, 6, 4, 3, 2, 12, 11, 10, 9].map((i) => P[i]));
    expect(written).toEqual([P[3]]);
    expect(memMap.flags[P[3] as number]).toBe(PG.locked | PG.launder | PG.lru);
    expect(area.swapMap[7]).toBe(0);
    expect([1, 5, 7].map((i) => memMap.count[P[i] as number])).toEqual([0, 0, 0]);
    expect((first as BufferHead).thisPage).toBeNull();
    expect(swapOuts.length).toBe(1);
  });
});
