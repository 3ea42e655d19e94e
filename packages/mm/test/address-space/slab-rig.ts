/** The slab caches of a machine that has not booted. */
import type { PhysicalMemory } from '../../src/hardware/physical-memory.ts';
import type { PageAllocator } from '../../src/page-allocator/page-allocator.ts';
import { slabRelease } from '../../src/release/slab-2.4.ts';
import { KernelCaches } from '../../src/slab/kernel-caches.ts';
import { SlabAllocator } from '../../src/slab/slab-allocator.ts';
import type { Trace } from '../../src/trace/trace.ts';

/** A reserved frame of the small machines that nothing else uses. */
const CACHE_CACHE_FRAME = 3;

/** All caches of 2.4.22. */
export function makeSlab(parts: { memory: PhysicalMemory; allocator: PageAllocator; trace: Trace }) {
  const { build, steps } = slabRelease({
    version: '2.4.22',
    machine: 'qemu',
    cpus: 1,
    pae: true,
    debug: false,
  });
  const slab = new SlabAllocator({
    ...parts,
    build,
    cacheLine: 32,
    cpus: 1,
    cacheCacheAt: CACHE_CACHE_FRAME * 4096,
    print: () => {},
  });
  slab.kmemCacheSizesInit(parts.memory.frames);
  return { slab, caches: new KernelCaches(slab, steps, () => {}) };
}

/** Frees all slabs that hold nothing; off-slab descriptors give way in the second round. */
export function shrinkAll(slab: SlabAllocator): void {
  for (let round = 0; round < 2; round++) for (const cache of slab.chain) slab.kmemCacheShrink(cache);
}
