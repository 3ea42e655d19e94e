/**
 * Per-CPU arrays of an SMP kernel: each CPU keeps a stack of free objects of each cache, so that most allocations touch no
 * slab. To the slab an object in an array is in use.
 */
import { Errno } from '../errno.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import { CPUCACHE } from './descriptor-layout.ts';
import type { KmemCache } from './kmem-cache.ts';
import type { SlabAllocator } from './slab-allocator.ts';

const DIRECT_MAP = 0xc0000000 | 0;
const PHYSICAL = 0x3fffffff;

/** Objects that an array of a cache may hold at first; 0: no arrays. @linux 2.4.22 mm/slab.c enable_cpucache() */
export function defaultLimit(objsize: number): number {
  if (objsize > 4096) return 0;
  if (objsize > 1024) return 60;
  return objsize > 256 ? 124 : 252;
}

/** Gives a cache its arrays. Without memory for them it goes on without. @linux 2.4.22 mm/slab.c enable_cpucache() */
export function enableCpuCache(slab: SlabAllocator, cache: KmemCache): void {
  const limit = defaultLimit(cache.objsize);
  if (limit > 0) tuneCpuCache(slab, cache, limit, limit >> 1);
}

/** See {@link SlabAllocator.kmemTuneCpucache}. @linux 2.4.22 mm/slab.c kmem_tune_cpucache() */
export function tuneCpuCache(
  slab: SlabAllocator,
  cache: KmemCache,
  limit: number,
  batchcount: number,
): number {
  if (!slab.build.smp || limit < 0 || batchcount < 0 || batchcount > limit) return -Errno.EINVAL;
  if (limit !== 0 && batchcount === 0) return -Errno.EINVAL;
  const arrays = new Int32Array(slab.cpus);
  if (limit > 0) {
    for (let cpu = 0; cpu < slab.cpus; cpu++) {
      const array = slab.kmalloc(CPUCACHE.entries + 4 * limit, GFP_KERNEL);
      if (array === 0) {
        for (let done = 0; done < cpu; done++) slab.kfree(((arrays[done] as number) | DIRECT_MAP) >>> 0);
        return -Errno.ENOMEM;
      }
      arrays[cpu] = array & PHYSICAL;
      slab.store(array & PHYSICAL, 0);
      slab.store((array & PHYSICAL) + CPUCACHE.limit, limit);
    }
  }
  setBatchcount(slab, cache, batchcount);
  for (let cpu = 0; cpu < slab.cpus; cpu++) {
    const old = swapArray(slab, cache, cpu, arrays[cpu] as number);
    arrays[cpu] = old;
  }
  for (const old of arrays) {
    if (old === 0) continue;
    freeBlock(slab, cache, old, 0, slab.load(old));
    slab.kfree((old | DIRECT_MAP) >>> 0);
  }
  return 0;
}

/**
 * Gives `count` objects of an array back to their slabs, from entry `from` on, ascending.
 *
 * @param array physical address of the cpucache_t
 * @linux 2.4.22 mm/slab.c free_block()
 */
export function freeBlock(
  slab: SlabAllocator,
  cache: KmemCache,
  array: number,
  from: number,
  count: number,
): void {
  for (let i = from; i < from + count; i++) {
    slab.freeOne(cache, slab.load(array + CPUCACHE.entries + i * 4) & PHYSICAL);
  }
}

/** Empties all CPUs' arrays into the slabs. @linux 2.4.22 mm/slab.c drain_cpu_caches() */
export function drainCpuCaches(slab: SlabAllocator, cache: KmemCache): void {
  for (let cpu = 0; cpu < slab.cpus; cpu++) drainArray(slab, cache, cpu);
}

/** Empties one CPU's array into the slabs. */
export function drainArray(slab: SlabAllocator, cache: KmemCache, cpu: number): void {
  const array = cache.cpuArrays[cpu] as number;
  if (array === 0) return;
  const avail = slab.load(array);
  if (avail === 0) return;
  slab.store(array, 0);
  freeBlock(slab, cache, array, 0, avail);
}

/** Frees the arrays, which must be empty, of a cache that goes away. */
export function freeCpuArrays(slab: SlabAllocator, cache: KmemCache): void {
  for (let cpu = 0; cpu < slab.cpus; cpu++) {
    const array = swapArray(slab, cache, cpu, 0);
    if (array !== 0) slab.kfree((array | DIRECT_MAP) >>> 0);
  }
}

/** Limit of a cache's arrays, 0 without. */
export function cpuArrayLimit(slab: SlabAllocator, cache: KmemCache): number {
  const array = cache.cpuArrays[0] as number;
  return array === 0 ? 0 : slab.load(array + CPUCACHE.limit);
}

function swapArray(slab: SlabAllocator, cache: KmemCache, cpu: number, array: number): number {
  const old = cache.cpuArrays[cpu] as number;
  cache.cpuArrays[cpu] = array;
  slab.store(cache.at + slab.layout.cpudata + cpu * 4, array === 0 ? 0 : array | DIRECT_MAP);
  return old;
}

function setBatchcount(slab: SlabAllocator, cache: KmemCache, batchcount: number): void {
  cache.batchcount = batchcount;
  slab.store(cache.at + slab.layout.batchcount, batchcount);
}
