import { GFP, GFP_KSWAPD } from '../../page-allocator/gfp.ts';
import { PF } from '../../page-allocator/process-flags.ts';
import type { Zone } from '../../physical/zone.ts';
import type { Pfn } from '../../types.ts';
import { type Sleep, type Sleeper, type WaitPorts, waitAlone, waitHere } from '../thread-sleep.ts';
import { type AgingParts, freeShortage, inactiveShortage } from './aging-parts.ts';
import { launder, pageLaunder } from './page-launder.ts';
import { reclaimPage } from './reclaim-page.ts';
import { refillInactiveScan } from './refill-inactive-scan.ts';
import { swapOut } from './swap-out.ts';
import { AGED_TRY_TO_FREE } from './tracepoints.ts';

/** Ticks in a second. */
const HZ = 100;

/** What the threads ask of the scheduler. */
export interface AgingThreadPorts extends WaitPorts {
  /** Ticks since boot, and a tick in ns. */
  jiffies(): number;
  /** Virtual time, ns. */
  now(): number;
  /** Whether somebody sleeps until kswapd's next pass is over, and their waking. */
  anyoneWaits(): boolean;
  wakeWaiters(): void;
  /** Kills a process if nothing else helps. */
  oomIfNeeded(): void;
}

/**
 * Reclaim by page age.
 *
 * ```
 *   refill_inactive_scan, swap_out:  active, mapped  -> inactive_dirty
 *   page_launder:                    inactive_dirty  -> inactive_clean (or written, or active again)
 *   reclaim_page, kreclaimd:         inactive_clean  -> free
 * ```
 * Reentrancy: it may sleep while it writes; the task carries PF_MEMALLOC, so what it allocates comes from the reserves.
 *
 * @linux 2.4.0 mm/vmscan.c
 */
export class PageAgingReclaim {
  private readonly parts: AgingParts;
  // When kswapd let the pressure fade last, in ticks.
  private recalculated = 0;

  constructor(parts: AgingParts) {
    this.parts = parts;
  }

  /** Pages that are missing until enough are free or clean. @linux 2.4.0 mm/vmscan.c free_shortage() */
  freeShortage(): number {
    return freeShortage(this.parts);
  }

  /** Pages that should be inactive. @linux 2.4.0 mm/vmscan.c inactive_shortage() */
  inactiveShortage(): number {
    return inactiveShortage(this.parts);
  }

  /** See {@link reclaimPage}. */
  reclaimPage(zone: Zone): Pfn {
    return reclaimPage(this.parts, zone);
  }

  /** See {@link pageLaunder}. */
  pageLaunder(gfp: number, sync: boolean): number {
    return pageLaunder(this.parts, gfp, sync);
  }

  /** See {@link launder}. */
  launder(gfp: number, sync: boolean): Sleeper<number> {
    return launder(this.parts, gfp, sync);
  }

  /**
   * Makes pages inactive until as many as are missing have become so: active ones first, then mapped ones, with growing effort
   * as long as there is no progress.
   *
   * @param user whether a process waits: it is content with a cluster of pages
   * @returns whether any became inactive
   * @linux 2.4.0 mm/vmscan.c refill_inactive()
   */
  private refillInactive(gfp: number, user: boolean): boolean {
    const { parts } = this;
    const start = user ? 1 << parts.vm.pageCache.pageCluster : inactiveShortage(parts) + freeShortage(parts);
    let count = start;
    parts.slab.kmemCacheReap(gfp);
    for (let priority = 6; priority >= 0; ) {
      let progress = false;
      while (refillInactiveScan(parts, priority, true)) {
        progress = true;
        if (--count <= 0) return true;
      }
      parts.ports.shrinkDcacheMemory(priority, gfp);
      parts.ports.shrinkIcacheMemory(priority, gfp);
      while (swapOut(parts)) {
        progress = true;
        if (--count <= 0) return true;
      }
      if (inactiveShortage(parts) === 0 || freeShortage(parts) === 0) return count < start;
      if (!progress) priority--;
    }
    while (refillInactiveScan(parts, 0, true)) if (--count <= 0) return true;
    return count < start;
  }

  /** @linux 2.4.0 mm/vmscan.c do_try_to_free_pages() */
  private *doTryToFreePages(gfp: number, user: boolean): Sleeper<number> {
    const { parts } = this;
    const { pressure, lists, ports, vm, slab } = parts;
    const missing = freeShortage(parts);
    const inactive = inactiveShortage(parts);
    let cleaned = 0;
    if (missing > 0 || lists.nrInactiveDirtyPages > pressure.free + pressure.clean) {
      cleaned = yield* launder(parts, gfp, user);
    }
    let result = cleaned;
    if (freeShortage(parts) > 0 || inactiveShortage(parts) > 0) {
      ports.shrinkDcacheMemory(6, gfp);
      ports.shrinkIcacheMemory(6, gfp);
      if (this.refillInactive(gfp, user)) result++;
    } else {
      slab.kmemCacheReap(gfp);
      result = 1;
    }
    if (vm.trace.on) vm.trace.emit(AGED_TRY_TO_FREE, gfp, user ? 1 : 0, missing, inactive, cleaned, result);
    return result;
  }

  /** Reclaims for the running task, if it may wait. @linux 2.4.0 mm/vmscan.c try_to_free_pages() */
  tryToFreePages(gfp: number): number {
    const { allocator, pageCache } = this.parts.vm;
    if ((gfp & GFP.WAIT) === 0) return 1;
    allocator.currentFlags |= PF.MEMALLOC;
    const result = waitHere(this.doTryToFreePages(gfp, true), pageCache);
    allocator.currentFlags &= ~PF.MEMALLOC;
    return result;
  }

  /**
   * What kswapd does until it rests, for a second or until it is woken; yields where it waits.
   *
   * @linux 2.4.0 mm/vmscan.c kswapd()
   */
  *kswapd(ports: AgingThreadPorts): Generator<Sleep, Sleep, void> {
    const { parts } = this;
    if (inactiveShortage(parts) > 0 || freeShortage(parts) > 0) {
      yield* waitAlone(this.doTryToFreePages(GFP_KSWAPD & ~GFP.WAIT, ports.anyoneWaits()), ports);
    }
    refillInactiveScan(parts, 6, false);
    if (ports.jiffies() > this.recalculated + HZ) {
      this.recalculated = ports.jiffies();
      parts.pressure.fade();
    }
    ports.wakeWaiters();
    ports.runTqDisk();
    if (freeShortage(parts) === 0 || inactiveShortage(parts) === 0) return ports.now() + 1e9;
    ports.oomIfNeeded();
    // The kernel's goes on at once, and shares the CPU with whoever wants memory or must die; ours gives them a tick.
    return ports.now() + 1e9 / HZ;
  }

  /**
   * What kreclaimd does until it rests. It is woken when an allocation finds a zone below its minimum: it moves clean pages to the free lists.
   *
   * @linux 2.4.0 mm/vmscan.c kreclaimd()
   */
  kreclaimd(first: boolean): Sleep {
    const { allocator } = this.parts.vm;
    for (const zone of first ? [] : allocator.zones) {
      while (zone.size > 0 && zone.freePages < zone.pagesLow) {
        const pfn = reclaimPage(this.parts, zone);
        if (pfn === 0) break;
        allocator.putPage(pfn);
      }
    }
    return Number.POSITIVE_INFINITY;
  }
}
