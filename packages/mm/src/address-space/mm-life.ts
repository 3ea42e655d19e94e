import { KernelBug } from '../kernel-bug.ts';
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import { traceRss } from './fault-tracepoints.ts';
import { fput } from './fput.ts';
import { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { freeVma } from './vma-alloc.ts';
import { removeSharedVmStruct } from './vma-link.ts';
import { zapPageRange } from './zap.ts';

/**
 * A new, empty address space with the kernel's part mapped; null = no memory. It is not on the list of address spaces yet
 * ({@link mmlistAdd}).
 *
 * @linux 2.4.22 kernel/fork.c mm_alloc(), mm_init()
 */
export function mmAlloc(vm: Vm): MmStruct | null {
  const object = vm.slab.kmemCacheAlloc(vm.caches.mm, GFP_KERNEL);
  if (object === 0) return null;
  const pgd = vm.pageTables.pgdAlloc();
  if (pgd === 0) {
    vm.slab.kmemCacheFree(vm.caches.mm, object);
    return null;
  }
  const mm = new MmStruct(pgd);
  mm.slabAddr = object;
  return mm;
}

/** Enters an address space into mmlist (which swap_out goes round) right after `after`. */
export function mmlistAdd(vm: Vm, mm: MmStruct, after: MmStruct): void {
  const next = after.mmlistNext;
  mm.mmlistPrev = after;
  mm.mmlistNext = next;
  next.mmlistPrev = mm;
  after.mmlistNext = mm;
  vm.mmlistNr++;
}

/** Leaves mmlist. If its turn had come in swap_out, it is the next one's. */
function mmlistDel(vm: Vm, mm: MmStruct): void {
  if (vm.swapMm === mm) vm.swapMm = mm.mmlistNext;
  vm.mmlistNr--;
  mm.mmlistPrev.mmlistNext = mm.mmlistNext;
  mm.mmlistNext.mmlistPrev = mm.mmlistPrev;
  mm.mmlistNext = mm;
  mm.mmlistPrev = mm;
}

/**
 * Drops a user of an address space. At the last one all areas and page tables go; the struct and its top page table stay as
 * long as someone runs lazily on them.
 *
 * @linux 2.4.22 kernel/fork.c mmput()
 */
export function mmput(vm: Vm, mm: MmStruct): void {
  if (mm.mmUsers <= 0) throw new KernelBug('mmput: the address space has no users');
  if (--mm.mmUsers > 0) return;
  mmlistDel(vm, mm);
  exitMmap(vm, mm);
  mmdrop(vm, mm);
}

/** Drops a reference to the struct; at the last one it is freed with its top page table. @linux 2.4.22 include/linux/sched.h mmdrop() */
export function mmdrop(vm: Vm, mm: MmStruct): void {
  if (--mm.mmCount > 0) return;
  if (mm === vm.initMm) throw new KernelBug("mmdrop: the last reference to the kernel's own address space");
  if (mm.mmCount < 0) throw new KernelBug('mmdrop: the address space is gone already');
  vm.pageTables.pgdFree(mm.pgd);
  mm.pgd = 0;
  vm.slab.kmemCacheFree(vm.caches.mm, mm.slabAddr);
  mm.slabAddr = 0;
}

/**
 * Unmaps everything and frees all user page tables. The struct remains, empty, with its top page table: exec goes on
 * with it.
 *
 * @linux 2.4.22 mm/mmap.c exit_mmap()
 */
export function exitMmap(vm: Vm, mm: MmStruct): void {
  let vma = mm.mmap;
  mm.mmap = null;
  mm.mmapCache = null;
  mm.index.length = 0;
  mm.rss = 0;
  mm.rssReserved = 0;
  mm.totalVm = 0;
  mm.lockedVm = 0;
  vm.tlb.flushCacheMm(mm.pgd);
  while (vma !== null) {
    const next = vma.vmNext;
    vma.vmOps?.close?.(vma);
    mm.mapCount--;
    removeSharedVmStruct(vma);
    zapPageRange(vm, mm, vma.vmStart, vma.vmEnd - vma.vmStart);
    if (vma.vmFile !== null) fput(vm, vma.vmFile);
    freeVma(vm, vma);
    vma = next;
  }
  if (mm.mapCount !== 0) throw new KernelBug(`exit_mmap: ${mm.mapCount} areas were not on the list`);
  vm.pageTables.clearPageTables(mm.pgd, 0, vm.pageTables.userPgdEntries);
  vm.tlb.flushTlbMm(mm.pgd);
  if (vm.trace.on) traceRss(vm, mm);
}
