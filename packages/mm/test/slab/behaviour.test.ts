import { describe, expect, it } from 'vitest';
import { SLAB_T } from '../../src/slab/descriptor-layout.ts';
import type { KmemCache } from '../../src/slab/kmem-cache.ts';
import { reapScore } from '../../src/slab/reap.ts';
import type { SlabAllocator } from '../../src/slab/slab-allocator.ts';
import { DFLGS_GROWN, SLAB, SLAB_NO_GROW } from '../../src/slab/slab-flags.ts';
import { create, GFP_KERNEL, SlabNames, slabMachine } from './slab-machine.ts';

const H = SLAB.HWCACHE_ALIGN;
const GFP_ATOMIC = 0x20;

/** Allocates `n` objects of a cache that has enough memory. */
function take(slab: SlabAllocator, cache: KmemCache, n: number): number[] {
  return Array.from({ length: n }, () => slab.kmemCacheAlloc(cache, GFP_KERNEL));
}

/** Makes `slabs` free slabs, and forgets that the cache grew. */
function freeSlabs(slab: SlabAllocator, cache: KmemCache, slabs: number): void {
  for (const obj of take(slab, cache, slabs * cache.num)) slab.kmemCacheFree(cache, obj);
  slab.setDflags(cache, 0);
}

describe('sheet 2, A15 behaviour vectors', () => {
  it('A-T1: signal_act, three a slab', () => {
    const { slab } = slabMachine();
    const cache = create(slab, 'signal_act', 1284, H);
    const names = new SlabNames(slab, cache);
    const [a, b, c, d] = take(slab, cache, 4) as [number, number, number, number];
    expect([a, b, c, d].map((obj) => names.object(obj))).toEqual(['S1#0', 'S1#1', 'S1#2', 'S2#0']);
    expect(names.lists()).toBe('full[S1(3)] partial[S2(1)]');
    const word = (offset: number) => slab.load(names.at(1) + offset);
    const free = (obj: number) => {
      slab.kmemCacheFree(cache, obj);
      return names.lists();
    };
    expect(free(b)).toBe('partial[S1(2),S2(1)]');
    expect([word(SLAB_T.free), word(SLAB_T.bufctl + 4)]).toEqual([1, -1]);
    expect(names.object(slab.kmemCacheAlloc(cache, GFP_KERNEL))).toBe('S1#1');
    expect(names.lists()).toBe('full[S1(3)] partial[S2(1)]');
    expect([a, b, c].map(free)).toEqual([
      'partial[S1(2),S2(1)]',
      'partial[S1(1),S2(1)]',
      'partial[S2(1)] free[S1(0)]',
    ]);
    expect([0, 4, 8].map((i) => word(SLAB_T.bufctl + i))).toEqual([-1, 0, 1]);
    expect(word(SLAB_T.free)).toBe(2);
    expect(take(slab, cache, 3).map((obj) => names.object(obj))).toEqual(['S2#1', 'S2#2', 'S1#2']);
    expect(names.lists()).toBe('full[S2(3)] partial[S1(1)]');
    slab.check();
  });

  it.each([
    ['vm_area_struct', 68, H, 0, [192, 224, 192, 224, 192]],
    ['dentry_cache', 108, H, 0, [160, 192, 224, 160, 192]],
    ['sigqueue', 132, 0, 4, [...Array.from({ length: 27 }, (_, i) => 160 + 4 * i), 160, 164]],
  ] as const)('A-T2: colours of %s', (name, size, flags, offset, expected) => {
    const { slab } = slabMachine();
    const cache = create(slab, name, size, flags, offset);
    const offsets: number[] = [];
    for (let k = 0; k < expected.length; k++) {
      const first = take(slab, cache, cache.num)[0] as number;
      offsets.push(first & 4095);
      const at = (slab.allocator.memMap.prev[(first - 0xc0000000) >>> 12] as number) & 0x3fffffff;
      expect(slab.load(at + SLAB_T.colouroff)).toBe(first & 4095);
      expect(at & 4095).toBe((first & 4095) - cache.slabSize);
    }
    expect(offsets).toEqual(expected);
  });

  it('A-T2: object 1 of the second vm_area_struct slab, and its slab_t', () => {
    const { slab } = slabMachine();
    const cache = create(slab, 'vm_area_struct', 68, H);
    const obj = take(slab, cache, 42)[41] as number;
    expect(obj & 4095).toBe(320);
    const { next, prev, flags } = slab.allocator.memMap;
    const pfn = (obj - 0xc0000000) >>> 12;
    expect((prev[pfn] as number) >>> 0).toBe(0xc0000000 + pfn * 4096 + 32);
    expect((next[pfn] as number) >>> 0).toBe(cache.address);
    expect((flags[pfn] as number) & 0x100).toBe(0x100);
  });

  it('A-T3: SMP, dentry_cache', () => {
    const { slab } = slabMachine({ cpus: 2 });
    slab.kmemCpucacheInit();
    const cache = create(slab, 'dentry_cache', 108, H);
    const names = new SlabNames(slab, cache);
    const avail = () => slab.load(cache.cpuArrays[0] as number);
    const objects = take(slab, cache, 1);
    expect(names.object(objects[0] as number)).toBe('S1#29');
    expect(avail()).toBe(29);
    expect(names.lists()).toBe('full[S1(30)]');
    const next = take(slab, cache, 30);
    const order = Array.from({ length: 29 }, (_, i) => `S1#${28 - i}`);
    expect(next.map((obj) => names.object(obj))).toEqual([...order, 'S2#29']);
    objects.push(...next);
    for (let i = 31; i < 300; i++) {
      objects.push(slab.kmemCacheAlloc(cache, GFP_KERNEL));
      names.lists();
    }
    const full = Array.from({ length: 10 }, (_, i) => `S${10 - i}(30)`).join(',');
    expect(names.lists()).toBe(`full[${full}]`);
    expect(avail()).toBe(0);
    for (const obj of objects.slice(0, 252)) slab.kmemCacheFree(cache, obj);
    expect([avail(), names.lists()]).toEqual([252, `full[${full}]`]);
    slab.kmemCacheFree(cache, objects[252] as number);
    expect(avail()).toBe(127);
    expect(names.lists()).toBe(
      'full[S10(30),S4(30),S3(30),S2(30),S1(30)] partial[S9(18),S5(6)] free[S8(0),S7(0),S6(0)]',
    );
    slab.check();
  });

  it.each([
    [5, 0, false, 5],
    [5, 0, true, 4],
    [5, 1, false, 8],
    [5, 1, true, 6],
    [10, 0, false, 10],
    [12, 0, true, 9],
    [13, 0, true, 10],
  ])('A-T4: %i free slabs of order %i, constructor %s: %i', (slabs, order, ctor, score) => {
    expect(reapScore(slabs, order, ctor)).toBe(score);
  });

  /** C1 is the newest, so that the ring is cache_cache, C1, C2, C3, size-131072(DMA), … */
  function reapMachine(second: number) {
    const machine = slabMachine();
    const c3 = create(machine.slab, 'C3', 1500, H);
    const c2 = create(machine.slab, 'C2', 4096, H);
    const c1 = create(machine.slab, 'C1', 1000, 0, 0, true);
    for (const cache of machine.slab.chain) machine.slab.setDflags(cache, 0);
    freeSlabs(machine.slab, c1, 6);
    freeSlabs(machine.slab, c2, second);
    freeSlabs(machine.slab, c3, 3);
    for (const cache of machine.slab.chain) machine.slab.setDflags(cache, 0);
    return { ...machine, c1, c2, c3 };
  }

  it('A-T5: the first of the best caches gives half of its free slabs', () => {
    const { slab, c1, c2, c3, allocator } = reapMachine(4);
    const free = allocator.nrFreePages();
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(3);
    expect(allocator.nrFreePages()).toBe(free + 3);
    expect([c1, c2, c3].map((cache) => new SlabNames(slab, cache).lists().split(',').length)).toEqual([
      3, 4, 3,
    ]);
    slab.check();
  });

  it('A-T5: ten pages are perfect', () => {
    const { slab, c3 } = reapMachine(10);
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(5);
    expect(slab.clockSearchp).toBe(c3);
    slab.check();
  });

  it('A-T5: a cache that grew since the last scan is skipped once', () => {
    const { slab, c2 } = reapMachine(10);
    slab.setDflags(c2, DFLGS_GROWN);
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(3);
    expect(c2.dflags).toBe(0);
    // The scan of ten went on past the three; the ring has thirty: it comes round again.
    const freed: number[] = [];
    for (let i = 0; i < 4 && !freed.includes(5); i++) freed.push(slab.kmemCacheReap(GFP_KERNEL));
    expect(freed.at(-1)).toBe(5);
  });

  it('A-T5: one free slab of order 0 goes', () => {
    const { slab } = slabMachine();
    const cache = create(slab, 'alone', 1000);
    for (const other of slab.chain) {
      slab.setDflags(other, 0);
      slab.kmemCacheShrink(other);
    }
    freeSlabs(slab, cache, 1);
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(1);
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(0);
    slab.check();
  });

  it('A-T6: shrinking three free slabs of two pages gives six pages', () => {
    const { slab, allocator } = slabMachine();
    const cache = create(slab, 'C3', 1500, H);
    freeSlabs(slab, cache, 3);
    const free = allocator.nrFreePages();
    expect(slab.kmemCacheShrink(cache)).toBe(6);
    expect(allocator.nrFreePages()).toBe(free + 6);
    expect(slab.kmemCacheShrink(cache)).toBe(0);
  });
});

