import type { Zone } from '../physical/zone.ts';

/**
 * How hard memory is asked for: 2.4.0's measure, by which it decides how many pages should lie inactive.
 *
 * Each allocation and each page reclaimed adds one, each free takes one away, and every second a sixty-fourth fades.
 *
 * @linux 2.4.0 mm/swap.c memory_pressure, freepages; include/linux/swap.h inactive_target
 */
export class MemoryPressure {
  /** @linux 2.4.0 memory_pressure */
  value = 0;
  /** Sums of the zones' watermarks. @linux 2.4.0 freepages */
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

  /** Pages that should be inactive: about a second's worth of allocations, at most a quarter of memory. @linux 2.4.0 inactive_target */
  get inactiveTarget(): number {
    return Math.min(this.value >> 6, this.quarter);
  }

  /** Once a second: old demand counts less. @linux 2.4.0 recalculate_vm_stats() */
  fade(): void {
    this.value -= this.value >> 6;
  }

  /** Free pages, and pages that can be had at once, of all zones. */
  get free(): number {
    const { zones } = this;
    let all = 0;
    for (let i = 0; i < zones.length; i++) all += (zones[i] as Zone).freePages;
    return all;
  }
  get clean(): number {
    const { zones } = this;
    let all = 0;
    for (let i = 0; i < zones.length; i++) all += (zones[i] as Zone).inactiveCleanPages;
    return all;
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
    const { zones } = this;
    for (let i = 0; i < zones.length; i++) {
      const zone = zones[i] as Zone;
      const missing = zone.pagesMin + 1 - zone.freePages - zone.inactiveCleanPages;
      if (zone.size > 0 && missing > 0) sum += missing;
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
