/** Recounts the slab objects of what lives: each struct that 2.4 has costs an object of its cache, and nothing else does. */
import type { MmStruct } from './address-space/mm-struct.ts';
import type { Kernel } from './kernel.ts';
import { KernelBug } from './kernel-bug.ts';
import { cacheUsage } from './slab/check.ts';
import type { KmemCache } from './slab/kmem-cache.ts';

/** Objects by cache. */
export type Charges = ReadonlyMap<KmemCache, number>;

/** Address spaces that have not ended, lazily used ones included, the kernel's own left out. */
export function addressSpaces(kernel: Kernel): Set<MmStruct> {
  const all = new Set<MmStruct>();
  for (const { mm, activeMm } of kernel.tasks) {
    if (mm !== null) all.add(mm);
    if (activeMm !== null) all.add(activeMm);
  }
  all.delete(kernel.vm.initMm);
  return all;
}

/** Slab objects of structs that tasks may share. */
function objects(structs: readonly { readonly slabAddr: number }[]): number {
  return new Set(structs.filter(({ slabAddr }) => slabAddr !== 0)).size;
}

/** What the machine's structs cost. */
function owed(kernel: Kernel): Charges {
  const { caches, vfs, tasks, vm } = kernel;
  const mms = addressSpaces(kernel);
  let areas = 0;
  for (const mm of mms) areas += mm.mapCount;
  const charges = new Map<KmemCache, number>([
    [caches.vmArea, areas],
    [caches.mm, mms.size],
    [caches.files, objects(tasks.map(({ filesStruct }) => filesStruct))],
    [caches.fs, objects(tasks.map(({ fsStruct }) => fsStruct))],
    [caches.sigact, objects(tasks.map(({ signalStruct }) => signalStruct))],
    [caches.filp, vfs.nrFiles],
    [caches.dentry, vfs.nrDentries],
    [caches.inode, vfs.nrInodes],
    [caches.uid, vm.users.size],
    // Names of paths live as long as their system call.
    [caches.names, 0],
  ]);
  const pgds = kernel.slab.find('pae_pgd');
  if (pgds !== null) charges.set(pgds, mms.size);
  return charges;
}

/** Objects in use, per-CPU arrays left out. */
function paid(kernel: Kernel, cache: KmemCache): number {
  const { slab } = kernel;
  let objects = cacheUsage(slab, cache).activeObjects;
  for (const array of cache.cpuArrays) if (array !== 0) objects -= slab.load(array);
  return objects;
}

/** Objects of the caches that belong to no struct of ours: those of drivers, when boot is over. */
export function bootCharges(kernel: Kernel): Charges {
  return new Map([...owed(kernel)].map(([cache, count]) => [cache, paid(kernel, cache) - count]));
}

/**
 * Compares each cache's objects with the structs that own one.
 *
 * @param boot what {@link bootCharges} said when boot was over
 * @throws KernelBug that names the cache and both counts
 */
export function checkCharges(kernel: Kernel, boot: Charges): void {
  for (const [cache, count] of owed(kernel)) {
    const want = count + (boot.get(cache) as number) + (kernel.outsideObjects.get(cache) ?? 0);
    const have = paid(kernel, cache);
    if (have !== want) {
      throw new KernelBug(
        `cache ${cache.name}: ${have} objects are in use, the machine's structs own ${want}`,
      );
    }
  }
}
