import type { Vm } from '../../address-space/vm.ts';
import { GFP, GFP_ZONEMASK } from '../../page-allocator/gfp.ts';
import { PF } from '../../page-allocator/process-flags.ts';
import type { BufferCache } from '../../page-cache/buffers/buffer-cache.ts';
import type { Zone } from '../../physical/zone.ts';
import type { SlabAllocator } from '../../slab/slab-allocator.ts';
import type { SwapCache } from '../../swap/swap-cache.ts';
import { type Sleeper, waitHere } from '../thread-sleep.ts';
import { refillInactive } from './refill-inactive.ts';
import { beginInactiveScan, type InactiveScan, scanInactive } from './shrink-cache.ts';
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
    return waitHere(this.rounds(classzone, gfp), this.parts.vm.pageCache);
  }

  /**
   * The same for a thread that may be left where it sleeps.
   *
   * @linux 2.4.22 mm/vmscan.c try_to_free_pages_zone()
   */
  *rounds(classzone: Zone, gfp: number): Sleeper<0 | 1> {
    const { parts } = this;
    const { vm, ports } = parts;
    const mask = this.permitted(gfp);
    let left = SWAP_CLUSTER_MAX;
    if (vm.trace.on) vm.trace.emit(MM_VMSCAN_BEGIN, classzone.number, mask, left, classzone.freePages);
    for (let priority = DEF_PRIORITY; priority > 0; priority--) {
      const scan = this.beginRound(classzone, priority, mask, left);
      left = 0;
      if (scan !== null) {
        while (!scanInactive(parts, scan)) yield scan.waitsFor;
        left = scan.left;
      }
      if (left <= 0) {
        if (vm.trace.on) vm.trace.emit(MM_VMSCAN_END, classzone.number, priority, left, 1);
        return 1;
      }
      ports.shrinkDcacheMemory(priority, mask);
      ports.shrinkIcacheMemory(priority, mask);
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
   * @returns the search of the inactive list, about to begin; null: the slabs gave all that is wanted
   * @linux 2.4.22 mm/vmscan.c shrink_caches()
   */
  private beginRound(classzone: Zone, priority: number, gfp: number, wanted: number): InactiveScan | null {
    const { vm, slab } = this.parts;
    const cache = vm.pageCache;
    if (wanted - slab.kmemCacheReap(gfp) <= 0) return null;
    const active = cache.nrActivePages;
    const inactive = cache.nrInactivePages;
    const ratio = Math.floor((wanted * active) / ((inactive + 1) * 2));
    const moved = refillInactive(cache, ratio);
    if (vm.trace.on) vm.trace.emit(MM_VMSCAN_REFILL, wanted, active, inactive, ratio, moved);
    return beginInactiveScan(this.parts, wanted, classzone, gfp, priority);
  }
}
