/** Rows about the allocators: pages against the same C, objects against the host's malloc. */
import { boot, type Kernel } from '@pagewalk/mm';
import { bareAllocator } from './bare-allocator.ts';
import { cpuNs } from './cpu-time.ts';
import { type Row, speed, time } from './row.ts';

function buddy(): number {
  const allocator = bareAllocator(262144);
  const live = 65536;
  const pages = new Int32Array(live);
  const orders = new Uint8Array(live);
  let state = 1;
  const run = (operations: number) => {
    for (let i = 0; i < operations; i++) {
      state = (state + 0x9e3779b9) | 0;
      let r = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
      r = Math.imul(r ^ (r >>> 13), 0xc2b2ae35);
      r = (r ^ (r >>> 16)) >>> 0;
      const slot = r & (live - 1);
      const page = pages[slot] as number;
      if (page !== 0) {
        allocator.freePages(page, orders[slot] as number);
        pages[slot] = 0;
      } else {
        const order = r >>> 24 < 230 ? 0 : (r >>> 20) & 3;
        orders[slot] = order;
        pages[slot] = allocator.allocPages(0x20, order);
      }
    }
  };
  run(1_000_000);
  const start = cpuNs();
  run(4_000_000);
  return (cpuNs() - start) / 4_000_000;
}

/** Bytes of an object. */
const OBJECT = 128;
/** Objects of a FIFO batch; objects alive in the random pattern. */
const BATCH = 1000;
const LIVE = 131072;
const GFP_KERNEL = 0x1f0;

/** One allocator under test; each pattern gets its own, whose calls V8 then builds in. */
interface Allocator {
  alloc(): number;
  free(object: number): void;
}

/** An SMP machine: its caches have per-CPU arrays. */
function slabMachine(): Kernel {
  return boot({ memory: 2 ** 28, cpus: 2 });
}

function cacheAllocator(): Allocator {
  const { slab } = slabMachine();
  const cache = slab.kmemCacheCreate('bench', OBJECT, 0, 0, null, null);
  if (cache === null) throw new Error('bench: no cache');
  return {
    alloc: () => slab.kmemCacheAlloc(cache, GFP_KERNEL),
    free: (object) => slab.kmemCacheFree(cache, object),
  };
}

function kmallocAllocator(): Allocator {
  const { slab } = slabMachine();
  return { alloc: () => slab.kmalloc(OBJECT, GFP_KERNEL), free: (object) => slab.kfree(object) };
}

/** Allocates and frees at once. */
function lifo({ alloc, free }: Allocator, pairs: number): void {
  for (let i = 0; i < pairs; i++) free(alloc());
}

const held = new Int32Array(LIVE);

/** Allocates a batch, then frees it in the same order. */
function fifo({ alloc, free }: Allocator, pairs: number): void {
  for (let done = 0; done < pairs; done += BATCH) {
    for (let i = 0; i < BATCH; i++) held[i] = alloc();
    for (let i = 0; i < BATCH; i++) free((held[i] as number) >>> 0);
  }
}

/** Replaces one of many live objects, chosen at random. */
function random({ alloc, free }: Allocator, pairs: number): void {
  let state = 1;
  for (let i = 0; i < pairs; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const slot = state >>> 15;
    free((held[slot] as number) >>> 0);
    held[slot] = alloc();
  }
}

/** ns of one allocation and one release. */
function pair(allocator: Allocator, pattern: (allocator: Allocator, pairs: number) => void): number {
  const pairs = 4_000_000;
  const calls = 100;
  if (pattern === random) for (let i = 0; i < LIVE; i++) held[i] = allocator.alloc();
  const run = () => {
    for (let i = 0; i < calls; i++) pattern(allocator, pairs / calls);
  };
  run();
  const start = cpuNs();
  run();
  return (cpuNs() - start) / pairs;
}

const PATTERNS = [
  ['lifo', 'at once', lifo],
  ['fifo', `batches of ${BATCH}, first in, first out`, fifo],
  ['random', `one of ${LIVE} at random`, random],
] as const;
const FACES = [
  ['slab', 'kmem_cache_alloc and _free', cacheAllocator],
  ['kmalloc', 'kmalloc and kfree', kmallocAllocator],
] as const;

function objectRows(): Row[] {
  const rows: Row[] = [];
  for (const [face, calls, make] of FACES) {
    for (const [name, order, pattern] of PATTERNS) {
      for (const peer of ['glibc', 'mimalloc']) {
        // The project promises nothing for batches against mimalloc.
        if (peer === 'mimalloc' && name === 'fifo') continue;
        rows.push({
          name: `${face}-${name}${peer === 'glibc' ? '' : '-mi'}`,
          what: `${calls}, ${order} (${peer})`,
          peer: [peer, name],
          goal: speed(1),
          run: () => pair(make(), pattern),
        });
      }
    }
  }
  return rows;
}

export const allocatorRows: readonly Row[] = [
  {
    name: 'buddy',
    what: 'page allocator, one call, random blocks',
    peer: ['buddy', 'buddy'],
    goal: time(1.3),
    run: buddy,
  },
  ...objectRows(),
];