describe('sheet 2, A5: boot', () => {
  it('26 size caches; the ring is kmem_cache, then the newest first', () => {
    const { slab } = slabMachine();
    const names = [...slab.chain].map(({ name }) => name);
    expect(names).toHaveLength(27);
    expect(names.slice(0, 3)).toEqual(['kmem_cache', 'size-131072(DMA)', 'size-131072']);
    expect(names.slice(-2)).toEqual(['size-32(DMA)', 'size-32']);
    slab.check();
  });

  it('slabs of four pages only above 32 MiB', () => {
    expect(create(slabMachine({ mib: 32 }).slab, 'c', 1400).gfporder).toBe(1);
    expect(create(slabMachine({ mib: 33 }).slab, 'c', 1400).gfporder).toBe(2);
  });

  it('kmem_cache itself', () => {
    const { cacheCache } = slabMachine().slab;
    expect([cacheCache.objsize, cacheCache.num, cacheCache.colour, cacheCache.flags]).toEqual([
      108,
      36,
      0,
      SLAB.NO_REAP,
    ]);
    const older = slabMachine({ upSpinlockBytes: 4 }).slab.cacheCache;
    expect([older.objsize, older.num, older.colour]).toEqual([112, 34, 4]);
    const smp = slabMachine({ cpus: 2 }).slab.cacheCache;
    expect([smp.objsize, smp.num, smp.colour]).toEqual([244, 16, 3]);
  });
});

