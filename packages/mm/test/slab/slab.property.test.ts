import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KmemCache } from '../../src/slab/kmem-cache.ts';
import { ONE_LIST } from '../../src/slab/one-list.ts';
import { MAX_OBJECT_BYTES, SLAB } from '../../src/slab/slab-flags.ts';
import { GFP_KERNEL, type SlabMachineOptions, slabMachine } from './slab-machine.ts';

type Step =
  | { readonly kind: 'create'; readonly size: number; readonly flags: number; readonly ctor: boolean }
  | { readonly kind: 'alloc' | 'free'; readonly cache: number; readonly n: number }
  | { readonly kind: 'shrink' | 'destroy' | 'tune'; readonly cache: number }
  | { readonly kind: 'kmalloc' | 'kfree'; readonly size: number }
  | { readonly kind: 'reap' }
  | { readonly kind: 'fail'; readonly n: number }
  | { readonly kind: 'cpu'; readonly cpu: number };

const cache = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    size: fc.oneof(fc.integer({ min: 4, max: 600 }), fc.integer({ min: 4, max: 20000 })),
    flags: fc.constantFrom(0, SLAB.HWCACHE_ALIGN, SLAB.NO_REAP),
    ctor: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom('alloc' as const, 'free' as const),
    cache,
    n: fc.integer({ min: 1, max: 90 }),
  }),
  fc.record({ kind: fc.constantFrom('shrink' as const, 'destroy' as const, 'tune' as const), cache }),
  fc.record({
    kind: fc.constantFrom('kmalloc' as const, 'kfree' as const),
    size: fc.integer({ min: 0, max: 140000 }),
  }),
  fc.record({ kind: fc.constant('reap' as const) }),
  fc.record({ kind: fc.constant('fail' as const), n: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('cpu' as const), cpu: fc.nat(1) }),
);

interface Live {
  readonly obj: number;
  readonly bytes: number;
}

/** Runs steps; every object carries a mark in its first and last byte, which nobody else may change. */
function run(options: SlabMachineOptions, steps: readonly Step[]): void {
  const { slab, allocator, memory } = slabMachine({ mib: 16, ...options });
  slab.kmemCpucacheInit();
  const caches: { cache: KmemCache; live: Live[] }[] = [];
  const general: Live[] = [];
  let marks = 0;
  const at = (live: Live, last: boolean) => live.obj - 0xc0000000 + (last ? live.bytes - 1 : 0);
  const mark = (live: Live) => {
    for (const other of [...caches.flatMap((entry) => entry.live), ...general]) {
      expect(other.obj >= live.obj + live.bytes || live.obj >= other.obj + other.bytes).toBe(true);
    }
    memory.bytes[at(live, false)] = marks = (marks + 1) & 127;
    memory.bytes[at(live, true)] = memory.bytes[at(live, false)] as number;
    return live;
  };
  const unmark = (live: Live) => expect(memory.bytes[at(live, false)]).toBe(memory.bytes[at(live, true)]);
  let created = 0;
  for (const s of steps) {
    const entry = 'cache' in s ? caches[s.cache % Math.max(1, caches.length)] : undefined;
    if (s.kind === 'create' && caches.length < 8) {
      const ctor = s.ctor ? () => {} : null;
      const made = slab.kmemCacheCreate(`c${created++}`, s.size, 0, s.flags, ctor, null);
      if (made !== null) caches.push({ cache: made, live: [] });
    } else if (s.kind === 'alloc' && entry !== undefined) {
      for (let i = 0; i < s.n; i++) {
        const obj = slab.kmemCacheAlloc(entry.cache, GFP_KERNEL);
        if (obj === 0) break;
        entry.live.push(mark({ obj, bytes: entry.cache.usableBytes }));
      }
    } else if (s.kind === 'free' && entry !== undefined) {
      for (let i = 0; i < s.n && entry.live.length > 0; i++) {
        const live = entry.live.splice((i * 7) % entry.live.length, 1)[0] as Live;
        unmark(live);
        slab.kmemCacheFree(entry.cache, live.obj);
      }
    } else if (s.kind === 'shrink' && entry !== undefined) {
      slab.kmemCacheShrink(entry.cache);
    } else if (s.kind === 'tune' && entry !== undefined) {
      slab.kmemTuneCpucache(entry.cache, 16, 4);
    } else if (s.kind === 'destroy' && entry !== undefined) {
      const gone = slab.kmemCacheDestroy(entry.cache);
      expect(gone).toBe(entry.live.length === 0 ? 0 : 1);
      if (gone === 0) caches.splice(caches.indexOf(entry), 1);
    } else if (s.kind === 'kmalloc') {
      if (s.size > MAX_OBJECT_BYTES && slab.variant.hugeKmallocIsBug) continue;
      const obj = slab.kmalloc(s.size, GFP_KERNEL);
      if (obj !== 0) general.push(mark({ obj, bytes: Math.max(1, s.size) }));
    } else if (s.kind === 'kfree' && general.length > 0) {
      const live = general.splice(s.size % general.length, 1)[0] as Live;
      unmark(live);
      slab.kfree(live.obj);
    } else if (s.kind === 'reap') {
      const free = allocator.nrFreePages();
      const pages = slab.kmemCacheReap(GFP_KERNEL);
      expect(allocator.nrFreePages() - free).toBeGreaterThanOrEqual(pages);
    } else if (s.kind === 'fail') {
      allocator.failAlloc(s.n);
    } else if (s.kind === 'cpu' && options.cpus === 2) {
      slab.cpu = s.cpu;
    }
    slab.check();
  }
  allocator.failAlloc(0);
  for (const live of general) slab.kfree(live.obj);
  for (const entry of caches) {
    for (const { obj } of entry.live) slab.kmemCacheFree(entry.cache, obj);
    expect(slab.kmemCacheDestroy(entry.cache)).toBe(0);
  }
  slab.check();
}

describe('random creation, allocation, shrinking, reaping and destruction, with failures', () => {
  it.each([
    ['uniprocessor', { upSpinlockBytes: 4 }],
    ['SMP', { cpus: 2 }],
    ['debug', { debug: true }],
    ['SMP, debug', { cpus: 2, debug: true }],
    ['one list', { variant: ONE_LIST }],
    ['one list, SMP, debug', { variant: ONE_LIST, cpus: 2, debug: true }],
  ] as const)('%s: objects never overlap, every list stays right', (_name, options) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => run(options, steps)),
      { numRuns: 25 },
    );
  });

  it('all pages come back when caches go', () => {
    const { slab, allocator } = slabMachine();
    for (const general of slab.chain) slab.kmemCacheShrink(general);
    const free = allocator.nrFreePages();
    const made = slab.kmemCacheCreate('c', 3000, 0, 0, null, null);
    if (made === null) throw new Error('no cache');
    const objects = Array.from({ length: 200 }, () => slab.kmemCacheAlloc(made, GFP_KERNEL));
    for (const obj of objects) slab.kmemCacheFree(made, obj);
    expect(slab.kmemCacheDestroy(made)).toBe(0);
    for (const general of slab.chain) slab.kmemCacheShrink(general);
    expect(allocator.nrFreePages()).toBe(free);
  });
});
