import type { Zone } from '../physical/zone.ts';

/** Seconds over which memory_pressure is averaged, as a power of two. @linux 2.4.0 include/linux/swap.h INACTIVE_SHIFT */
const INACTIVE_SHIFT = 6;

/**
 * What a kernel with aged pages knows about how much memory it has at hand, and how much it should have.
 *
 * ```
 *   active  ->  inactive dirty  ->  inactive clean  ->  free
 *   mapped      must be written     can be taken at     in the free lists
 *   or young    or checked first    any time
 * ```
 * "Freeable" is free and inactive clean. The lists themselves are kept by the page cache and by reclaim, which count here.
 *
 * @linux 2.4.0 mm/swap.c, mm/vmscan.c free_shortage(), inactive_shortage()
 */
export class MemoryBalance {
  /** How fast memory is asked for: one more an allocation, one less a free, and a 64th less each second. */
  memoryPressure = 0;
  /** Length of the active list. */
  nrActivePages = 0;
  /** Length of the list of inactive pages that may be dirty. */
  nrInactiveDirtyPages = 0;
  /** Sums of the zones' watermarks. @linux freepages.min, freepages.low, freepages.high */
  readonly freepagesMin: number;
  readonly freepagesLow: number;
  readonly freepagesHigh: number;

  private readonly zones: readonly Zone[];
  private readonly targetMax: number;

  /**
   * @param zones all zones, their watermarks set
   * @param frames frames of the machine. @linux num_physpages
   */
  constructor(zones: readonly Zone[], frames: number) {
    this.zones = zones;
    this.targetMax = Math.floor(frames / 4);
    this.freepagesMin = zones.reduce((sum, zone) => sum + zone.pagesMin, 0);
    this.freepagesLow = zones.reduce((sum, zone) => sum + zone.pagesLow, 0);
    this.freepagesHigh = zones.reduce((sum, zone) => sum + zone.pagesHigh, 0);
  }

  /** How many inactive pages there should be: a second's worth of allocations, a quarter of memory at most. */
  inactiveTarget(): number {
    return Math.min(this.memoryPressure >> INACTIVE_SHIFT, this.targetMax);
  }

  /** Pages of all zones that can be taken at any time. @linux nr_inactive_clean_pages() */
  nrInactiveCleanPages(): number {
    const { zones } = this;
    let sum = 0;
    for (let i = 0; i < zones.length; i++) sum += (zones[i] as Zone).inactiveCleanPages;
    return sum;
  }

  /** Free pages and inactive clean ones, of all zones. */
  freeable(): number {
    const { zones } = this;
    let sum = 0;
    for (let i = 0; i < zones.length; i++) {
      const zone = zones[i] as Zone;
      sum += zone.freePages + zone.inactiveCleanPages;
    }
    return sum;
  }

  /**
   * How many freeable pages are missing: in all or, when there are enough, in zones that have hardly any. 0: none.
   *
   * @linux 2.4.0 mm/vmscan.c free_shortage()
   */
  freeShortage(): number {
    const missing = this.freepagesHigh + Math.floor(this.inactiveTarget() / 3) - this.freeable();
    if (missing > 0) return missing;
    const { zones } = this;
    let sum = 0;
    for (let i = 0; i < zones.length; i++) {
      const zone = zones[i] as Zone;
      const lacking = zone.pagesMin + 1 - zone.inactiveCleanPages - zone.freePages;
      if (zone.size !== 0 && lacking > 0) sum += lacking;
    }
    return sum;
  }

  /** How many inactive (or free) pages are missing; 0: none. @linux 2.4.0 mm/vmscan.c inactive_shortage() */
  inactiveShortage(): number {
    const wanted = this.freepagesHigh + this.inactiveTarget();
    return Math.max(0, wanted - this.freeable() - this.nrInactiveDirtyPages);
  }

  /** Pages that buffers may fill. @linux 2.4.0 mm/page_alloc.c nr_free_buffer_pages() */
  nrFreeBufferPages(): number {
    const atHand = this.freeable() + this.nrInactiveDirtyPages;
    return Math.max(atHand, this.freepagesHigh + this.inactiveTarget()) + (this.nrActivePages >> 4);
  }

  /** Once a second: forgets a 64th of the pressure. @linux 2.4.0 mm/swap.c recalculate_vm_stats() */
  recalculateVmStats(): void {
    this.memoryPressure -= this.memoryPressure >> INACTIVE_SHIFT;
  }
}