describe('sheet 2, A7 to A9: allocation and free', () => {
  it('the constructor sees every object of a new slab once, ascending, and whether it may sleep', () => {
    const { slab } = slabMachine();
    const seen: [number, number][] = [];
    const cache = slab.kmemCacheCreate(
      'c',
      1000,
      0,
      0,
      (obj, _cache, flags) => seen.push([obj, flags]),
      null,
    );
    if (cache === null) throw new Error('no cache');
    const first = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    expect(seen).toEqual([0, 1, 2, 3].map((i) => [first + 1000 * i, 1]));
    take(slab, cache, 3);
    seen.length = 0;
    slab.kmemCacheAlloc(cache, GFP_ATOMIC);
    expect(seen.map(([, flags]) => flags)).toEqual([3, 3, 3, 3]);
  });

  it('the destructor sees every object with flags 0 when the slab goes', () => {
    const { slab } = slabMachine();
    const seen: [number, number][] = [];
    const destroy = (obj: number, _cache: KmemCache, flags: number) => seen.push([obj, flags]);
    const cache = slab.kmemCacheCreate('c', 1000, 0, 0, () => {}, destroy);
    if (cache === null) throw new Error('no cache');
    const first = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    slab.kmemCacheFree(cache, first);
    expect(seen).toEqual([]);
    expect(slab.kmemCacheDestroy(cache)).toBe(0);
    expect(seen).toEqual([0, 1, 2, 3].map((i) => [first + 1000 * i, 0]));
  });

  it('SLAB_NO_GROW does not grow, highmem and the wrong zone stop the kernel', () => {
    const { slab } = slabMachine();
    const cache = create(slab, 'c', 1000);
    expect(slab.kmemCacheAlloc(cache, GFP_KERNEL | SLAB_NO_GROW)).toBe(0);
    expect(() => slab.kmemCacheAlloc(cache, GFP_KERNEL | 2)).toThrow();
    expect(() => slab.kmemCacheAlloc(cache, GFP_KERNEL | 1)).toThrow();
    const dma = create(slab, 'd', 1000, SLAB.CACHE_DMA);
    expect(() => slab.kmemCacheAlloc(dma, GFP_KERNEL)).toThrow();
    const obj = slab.kmemCacheAlloc(dma, GFP_KERNEL | 1);
    expect(obj - 0xc0000000).toBeLessThan(16 * 2 ** 20);
    slab.kmemCacheFree(dma, obj);
    slab.check();
  });

  it('an interrupt handler may only allocate with GFP_ATOMIC', () => {
    const { slab, allocator } = slabMachine();
    const cache = create(slab, 'c', 1000);
    allocator.inInterrupt = true;
    expect(() => slab.kmemCacheAlloc(cache, GFP_KERNEL)).toThrow();
    expect(slab.kmemCacheAlloc(cache, GFP_ATOMIC)).not.toBe(0);
    expect(() => slab.kmemCacheShrink(cache)).toThrow();
  });

  it('kfree(0) does nothing; a foreign pointer stops the machine', () => {
    const { slab } = slabMachine();
    slab.kfree(0);
    const obj = slab.kmalloc(32, GFP_KERNEL);
    expect(() => slab.kfree(0xc0300000)).toThrow(/bad ptr/);
    expect(() => slab.kfree(0x1000)).toThrow(/bad ptr/);
    expect(() => slab.kmemCacheFree(create(slab, 'c', 32), obj)).toThrow(/bad ptr/);
    slab.kfree(obj);
    slab.check();
  });

  it.each([
    ['the slab', 1],
    ['the slab descriptor', 2],
  ])('no page for %s: 0, and nothing is lost', (_what, n) => {
    const { slab, allocator } = slabMachine();
    const cache = create(slab, 'big', 4096, H);
    const free = allocator.nrFreePages();
    allocator.failAlloc(n);
    expect(slab.kmemCacheAlloc(cache, GFP_KERNEL)).toBe(0);
    expect(allocator.nrFreePages()).toBe(free);
    expect(cache.growing).toBe(0);
    slab.check();
    expect(slab.kmemCacheAlloc(cache, GFP_KERNEL)).not.toBe(0);
    slab.check();
  });
});

