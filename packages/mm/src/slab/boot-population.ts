import { KernelPanic } from '../kernel-bug.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { SlabAllocator } from './slab-allocator.ts';

/** Memory that drivers hold when boot is over. `release/` says how much. */
export interface BootPopulation {
  /** For each cache the objects that stay, and the most there ever were (more only where it left a free slab behind). */
  readonly objects: readonly (readonly [cache: string, stay: number, peak: number])[];
  /** Single pages that drivers keep: tty buffers, DMA tables, … */
  readonly pages: number;
}

/**
 * Allocates what drivers hold; nobody ever gives it back.
 *
 * @throws KernelPanic if the machine is too small for it
 */
export function populateAtBoot(slab: SlabAllocator, population: BootPopulation): void {
  for (const [name, stay, peak] of population.objects) {
    const cache = slab.find(name);
    if (cache === null) throw new KernelPanic(`boot needs the slab cache ${name}`);
    const objects: number[] = [];
    for (let i = 0; i < peak; i++) {
      const obj = slab.alloc(cache, GFP_KERNEL);
      if (obj === 0) throw new KernelPanic(`no memory for the ${name} objects of boot`);
      objects.push(obj);
    }
    for (const obj of objects.slice(stay)) slab.free(cache, obj);
  }
  for (let i = 0; i < population.pages; i++) {
    if (slab.allocator.allocPages(GFP_KERNEL, 0) === 0) {
      throw new KernelPanic('no memory for the drivers of boot');
    }
  }
}
