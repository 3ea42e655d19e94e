import { describe, expect, test } from 'vitest';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import type { Vm } from '../../src/address-space/vm.ts';
import { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import { MemoryPressure } from '../../src/page-allocator/memory-pressure.ts';
import { AgingLists } from '../../src/page-cache/aging-lists.ts';
import { MemMap, PG } from '../../src/physical/mem-map.ts';
import type { Zone } from '../../src/physical/zone.ts';
import type { AgingParts } from '../../src/reclaim/page-aging/aging-parts.ts';
import { pageLaunder } from '../../src/reclaim/page-aging/page-launder.ts';
import { reclaimPage } from '../../src/reclaim/page-aging/reclaim-page.ts';
import { refillInactiveScan } from '../../src/reclaim/page-aging/refill-inactive-scan.ts';
import { swapOut } from '../../src/reclaim/page-aging/swap-out.ts';
import { Trace } from '../../src/trace/trace.ts';

/** Lists and descriptors without a machine around them: pages are set up by hand. */
function rig(frames = 256) {
  const memMap = new MemMap(frames);
  const trace = new Trace(() => 0, 1024);
  const zone = {
    number: 0,
    name: 'Normal',
    size: frames,
    freePages: 0,
    pagesMin: 32,
    pagesLow: 64,
    pagesHigh: 96,
    inactiveCleanPages: 0,
    inactiveDirtyPages: 0,
  } as unknown as Zone;
  const lists = new AgingLists({ memMap, trace, zones: [zone], zoneOf: () => zone });
  const freed: number[] = [];
  const written: number[] = [];
  const removed: number[] = [];
  const flags = memMap.flags;
  const set = (pfn: number, bits: number) => {
    flags[pfn] = (flags[pfn] as number) | bits;
  };
  const clear = (pfn: number, bits: number) => {
    flags[pfn] = (flags[pfn] as number) & ~bits;
  };
  const pageCache = {
    pageCluster: 4,
    tryLockPage: (pfn: number) => {
      if (((flags[pfn] as number) & PG.locked) !== 0) return false;
      set(pfn, PG.locked);
      return true;
    },
    unlockPage: (pfn: number) => clear(pfn, PG.locked),
    testFlags: (pfn: number, bits: number) => ((flags[pfn] as number) & bits) !== 0,
    setFlags: set,
    clearFlags: clear,
    setPageDirty: (pfn: number) => set(pfn, PG.dirty),
    mapping: () => ({
      host: null,
      ops: { writepage: (_inode: unknown, pfn: number) => written.push(pfn) && 0 },
    }),
    removeFromPageCache: (pfn: number) => {
      memMap.mapping[pfn] = 0;
      removed.push(pfn);
    },
  };
  const allocator = {
    getPage: (pfn: number) => {
      memMap.count[pfn] = (memMap.count[pfn] as number) + 1;
    },
    putPage: (pfn: number) => {
      memMap.count[pfn] = (memMap.count[pfn] as number) - 1;
      if (memMap.count[pfn] === 0) freed.push(pfn);
    },
  };
  const initMm = { rss: 0 } as MmStruct;
  initMm.mmlistNext = initMm;
  const vm = { memMap, trace, pageCache, allocator, memory: new PhysicalMemory(1), initMm, mmlistNr: 0 };
  const parts = {
    vm: vm as unknown as Vm,
    lists,
    pressure: new MemoryPressure([zone], frames),
    swap: { has: () => false },
    buffers: null,
    slab: null,
    ports: {
      shrinkDcacheMemory: () => {},
      shrinkIcacheMemory: () => {},
      wakeupBdflush: () => {},
      tryToFreeBuffers: (pfn: number) => {
        memMap.buffers[pfn] = 0;
        memMap.count[pfn] = (memMap.count[pfn] as number) - 1;
        return true;
      },
    },
  } as unknown as AgingParts;
  const list = (head: number) => {
    const pages: number[] = [];
    for (let pfn = memMap.lruNext[head] as number; pfn !== head; pfn = memMap.lruNext[pfn] as number)
      pages.push(pfn);
    return pages;
  };
  return { memMap, lists, parts, zone, freed, written, removed, list, set, initMm, vm };
}

type Rig = ReturnType<typeof rig>;

/** Puts pages on a list so that the first named is at its head. */
function fill(
  r: Rig,
  where: 'toActive' | 'toInactiveDirty' | 'toInactiveClean',
  pages: readonly [number, number, number?, object?][],
) {
  for (const [pfn, age, count = 1, more = {}] of [...pages].reverse()) {
    r.memMap.age[pfn] = age;
    r.memMap.count[pfn] = count;
    const { referenced, buffers, mapping, dirty, locked } = more as Record<string, boolean | undefined>;
    r.memMap.mapping[pfn] = mapping === false ? 0 : 1;
    if (referenced) r.set(pfn, PG.referenced);
    if (dirty) r.set(pfn, PG.dirty);
    if (locked) r.set(pfn, PG.locked);
    if (buffers) r.memMap.buffers[pfn] = 1;
    r.lists[where](pfn);
  }
}

const ages = (r: Rig, pages: readonly number[]) => pages.map((pfn) => r.memMap.age[pfn]);

describe('sheet 3 F4: refill_inactive_scan', () => {
  const [A, B, C, D, E, F, G, H] = [1, 2, 3, 4, 5, 6, 7, 8] as const;
  const start = () => {
    const r = rig();
    fill(r, 'toActive', [
      [A, 9],
      [B, 0, 1, { referenced: true }],
      [C, 1, 2],
      [D, 1],
      [E, 5],
      [F, 2, 1, { referenced: true }],
      [G, 1, 2, { buffers: true }],
      [H, 64],
    ]);
    return r;
  };

  test('one shot after the other', () => {
    const r = start();
    expect(refillInactiveScan(r.parts, 0, true)).toBe(true);
    expect(r.list(r.lists.activeList)).toEqual([H, A, B, C, D, E, F]);
    expect(r.list(r.lists.inactiveDirtyList)).toEqual([G]);
    expect(refillInactiveScan(r.parts, 0, true)).toBe(true);
    expect(r.list(r.lists.activeList)).toEqual([E, F, H, A, B, C]);
    expect(ages(r, [E, F, H, A, B, C])).toEqual([2, 5, 32, 9, 0, 1]);
    expect(r.list(r.lists.inactiveDirtyList)).toEqual([D, G]);
    expect(refillInactiveScan(r.parts, 0, false)).toBe(false);
    expect(ages(r, [E, F, H, A, B, C])).toEqual([1, 2, 16, 4, 5, 0]);
    expect(r.list(r.lists.activeList)).toEqual([E, F, H, A, B, C]);
    expect(r.lists.check([r.zone])).toEqual([]);
  });

  test('fewer than 64 pages at priority 6: nothing', () => {
    const r = start();
    expect(refillInactiveScan(r.parts, 6, false)).toBe(false);
    expect(ages(r, [A])).toEqual([9]);
  });
});

describe('sheet 3 F4: page_launder', () => {
  test('one round without I/O', () => {
    const r = rig();
    const [D1, D2, D3, D4, D5, D6, D7] = [1, 2, 3, 4, 5, 6, 7] as const;
    fill(r, 'toInactiveDirty', [
      [D7, 0, 2],
      [D6, 0, 1, { buffers: true, mapping: false }],
      [D5, 0, 1, { locked: true }],
      [D4, 0, 2, { buffers: true }],
      [D3, 0, 1, { referenced: true }],
      [D2, 0, 1, { dirty: true }],
      [D1, 0],
    ]);
    // A buffer-cache page has one reference, of its buffers.
    expect(pageLaunder(r.parts, 0, false)).toBe(3);
    expect(r.list(r.lists.inactiveCleanList(r.zone))).toEqual([D4, D1]);
    expect(r.list(r.lists.activeList)).toEqual([D7, D3]);
    expect(r.freed).toEqual([D6]);
    expect(r.list(r.lists.inactiveDirtyList)).toEqual([D5, D2]);
    expect(r.lists.check([r.zone])).toEqual([]);
  });

  test('dirty pages are written in the second round, and stay at the tail', () => {
    const r = rig();
    fill(r, 'toInactiveDirty', [
      [1, 0, 1, { dirty: true }],
      [2, 0, 1, { dirty: true }],
    ]);
    pageLaunder(r.parts, 0x40, false);
    expect(r.written[0]).toBe(2);
  });
});

describe('2.4.0 reclaim_page', () => {
  test('takes the first clean page; the others go where they belong', () => {
    const r = rig();
    fill(r, 'toInactiveClean', [
      [4, 0],
      [3, 0, 1, { dirty: true }],
      [2, 3],
      [1, 0, 2],
    ]);
    expect(reclaimPage(r.parts, r.zone)).toBe(4);
    expect(r.removed).toEqual([4]);
    expect(r.memMap.age[4]).toBe(2);
    expect(r.list(r.lists.activeList)).toEqual([2, 1]);
    expect(r.list(r.lists.inactiveDirtyList)).toEqual([3]);
    expect(reclaimPage(r.parts, r.zone)).toBe(0);
    expect(r.parts.pressure.value).toBe(2);
  });
});

describe('sheet 3 F2, sheet 7 section 5: ages', () => {
  test('up by threes to 64, down by halves', () => {
    const r = rig();
    r.memMap.age[1] = 2;
    const up = Array.from({ length: 22 }, () => {
      r.lists.ageUp(1);
      return r.memMap.age[1];
    });
    expect(up.slice(0, 3)).toEqual([5, 8, 11]);
    expect(up.slice(-2)).toEqual([64, 64]);
    const down = Array.from({ length: 7 }, () => {
      r.lists.ageDownOnly(1);
      return r.memMap.age[1];
    });
    expect(down).toEqual([32, 16, 8, 4, 2, 1, 0]);
  });

  test('a use of an old page makes it active, with age 5', () => {
    const r = rig();
    fill(r, 'toInactiveDirty', [[1, 0]]);
    r.lists.ageUp(1);
    expect(r.memMap.age[1]).toBe(5);
    expect(r.list(r.lists.activeList)).toEqual([1]);
  });
});

describe('sheet 7 vector 6: the choice of swap_out', () => {
  test('the largest quota first; a small address space is walked whole', () => {
    const r = rig();
    const made = [300, 6400, 3].map(
      (rss) =>
        ({
          rss,
          swapCnt: 0,
          swapAddress: 0,
          mmUsers: 1,
          index: [],
          mmapCache: null,
          pgd: 0,
        }) as unknown as MmStruct,
    );
    let last = r.initMm;
    for (const mm of made) {
      last.mmlistNext = mm;
      last = mm;
    }
    last.mmlistNext = r.initMm;
    // No areas: whoever is chosen is walked to its end, and has no quota left.
    expect(swapOut(r.parts)).toBe(false);
    expect(made.map((mm) => mm.swapCnt)).toEqual([9, 0, 8]);
    swapOut(r.parts);
    expect(made.map((mm) => mm.swapCnt)).toEqual([0, 0, 8]);
  });
});

describe('sheet 7 vector 7, sheet 3 F3: shortages', () => {
  const machine = (dma: Partial<Zone>, normal: Partial<Zone>, pressure: number, normalMin = 95) => {
    const zone = (number: number, min: number, more: Partial<Zone>) =>
      ({
        number,
        size: 4096,
        pagesMin: min,
        pagesLow: 2 * min,
        pagesHigh: 3 * min,
        freePages: 0,
        inactiveCleanPages: 0,
        ...more,
      }) as Zone;
    const measure = new MemoryPressure([zone(0, 128, dma), zone(1, normalMin, normal)], 16352);
    measure.value = pressure;
    return measure;
  };
  test('the recorded machine, high mark 669', () => {
    const busy = machine(
      { freePages: 300, inactiveCleanPages: 20 },
      { freePages: 200, inactiveCleanPages: 10 },
      6400,
    );
    expect(busy.high).toBe(669);
    expect(busy.inactiveShortage(50)).toBe(189);
    expect(busy.freeShortage()).toBe(172);
    expect(machine({ freePages: 300 }, { freePages: 400 }, 0).freeShortage()).toBe(0);
    expect(machine({ freePages: 100 }, { freePages: 700 }, 0).freeShortage()).toBe(29);
  });
  test('S1 to S4', () => {
    const s1 = machine(
      { freePages: 200, inactiveCleanPages: 20 },
      { freePages: 300, inactiveCleanPages: 80 },
      6400,
      96,
    );
    expect([s1.inactiveShortage(50), s1.freeShortage()]).toEqual([122, 105]);
    const s3 = machine({ freePages: 300 }, { freePages: 400 }, 0, 96);
    expect([s3.inactiveShortage(0), s3.freeShortage()]).toEqual([0, 0]);
    const s4 = machine({ freePages: 300 }, { freePages: 400 }, 64000, 96);
    expect([s4.inactiveShortage(2600), s4.freeShortage()]).toEqual([0, 305]);
  });
  test('it fades by a sixty-fourth a second, down to 63', () => {
    const measure = machine({}, {}, 6400);
    const values = Array.from({ length: 4 }, () => {
      measure.fade();
      return measure.value;
    });
    expect(values).toEqual([6300, 6202, 6106, 6011]);
    measure.value = 63;
    measure.fade();
    expect(measure.value).toBe(63);
  });
});
