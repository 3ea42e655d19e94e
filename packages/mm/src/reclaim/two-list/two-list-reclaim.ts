import type { Vm } from '../../address-space/vm.ts';
import { GFP, GFP_ZONEMASK } from '../../page-allocator/gfp.ts';
import { PF } from '../../page-allocator/process-flags.ts';
import type { BufferCache } from '../../page-cache/buffers/buffer-cache.ts';
import type { Zone } from '../../physical/zone.ts';
import type { SlabAllocator } from '../../slab/slab-allocator.ts';
import type { SwapCache } from '../../swap/swap-cache.ts';
import { refillInactive } from './refill-inactive.ts';
import { shrinkCache } from './shrink-cache.ts';
import { SWAP_CLUSTER_MAX } from './swap-out.ts';
import { MM_VMSCAN_BEGIN, MM_VMSCAN_END, MM_VMSCAN_REFILL } from './tracepoints.ts';

/** Rounds of growing effort. @linux DEF_PRIORITY */
export const DEF_PRIORITY = 6;

/** What reclaim asks of other rooms. */
export interface ReclaimPorts {
  /** Frees unused directory entries and inodes: 1/priority of them. @linux shrink_dcache_memory(), shrink_icache_memory() */
  shrinkDcacheMemory(priority: number, gfp: number): void;
  shrinkIcacheMemory(priority: number, gfp: number): void;
  /** Nothing more can be freed. @linux out_of_memory() */
  outOfMemory(): void;
}

/** What reclaim works on. */
export interface ReclaimParts {
  readonly vm: Vm;
  readonly swap: SwapCache;
  readonly buffers: BufferCache;
  readonly slab: SlabAllocator;
  readonly ports: ReclaimPorts;
}

/**
 * Reclaim with an active and an inactive list.
 *
 * Reentrancy: it may sleep (a page that it writes itself, a full request queue) and allocates buffer heads and swap-cache
 * entries; the task carries PF_MEMALLOC meanwhile, so it never comes back here.
 *
 * @linux 2.4.22 mm/vmscan.c
 */
export class TwoListReclaim {
  private readonly parts: ReclaimParts;

  constructor(parts: ReclaimParts) {
    this.parts = parts;
  }

  /**
   * Frees 32 pages of the zones up to `classzone`, with growing effort. What one round frees counts for the next.
   *
   * @returns 1 if all 32 were freed; 0 after six rounds, when the OOM killer was asked
   * @linux 2.4.22 mm/vmscan.c try_to_free_pages_zone()
   */
  tryToFreePagesZone(classzone: Zone, gfp: number): 0 | 1 {
    const { vm, ports } = this.parts;
    const mask = this.permitted(gfp);
    let left = SWAP_CLUSTER_MAX;
    if (vm.trace.on) vm.trace.emit(MM_VMSCAN_BEGIN, classzone.number, mask, left, classzone.freePages);
    for (let priority = DEF_PRIORITY; priority > 0; priority--) {
      left = this.shrinkCaches(classzone, priority, mask, left);
      if (left <= 0) {
        if (vm.trace.on) vm.trace.emit(MM_VMSCAN_END, classzone.number, priority, left, 1);
        return 1;
      }
    }
    if (vm.trace.on) vm.trace.emit(MM_VMSCAN_END, classzone.number, 0, left, 0);
    ports.outOfMemory();
    return 0;
  }

  /**
   * Frees pages for a caller that does not allocate itself: buffers. What is freed goes to everybody.
   *
   * @linux 2.4.22 mm/vmscan.c try_to_free_pages()
   */
  tryToFreePages(gfp: number): 0 | 1 {
    const { allocator } = this.parts.vm;
    const keeps = allocator.currentFlags & PF.FREE_PAGES;
    allocator.currentFlags &= ~PF.FREE_PAGES;
    let freed: 0 | 1 = 0;
    for (const node of allocator.pgdatList) {
      const first = node.zonelists[gfp & GFP_ZONEMASK]?.[0];
      if (first !== undefined && this.tryToFreePagesZone(first, gfp) === 1) freed = 1;
    }
    allocator.currentFlags |= keeps;
    return freed;
  }

  /** A task that may not start I/O, whatever the caller allows. @linux pf_gfp_mask() */
  private permitted(gfp: number): number {
    const { currentFlags } = this.parts.vm.allocator;
    return (currentFlags & PF.NOIO) === 0 ? gfp : gfp & ~(GFP.IO | GFP.HIGHIO | GFP.FS);
  }

  /**
   * One round: empty slabs first; then the active list is cut to two thirds of the cache, the inactive list is searched, and
   * last the directory and inode caches give something, which nobody counts.
   *
   * @returns pages that are still wanted
   * @linux 2.4.22 mm/vmscan.c shrink_caches()
   */
  private shrinkCaches(classzone: Zone, priority: number, gfp: number, wanted: number): number {
    const { vm, slab, ports } = this.parts;
    const cache = vm.pageCache;
    if (wanted - slab.kmemCacheReap(gfp) <= 0) return 0;
    const active = cache.nrActivePages;
    const inactive = cache.nrInactivePages;
    const ratio = Math.floor((wanted * active) / ((inactive + 1) * 2));
    const moved = refillInactive(cache, ratio);
    if (vm.trace.on) vm.trace.emit(MM_VMSCAN_REFILL, wanted, active, inactive, ratio, moved);
    const left = shrinkCache(this.parts, wanted, classzone, gfp, priority);
    if (left <= 0) return 0;
    ports.shrinkDcacheMemory(priority, gfp);
    ports.shrinkIcacheMemory(priority, gfp);
    return left;
  }
}
