/** The kernel's own page tables and its slab caches, as boot sets them up. `kernel.ts` calls these in the order of boot. */
import { I386 } from './arch/i386.ts';
import { type FixmapLayout, fixmapLayout } from './arch/i386-layout.ts';
import { I386_PAE } from './arch/i386-pae.ts';
import type { PhysicalBoot } from './page-allocator/boot.ts';
import {
  initKernelPageTables,
  type KernelPageTables,
  startupPageTables,
  zapLowMappings,
} from './page-tables/kernel-page-tables.ts';
import { type BootPopulation, populateAtBoot } from './slab/boot-population.ts';
import { KernelCaches, type SlabBootStep } from './slab/kernel-caches.ts';
import { SlabAllocator, type SlabParts } from './slab/slab-allocator.ts';
import type { Trace } from './trace/trace.ts';

/** What {@link initKernelPageTables} told, and where the fixmap's slots are. */
export type BootedTables = KernelPageTables & { readonly fixmap: FixmapLayout };

/**
 * From the page tables of the startup code to those of the running kernel.
 *
 * @param kmTypeNr slots of kmap_atomic a CPU
 * @linux 2.4.22 arch/i386/mm/init.c paging_init(), zap_low_mappings()
 */
export function bootPageTables(physical: PhysicalBoot, kmTypeNr: number): BootedTables {
  const { machine, highmem, cpus } = physical.config;
  const fixmap = fixmapLayout({ highmem: highmem !== 'off', nrCpus: cpus > 1 ? 32 : 1, kmTypeNr });
  const params = {
    memory: physical.memory,
    geometry: highmem === '64g' ? I386_PAE : I386,
    boot: physical.pageTables,
    maxLowPfn: physical.maxLowPfn,
    pse: physical.pageTables.directMap.length === 0,
    pge: machine.pge,
    highmem: highmem !== 'off',
    fixmap,
  };
  startupPageTables(physical.memory, physical.pageTables);
  const tables = initKernelPageTables(params);
  zapLowMappings(params);
  return { ...tables, fixmap };
}

/**
 * From kmem_cache_init() through the initcalls: slab caches, and the hash tables in between.
 *
 * @param population the objects that boot leaves in the caches; null: unknown for this machine
 * @linux 2.4.22 init/main.c start_kernel()
 */
export function bootSlab(
  physical: PhysicalBoot,
  trace: Trace,
  release: Required<Pick<SlabParts, 'build' | 'variant'>> & { readonly steps: readonly SlabBootStep[] },
  population: BootPopulation | null,
): { readonly slab: SlabAllocator; readonly caches: KernelCaches; readonly driverPages: number } {
  const { machine, cpus } = physical.config;
  const slab = new SlabAllocator({
    memory: physical.memory,
    allocator: physical.allocator,
    trace,
    build: release.build,
    variant: release.variant,
    cacheLine: machine.cacheLineBytes,
    cpus,
    // Somewhere in the image's data.
    cacheCacheAt: (machine.image.edata - 512) & ~31,
    print: (text) => physical.log.print(text),
  });
  slab.kmemCacheSizesInit(physical.maxMapnr);
  const caches = new KernelCaches(slab, release.steps, (name) => physical.allocateHashTable(name));
  slab.kmemCpucacheInit();
  if (population !== null) populateAtBoot(slab, population);
  return { slab, caches, driverPages: population?.pages ?? 0 };
}