describe('sheet 2, A12: destroy', () => {
  it('a cache with objects stays', () => {
    const { slab, log } = slabMachine();
    const cache = create(slab, 'c', 1000);
    const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    expect(slab.kmemCacheDestroy(cache)).toBe(1);
    expect(log).toEqual([`kmem_cache_destroy: Can't free all objects ${cache.address.toString(16)}`]);
    expect([...slab.chain][1]).toBe(cache);
    slab.check();
    slab.kmemCacheFree(cache, obj);
    expect(slab.kmemCacheDestroy(cache)).toBe(0);
    expect(slab.find('c')).toBeNull();
    slab.check();
  });

  it('SMP: the arrays go too', () => {
    const { slab } = slabMachine({ cpus: 2 });
    slab.kmemCpucacheInit();
    const usage = () => [...slab.chain].map((cache) => new SlabNames(slab, cache).lists().length);
    const before = usage();
    const cache = create(slab, 'c', 100);
    const objects = take(slab, cache, 50);
    slab.cpu = 1;
    for (const obj of objects) slab.kmemCacheFree(cache, obj);
    slab.check();
    slab.cpu = 0;
    expect(slab.kmemCacheDestroy(cache)).toBe(0);
    expect(usage()).toHaveLength(before.length);
    slab.check();
  });
});

describe('sheet 2, A10: tuning per-CPU arrays', () => {
  it.each([
    [-1, 0, -22],
    [10, -1, -22],
    [10, 11, -22],
    [10, 0, -22],
    [10, 5, 0],
    [0, 0, 0],
  ])('limit %i, batchcount %i: %i', (limit, batch, result) => {
    const { slab } = slabMachine({ cpus: 2 });
    slab.kmemCpucacheInit();
    const cache = create(slab, 'c', 100);
    const objects = take(slab, cache, 60);
    for (const obj of objects) slab.kmemCacheFree(cache, obj);
    expect(slab.kmemTuneCpucache(cache, limit, batch)).toBe(result);
    if (result === 0 && limit === 0) expect(cache.cpuArrays[0]).toBe(0);
    slab.check();
    take(slab, cache, 20);
    slab.check();
  });

  it('no memory for the arrays: -ENOMEM, and the old ones stay', () => {
    const { slab, allocator } = slabMachine({ cpus: 2 });
    slab.kmemCpucacheInit();
    const cache = create(slab, 'c', 100);
    const old = [...cache.cpuArrays];
    allocator.failAlloc(1);
    expect(slab.kmemTuneCpucache(cache, 2000, 5)).toBe(-12);
    expect([...cache.cpuArrays]).toEqual(old);
    slab.check();
  });

  it.each([
    [8192, 0],
    [4096, 60],
    [1028, 60],
    [1024, 124],
    [260, 124],
    [256, 252],
    [4, 252],
  ])('objects of %i bytes: arrays of %i', (size, limit) => {
    const { slab } = slabMachine({ cpus: 2 });
    slab.kmemCpucacheInit();
    const cache = create(slab, 'c', size);
    expect(cache.cpuArrays[1] === 0 ? 0 : slab.load((cache.cpuArrays[1] as number) + 4)).toBe(limit);
    expect(cache.batchcount).toBe(limit / 2);
  });
});
