import { KernelBug } from '../kernel-bug.ts';
import { memclass, type Zone } from '../physical/zone.ts';
import type { Pfn } from '../types.ts';
import { GFP, GFP_ZONEMASK } from './gfp.ts';
import { PageAllocator, UNUSUAL } from './page-allocator.ts';
import { PF } from './process-flags.ts';
import { MM_PAGE_FREE, MM_VMSCAN_WAKEUP_KSWAPD, ZONE_WATERMARK_OK } from './tracepoints.ts';

/**
 * The page allocator of 2.4.10 and later: zones are weighed in the order of the zonelist against marks that add up, and whoever
 * finds them all low reclaims for itself, for its *class zone*, the first of the list.
 *
 * @linux 2.4.22 mm/page_alloc.c
 */
export class ClassZoneAllocator extends PageAllocator {
  // The block that the running task freed to itself under PF_FREE_PAGES (0: none). @linux task_struct.local_pages
  private localPage: Pfn = 0;

  /** Pages beyond the high watermarks of the zones that serve GFP_USER, counted by size. @linux nr_free_buffer_pages() */
  override nrFreeBufferPages(): number {
    let sum = 0;
    for (const node of this.pgdatList) {
      for (const zone of node.zonelists[0] as readonly Zone[]) sum += Math.max(0, zone.size - zone.pagesHigh);
    }
    return sum;
  }

  /** The order of the block that the running task keeps for itself, with its frame; null when there is none. */
  get localBlock(): { pfn: Pfn; order: number } | null {
    const pfn = this.localPage;
    return pfn === 0 ? null : { pfn, order: this.memMap.index[pfn] as number };
  }

  /**
   * Frees a block whose count is 0: on to the task itself under PF_FREE_PAGES, else to the free lists.
   *
   * @linux 2.4.22 mm/page_alloc.c __free_pages_ok()
   */
  override freePagesOk(pfn: Pfn, order: number): void {
    if (((this.flags[pfn] as number) & UNUSUAL) !== 0) this.prepareUnusualPage(pfn);
    if (this.memMap.mapping[pfn] !== 0) throw new KernelBug(`page ${pfn} is freed but belongs to a mapping`);
    if (this.trace.on) this.trace.emit(MM_PAGE_FREE, pfn, order);
    if ((this.currentFlags & PF.FREE_PAGES) !== 0 && this.localPage === 0 && !this.inInterrupt) {
      // A task in reclaim keeps the first block that it frees, lest others snatch what it worked for.
      this.localPage = pfn;
      this.memMap.index[pfn] = order;
      return;
    }
    this.freeToLists(pfn, order);
  }

  /** Allocates by one node's zonelists. @linux 2.4.22 mm/page_alloc.c __alloc_pages() */
  protected override allocFrom(zonelists: readonly (readonly Zone[])[], gfp: number, order: number): Pfn {
    const zonelist = zonelists[gfp & GFP_ZONEMASK] as readonly Zone[];
    // Marks add up along the zonelist: a request that falls back must leave the next zone its own share as well.
    let mark = 1 << order;
    for (let i = 0; i < zonelist.length; i++) {
      const zone = zonelist[i] as Zone;
      mark += zone.pagesLow;
      if (this.trace.on) this.traceWatermark(zone, mark, order, gfp, 1);
      if (zone.freePages > mark) {
        const pfn = this.rmqueue(zone, order);
        if (pfn !== 0) {
          if (this.trace.on) this.traceAlloc(pfn, order, gfp);
          return pfn;
        }
      }
    }
    return zonelist.length === 0 ? 0 : this.traceAlloc(this.allocSlowly(zonelist, gfp, order), order, gfp);
  }

  /** All that follows when every zone is below its low watermark. */
  private allocSlowly(zonelist: readonly Zone[], gfp: number, order: number): Pfn {
    const classzone = zonelist[0] as Zone;
    const mayWait = (gfp & GFP.WAIT) !== 0;
    classzone.needBalance = true;
    if (this.trace.on) this.trace.emit(MM_VMSCAN_WAKEUP_KSWAPD, classzone.number, order, gfp);
    this.ports.wakeupKswapd(classzone);
    // Who cannot wait may use three quarters of what pages_min keeps back.
    let pfn = this.tryZones(zonelist, gfp, order, 2, mayWait ? 0 : 2);
    if (pfn !== 0) return pfn;
    for (let attempt = 0; ; attempt++) {
      if ((this.currentFlags & (PF.MEMALLOC | PF.MEMDIE)) !== 0) {
        for (const zone of zonelist) {
          pfn = this.rmqueue(zone, order);
          if (pfn !== 0) return pfn;
        }
        return 0;
      }
      if (!mayWait) return 0;
      pfn = this.balanceClasszone(classzone, gfp, order);
      if (pfn !== 0) return pfn;
      pfn = this.tryZones(zonelist, gfp, order, 3, 0);
      if (pfn !== 0) return pfn;
      if (order > 3) return 0;
      if (!this.ports.yieldAndRetry(gfp, order, attempt)) return 0;
    }
  }

  /** One walk down the zonelist against pages_min >> `shift`. */
  private tryZones(zonelist: readonly Zone[], gfp: number, order: number, pass: number, shift: number): Pfn {
    let mark = 1 << order;
    for (const zone of zonelist) {
      mark += zone.pagesMin >> shift;
      if (this.trace.on) this.traceWatermark(zone, mark, order, gfp, pass);
      if (zone.freePages > mark) {
        const pfn = this.rmqueue(zone, order);
        if (pfn !== 0) return pfn;
      }
    }
    return 0;
  }

  /**
   * Reclaims on the task's own account. The first block that reclaim frees stays with the task; it is the result if it fits
   * and reclaim reports success, else it goes to the free lists.
   *
   * @linux 2.4.22 mm/page_alloc.c balance_classzone()
   */
  private balanceClasszone(classzone: Zone, gfp: number, order: number): Pfn {
    if (this.inInterrupt) throw new KernelBug('an interrupt handler asks for pages and is willing to wait');
    this.currentFlags |= PF.MEMALLOC | PF.FREE_PAGES;
    const freed = this.ports.tryToFreePagesZone(classzone, gfp);
    this.currentFlags &= ~(PF.MEMALLOC | PF.FREE_PAGES);
    const pfn = this.localPage;
    if (pfn === 0) return 0;
    this.localPage = 0;
    const localOrder = this.memMap.index[pfn] as number;
    if (freed !== 0 && localOrder === order && memclass(this.zoneOf(pfn), classzone)) {
      this.count[pfn] = 1;
      return pfn;
    }
    this.freePagesOk(pfn, localOrder);
    return 0;
  }

  private traceWatermark(zone: Zone, mark: number, order: number, gfp: number, pass: number): void {
    const free = zone.freePages;
    this.trace.emit(ZONE_WATERMARK_OK, zone.number, free, mark, order, gfp, pass, free > mark ? 1 : 0);
  }
}
