/** Areas pay for themselves: each one is an object of the cache `vm_area_struct`. */
import { KernelBug } from '../kernel-bug.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { Vma } from './vma.ts';

/**
 * Takes the object of an area that is to be made: its kernel address as a signed word ({@link Vma.object}), 0 = no memory.
 * @linux kmem_cache_alloc(vm_area_cachep)
 */
export function allocVmaObject(vm: Vm): number {
  return vm.slab.kmemCacheAlloc(vm.caches.vmArea, GFP_KERNEL) | 0;
}

/** Gives an area's object back. @linux kmem_cache_free(vm_area_cachep) */
export function freeVmaObject(vm: Vm, object: number): void {
  vm.slab.kmemCacheFree(vm.caches.vmArea, object >>> 0);
}

/** A new area for [start, end), linked nowhere yet; null = no memory. */
export function newVma(
  vm: Vm,
  mm: MmStruct,
  start: Addr,
  end: Addr,
  flags: number,
  pageProt: number,
): Vma | null {
  const object = allocVmaObject(vm);
  if (object === 0) return null;
  const vma = new Vma(mm, start, end, flags, pageProt);
  vma.object = object;
  return vma;
}

/** Frees an area that is linked nowhere any more. */
export function freeVma(vm: Vm, vma: Vma): void {
  const { object } = vma;
  if (object === 0) throw new KernelBug(`the area at ${vma.vmStart.toString(16)} is freed twice`);
  vma.object = 0;
  freeVmaObject(vm, object);
}
