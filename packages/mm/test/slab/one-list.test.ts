import { describe, expect, it } from 'vitest';
import { KernelBug } from '../../src/kernel-bug.ts';
import { descriptorLayout } from '../../src/slab/descriptor-layout.ts';
import type { KmemCache } from '../../src/slab/kmem-cache.ts';
import { ONE_LIST } from '../../src/slab/one-list.ts';
import type { SlabAllocator } from '../../src/slab/slab-allocator.ts';
import { SLAB } from '../../src/slab/slab-flags.ts';
import { create, GFP_KERNEL, SlabNames, slabMachine } from './slab-machine.ts';

const H = SLAB.HWCACHE_ALIGN;
const machine = () => slabMachine({ variant: ONE_LIST, upSpinlockBytes: 4 });
const take = (slab: SlabAllocator, cache: KmemCache, n: number) =>
  Array.from({ length: n }, () => slab.kmemCacheAlloc(cache, GFP_KERNEL));

/** Makes `slabs` free slabs of a cache, and forgets that it grew. */
function freeSlabs(slab: SlabAllocator, cache: KmemCache, slabs: number): void {
  for (const obj of take(slab, cache, slabs * cache.num)) slab.kmemCacheFree(cache, obj);
  slab.setDflags(cache, 0);
}

describe('sheet 7, section 2: the cache descriptor', () => {
  it('has 100 bytes with gcc 2.95', () => {
    expect(descriptorLayout({ smp: false, debug: false, upSpinlockBytes: 4 }, 12).bytes).toBe(100);
  });
});

describe('sheet 7, section 3: one list and the first slab that is not full', () => {
  /** Three slabs of three objects: all full, S1 S2 S3. */
  function threeSlabs() {
    const { slab } = machine();
    const cache = create(slab, 'signal_act', 1288, H);
    const names = new SlabNames(slab, cache);
    const objects = take(slab, cache, 9);
    for (const obj of objects) names.object(obj);
    const free = (...numbers: number[]) => {
      for (const number of numbers) slab.kmemCacheFree(cache, objects[number] as number);
      slab.check();
      return names.lists();
    };
    const next = () => names.object(slab.kmemCacheAlloc(cache, GFP_KERNEL));
    return { slab, cache, names, free, next };
  }

  it('a full slab that gets an object back goes before the others that are not full', () => {
    const { names, free, next } = threeSlabs();
    expect(names.lists()).toBe('full[S1(3),S2(3),S3(3)]');
    expect(free(8)).toBe('full[S1(3),S2(3)] partial[S3(2)]');
    expect(free(0)).toBe('full[S2(3)] partial[S1(2),S3(2)]');
    expect(next()).toBe('S1#0');
    // S1 is full and stays where it is: S3 comes next.
    expect(names.lists()).toBe('full[S2(3),S1(3)] partial[S3(2)]');
    expect(next()).toBe('S3#2');
  });

  it('a slab without objects in use goes to the end', () => {
    const { names, free, next } = threeSlabs();
    free(0, 3, 6);
    expect(names.lists()).toBe('partial[S3(2),S2(2),S1(2)]');
    expect(free(7, 8)).toBe('partial[S2(2),S1(2)] free[S3(0)]');
    expect(free(1, 2)).toBe('partial[S2(2)] free[S3(0),S1(0)]');
    expect([next(), next(), next()]).toEqual(['S2#0', 'S3#2', 'S3#1']);
    expect(names.lists()).toBe('full[S2(3)] partial[S3(2)] free[S1(0)]');
  });

  it('a new slab goes to the end and is used when it is the first that is not full', () => {
    const { slab, cache, names } = threeSlabs();
    expect(names.object(slab.kmemCacheAlloc(cache, GFP_KERNEL))).toBe('S4#0');
    expect(names.lists()).toBe('full[S1(3),S2(3),S3(3)] partial[S4(1)]');
  });

  it('slabs of one object: free at once, and used again first', () => {
    const { slab } = machine();
    const cache = create(slab, 'names_cache', 4096, H);
    const names = new SlabNames(slab, cache);
    const objects = take(slab, cache, 3);
    for (const obj of objects) names.object(obj);
    slab.kmemCacheFree(cache, objects[0] as number);
    slab.kmemCacheFree(cache, objects[2] as number);
    expect(names.lists()).toBe('full[S2(1)] free[S3(0),S1(0)]');
    expect(names.object(slab.kmemCacheAlloc(cache, GFP_KERNEL))).toBe('S3#0');
    slab.check();
  });

  it('shrink gives the free slabs back and tells whether others are left', () => {
    const { slab, cache, names, free } = threeSlabs();
    free(0, 1, 2, 3);
    expect(slab.kmemCacheShrink(cache)).toBe(1);
    expect(names.lists()).toBe('full[S3(3)] partial[S2(2)]');
    free(4, 5, 6, 7, 8);
    expect(slab.kmemCacheShrink(cache)).toBe(0);
    expect(names.lists()).toBe('');
    expect(slab.kmemCacheDestroy(cache)).toBe(0);
  });

  it('a cache with objects in use is not destroyed', () => {
    const { slab, cache } = threeSlabs();
    expect(slab.kmemCacheDestroy(cache)).toBe(1);
    slab.check();
  });

  it('kmalloc of more than the largest size is a bug', () => {
    expect(() => machine().slab.kmalloc(131073, GFP_KERNEL)).toThrow(KernelBug);
  });
});

describe('sheet 7, section 19, vector 15: reap', () => {
  /** The ring is cache_cache, first, second, size-131072(DMA), … */
  function reapMachine(first: readonly [size: number, slabs: number, ctor: boolean], secondSlabs: number) {
    const { slab, allocator } = machine();
    const second = create(slab, 'second', 1000, H);
    const cache = create(slab, 'first', first[0], H, 0, first[2]);
    freeSlabs(slab, cache, first[1]);
    freeSlabs(slab, second, secondSlabs);
    for (const each of slab.chain) slab.setDflags(each, 0);
    return { slab, allocator, cache, second };
  }
  const left = (slab: SlabAllocator, cache: KmemCache) => slab.lists.byUse(cache).free.length;

  it('twelve free slabs of a page end the search, nine go', () => {
    const { slab, cache, second, allocator } = reapMachine([1000, 12, false], 20);
    const free = allocator.nrFreePages();
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(9);
    expect([left(slab, cache), left(slab, second)]).toEqual([3, 20]);
    expect(slab.clockSearchp).toBe(second);
    expect(allocator.nrFreePages()).toBeGreaterThanOrEqual(free + 9);
    slab.check();
  });

  it('ten with a constructor count as eight, and end it as well', () => {
    const { slab, cache, second } = reapMachine([480, 10, true], 9);
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(8);
    expect([left(slab, cache), left(slab, second)]).toEqual([2, 9]);
  });

  it('nine with a constructor count as seven: eight without are better', () => {
    const { slab, cache, second } = reapMachine([480, 9, true], 8);
    // 8 * 4 + 1 = 33, a fifth of it: 6.
    expect(slab.kmemCacheReap(GFP_KERNEL)).toBe(6);
    expect([left(slab, cache), left(slab, second)]).toEqual([9, 2]);
  });
});
