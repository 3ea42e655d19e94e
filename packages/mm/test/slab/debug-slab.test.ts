import { describe, expect, it } from 'vitest';
import { SLAB } from '../../src/slab/slab-flags.ts';
import { create, GFP_KERNEL, slabMachine } from './slab-machine.ts';

const RED_INACTIVE = 0x5a2cf071;
const RED_ACTIVE = 0x170fc2a5;

function debugMachine() {
  const machine = slabMachine({ debug: true, upSpinlockBytes: 4 });
  const word = (obj: number, offset: number) => machine.slab.load(obj - 0xc0000000 + offset);
  const write = (obj: number, offset: number, value: number) => {
    machine.memory.bytes[obj - 0xc0000000 + offset] = value;
  };
  return { ...machine, word, write };
}

describe('sheet 2, A13: CONFIG_DEBUG_SLAB', () => {
  it('red zones are forced on small objects and take the alignment away', () => {
    const { slab } = debugMachine();
    const cache = create(slab, 'vm_area_struct', 68, SLAB.HWCACHE_ALIGN);
    expect([cache.objsize, cache.usableBytes]).toEqual([76, 68]);
    expect(cache.flags & (SLAB.RED_ZONE | SLAB.POISON | SLAB.HWCACHE_ALIGN)).toBe(
      SLAB.RED_ZONE | SLAB.POISON,
    );
    const aligned = create(slab, 'pae_pgd', 32, SLAB.HWCACHE_ALIGN | SLAB.MUST_HWCACHE_ALIGN);
    expect([aligned.objsize, aligned.flags & SLAB.RED_ZONE]).toEqual([32, 0]);
    expect(create(slab, 'large', 512).flags & (SLAB.RED_ZONE | SLAB.POISON)).toBe(SLAB.POISON);
    expect(create(slab, 'made', 512, 0, 0, true).flags & SLAB.POISON).toBe(0);
  });

  it('what cannot be had is told and dropped', () => {
    const { slab, log } = debugMachine();
    expect(create(slab, 'a', 512, SLAB.DEBUG_INITIAL).flags & SLAB.DEBUG_INITIAL).toBe(0);
    expect(create(slab, 'b', 512, SLAB.POISON, 0, true).flags & SLAB.POISON).toBe(0);
    expect(log).toEqual([
      'kmem_create: No con, but init state check requested - a',
      'kmem_create: Poisoning requested, but con given - b',
    ]);
  });

  it('guard words say whether the object is in use, the pattern that it is not', () => {
    const { slab, word } = debugMachine();
    const cache = create(slab, 'c', 16);
    const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    expect([word(obj, -4), word(obj, 16)]).toEqual([RED_ACTIVE, RED_ACTIVE]);
    slab.kmemCacheFree(cache, obj);
    expect([word(obj, -4), word(obj, 16)]).toEqual([RED_INACTIVE, RED_INACTIVE]);
    expect([0, 4, 8, 12].map((offset) => word(obj, offset) >>> 0)).toEqual([
      0x5a5a5a5a, 0x5a5a5a5a, 0x5a5a5a5a, 0xa55a5a5a,
    ]);
    slab.check();
  });

  it.each([
    ['a write past the end', 16],
    ['a write before the start', -1],
  ])('%s is found when the object is freed', (_what, offset) => {
    const { slab, write } = debugMachine();
    const cache = create(slab, 'c', 16);
    const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    write(obj, offset, 0);
    expect(() => slab.kmemCacheFree(cache, obj)).toThrow(/wrote past it/);
  });

  it('a second free is found', () => {
    const { slab } = debugMachine();
    for (const size of [16, 1000]) {
      const cache = create(slab, `c${size}`, size);
      const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
      slab.kmemCacheAlloc(cache, GFP_KERNEL);
      slab.kmemCacheFree(cache, obj);
      expect(() => slab.kmemCacheFree(cache, obj)).toThrow(/twice|free already/);
    }
  });

  it.each([
    ['the last byte is overwritten', 15, 0],
    ['an end byte stands earlier', 3, 0xa5],
  ])('a write after free is found by the next allocation: %s', (_what, offset, value) => {
    const { slab, write } = debugMachine();
    const cache = create(slab, 'c', 16);
    const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    slab.kmemCacheFree(cache, obj);
    write(obj, offset, value);
    expect(() => slab.kmemCacheAlloc(cache, GFP_KERNEL)).toThrow(/while it was free/);
  });

  it('another byte in the middle is not found: only the end byte is looked for', () => {
    const { slab, write } = debugMachine();
    const cache = create(slab, 'c', 16);
    const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    slab.kmemCacheFree(cache, obj);
    write(obj, 3, 0x11);
    expect(slab.kmemCacheAlloc(cache, GFP_KERNEL)).toBe(obj);
  });

  it('a write after free is found when the slab goes', () => {
    const { slab, write } = debugMachine();
    const cache = create(slab, 'c', 16);
    const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    slab.kmemCacheFree(cache, obj);
    write(obj, 15, 0);
    expect(() => slab.kmemCacheShrink(cache)).toThrow(/while it was free/);
  });

  it('a pointer into the middle of an object is refused', () => {
    const { slab } = debugMachine();
    const cache = create(slab, 'c', 1000);
    const obj = slab.kmemCacheAlloc(cache, GFP_KERNEL);
    expect(() => slab.kmemCacheFree(cache, obj + 4)).toThrow(/not the start/);
  });

  it('the constructor verifies what is freed, if asked to', () => {
    const { slab } = debugMachine();
    const flags: number[] = [];
    const cache = slab.kmemCacheCreate(
      'c',
      1000,
      0,
      SLAB.DEBUG_INITIAL,
      (_obj, _cache, how) => flags.push(how),
      null,
    );
    if (cache === null) throw new Error('no cache');
    slab.kmemCacheFree(cache, slab.kmemCacheAlloc(cache, GFP_KERNEL));
    expect(flags).toEqual([1, 1, 1, 1, 5]);
  });

  it('statistics', () => {
    const { slab } = debugMachine();
    const cache = create(slab, 'c', 1000);
    const objects = Array.from({ length: 9 }, () => slab.kmemCacheAlloc(cache, GFP_KERNEL));
    for (const obj of objects) slab.kmemCacheFree(cache, obj);
    slab.kmemCacheAlloc(cache, GFP_KERNEL);
    expect(cache.stats).toMatchObject({ numActive: 1, highMark: 9, numAllocations: 10, grown: 3 });
  });
});
