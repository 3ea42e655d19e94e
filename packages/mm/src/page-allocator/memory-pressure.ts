import type { Zone } from '../physical/zone.ts';

/**
 * How hard memory is asked for: 2.4.0's measure, by which it decides how many pages should lie inactive.
 *
 * Each allocation and each page reclaimed adds one, each free takes one away, and every second a sixty-fourth fades.
 *
 * @linux 2.4.0 mm/swap.c memory_pressure, freepages; include/linux/swap.h inactive_target
 */
export class MemoryPressure {
  /** @linux memory_pressure */
  value = 0;
  /** Sums of the zones' watermarks. @linux freepages */
  readonly min: number;
  readonly low: number;
  readonly high: number;
  private readonly quarter: number;
  private readonly zones: readonly Zone[];

  /** @param numPhyspages page frames of the machine */
  constructor(zones: readonly Zone[], numPhyspages: number) {
    const sum = (mark: (zone: Zone) => number) => zones.reduce((all, zone) => all + mark(zone), 0);
    this.zones = zones;
    this.min = sum(({ pagesMin }) => pagesMin);
    this.low = sum(({ pagesLow }) => pagesLow);
    this.high = sum(({ pagesHigh }) => pagesHigh);
    this.quarter = Math.floor(numPhyspages / 4);
  }

  /** Pages that should be inactive: about a second's worth of allocations, at most a quarter of memory. @linux inactive_target */
  get inactiveTarget(): number {
    return Math.min(this.value >> 6, this.quarter);
  }

  /** Once a second: old demand counts less. @linux recalculate_vm_stats() */
  fade(): void {
    this.value -= this.value >> 6;
  }

  /** Free pages, and pages that can be had at once, of all zones. */
  get free(): number {
    return this.zones.reduce((all, { freePages }) => all + freePages, 0);
  }
  get clean(): number {
    return this.zones.reduce((all, { inactiveCleanPages }) => all + inactiveCleanPages, 0);
  }

  /**
   * Pages that are missing until enough are free or clean: of all zones together, or, if there are enough, of those zones that
   * are nearly empty. 0: none.
   *
   * @linux 2.4.0 mm/vmscan.c free_shortage()
   */
  freeShortage(): number {
    const freeable = this.free + this.clean;
    const target = this.high + Math.floor(this.inactiveTarget / 3);
    if (freeable < target) return target - freeable;
    let sum = 0;
    for (const { size, freePages, inactiveCleanPages, pagesMin } of this.zones) {
      const missing = pagesMin + 1 - freePages - inactiveCleanPages;
      if (size > 0 && missing > 0) sum += missing;
    }
    return sum;
  }

  /**
   * Pages that should be inactive and are not, 0: none.
   *
   * @param inactiveDirty pages on the list of those to be cleaned
   * @linux 2.4.0 mm/vmscan.c inactive_shortage()
   */
  inactiveShortage(inactiveDirty: number): number {
    return Math.max(0, this.high + this.inactiveTarget - this.free - this.clean - inactiveDirty);
  }
}
