import { KernelBug } from '../kernel-bug.ts';
import { type MemMap, PAGE_AGE_START, PG } from '../physical/mem-map.ts';
import type { Zone } from '../physical/zone.ts';
import type { Trace } from '../trace/trace.ts';
import type { Pfn } from '../types.ts';
import { MM_PAGE_AGE, MM_PAGE_LIST } from './aging-tracepoints.ts';

export { PAGE_AGE_START };

/** What a use adds to a page's age; the most it can be. @linux 2.4.0 include/linux/swap.h PAGE_AGE_ADV, PAGE_AGE_MAX */
const PAGE_AGE_ADV = 3;
const PAGE_AGE_MAX = 64;

const ON_A_LIST = PG.active | PG.inactiveDirty | PG.inactiveClean;

/** Lists as {@link MM_PAGE_LIST} numbers them. */
export const AGING_LIST = { none: 0, active: 1, inactiveDirty: 2, inactiveClean: 3 } as const;

/**
 * The page lists of 2.4.0, and the ages of pages.
 *
 * ```
 *   age > 0: in use        age 0, must be cleaned     age 0, clean: can be had at once
 *   [   active   ] ------> [ inactive_dirty ] ------> [ inactive_clean, one a zone ] ------> reclaim_page
 *         ^-------- used again --------+------------------------+
 * ```
 * A use adds 3 to a page's age, up to 64; each look without one halves it. Every page that is put on a list goes to its head,
 * every scan begins at the tail. Pages of programs are on no list until they enter the swap cache.
 *
 * @linux 2.4.0 mm/swap.c
 */
export class AgingLists {
  /** Index of the lists' heads in `memMap.lruNext`. */
  readonly activeList: number;
  readonly inactiveDirtyList: number;
  /** Length of the lists. Recount: the lists. */
  nrActivePages = 0;
  nrInactiveDirtyPages = 0;
  private readonly memMap: MemMap;
  private readonly trace: Trace;
  private readonly zoneOf: (pfn: Pfn) => Zone;
  private readonly isRamdisk: (pfn: Pfn) => boolean;
  private readonly cleanHeads: number[];

  /**
   * @param zones all zones, by their number
   * @param isRamdisk whether a page's buffers belong to a RAM disk: such pages stay where they are
   */
  constructor(parts: {
    memMap: MemMap;
    trace: Trace;
    zones: readonly Zone[];
    zoneOf: (pfn: Pfn) => Zone;
    isRamdisk?: (pfn: Pfn) => boolean;
  }) {
    this.memMap = parts.memMap;
    this.trace = parts.trace;
    this.zoneOf = parts.zoneOf;
    this.isRamdisk = parts.isRamdisk ?? (() => false);
    this.activeList = parts.memMap.newListHead();
    this.inactiveDirtyList = parts.memMap.newListHead();
    this.cleanHeads = parts.zones.map(() => parts.memMap.newListHead());
  }

  /** Head of a zone's list of inactive clean pages. */
  inactiveCleanList(zone: Zone): number {
    return this.cleanHeads[zone.number] as number;
  }

  /** Whether a page is on the list with this flag. */
  private on(pfn: Pfn, flag: number): boolean {
    return ((this.memMap.flags[pfn] as number) & flag) !== 0;
  }

  // ---- moving pages

  /** Takes a page off whichever list it is on. */
  private unlink(pfn: Pfn): void {
    const { flags, lruNext, lruPrev } = this.memMap;
    const bits = flags[pfn] as number;
    if ((bits & ON_A_LIST) === 0) return;
    const next = lruNext[pfn] as number;
    const prev = lruPrev[pfn] as number;
    lruNext[prev] = next;
    lruPrev[next] = prev;
    if ((bits & PG.active) !== 0) {
      this.nrActivePages--;
    } else if ((bits & PG.inactiveDirty) !== 0) {
      this.nrInactiveDirtyPages--;
      this.zoneOf(pfn).inactiveDirtyPages--;
    } else {
      this.zoneOf(pfn).inactiveCleanPages--;
    }
    flags[pfn] = bits & ~ON_A_LIST;
  }

  private link(pfn: Pfn, head: number, flag: number, list: number): void {
    const { flags, lruNext, lruPrev } = this.memMap;
    const first = lruNext[head] as number;
    lruPrev[first] = pfn;
    lruNext[pfn] = first;
    lruPrev[pfn] = head;
    lruNext[head] = pfn;
    flags[pfn] = (flags[pfn] as number) | flag;
    if (this.trace.on) this.trace.emit(MM_PAGE_LIST, pfn, list, this.memMap.age[pfn] as number);
  }

  /** Moves a page to the head of the active list. @linux 2.4.0 include/linux/swap.h add_page_to_active_list() */
  toActive(pfn: Pfn): void {
    this.unlink(pfn);
    this.nrActivePages++;
    this.link(pfn, this.activeList, PG.active, AGING_LIST.active);
  }

  /**
   * Moves a page to the head of the list of pages to be cleaned.
   * @linux 2.4.0 include/linux/swap.h add_page_to_inactive_dirty_list()
   */
  toInactiveDirty(pfn: Pfn): void {
    this.unlink(pfn);
    this.nrInactiveDirtyPages++;
    this.zoneOf(pfn).inactiveDirtyPages++;
    this.link(pfn, this.inactiveDirtyList, PG.inactiveDirty, AGING_LIST.inactiveDirty);
  }

  /**
   * Moves a page to the head of its zone's list of clean pages.
   * @linux 2.4.0 include/linux/swap.h add_page_to_inactive_clean_list()
   */
  toInactiveClean(pfn: Pfn): void {
    this.unlink(pfn);
    const zone = this.zoneOf(pfn);
    zone.inactiveCleanPages++;
    this.link(pfn, this.inactiveCleanList(zone), PG.inactiveClean, AGING_LIST.inactiveClean);
  }

  /** Off all lists. @linux 2.4.0 mm/swap.c lru_cache_del() */
  remove(pfn: Pfn): void {
    if (!this.on(pfn, ON_A_LIST)) return;
    this.unlink(pfn);
    if (this.trace.on) this.trace.emit(MM_PAGE_LIST, pfn, AGING_LIST.none, this.memMap.age[pfn] as number);
  }

  /**
   * A locked page enters the cache: it counts as active, unless its age is 0 already.
   *
   * @linux 2.4.0 mm/swap.c lru_cache_add()
   */
  add(pfn: Pfn): void {
    if (!this.on(pfn, PG.locked)) throw new KernelBug(`page ${pfn} goes on a list, but is not locked`);
    this.toActive(pfn);
    if (this.memMap.age[pfn] === 0) this.deactivate(pfn);
  }

  // ---- ages

  /** A page was used. @linux 2.4.0 mm/swap.c age_page_up() */
  ageUp(pfn: Pfn): void {
    const { age } = this.memMap;
    if (age[pfn] === 0) this.activate(pfn);
    age[pfn] = Math.min((age[pfn] as number) + PAGE_AGE_ADV, PAGE_AGE_MAX);
    if (this.trace.on) this.trace.emit(MM_PAGE_AGE, pfn, age[pfn] as number, 1);
  }

  /** A page was not used; it stays on its list. @linux 2.4.0 mm/swap.c age_page_down_ageonly() */
  ageDownOnly(pfn: Pfn): void {
    const { age } = this.memMap;
    age[pfn] = (age[pfn] as number) >>> 1;
    if (this.trace.on) this.trace.emit(MM_PAGE_AGE, pfn, age[pfn] as number, 0);
  }

  /** A page was not used, and is old if its age is 0 now. @linux 2.4.0 mm/swap.c age_page_down() */
  ageDown(pfn: Pfn): void {
    this.ageDownOnly(pfn);
    if (this.memMap.age[pfn] === 0) this.deactivate(pfn);
  }

  /** An inactive page is wanted again; one that is on no list stays off. @linux 2.4.0 mm/swap.c activate_page() */
  activate(pfn: Pfn): void {
    const { age } = this.memMap;
    if (this.on(pfn, PG.inactiveDirty | PG.inactiveClean)) this.toActive(pfn);
    age[pfn] = Math.max(age[pfn] as number, PAGE_AGE_START);
  }

  /**
   * A page is old. It leaves the active list if nobody uses it but the cache, the caller, and its buffers.
   *
   * @linux 2.4.0 mm/swap.c deactivate_page()
   */
  deactivate(pfn: Pfn): void {
    const { age, flags, count, buffers } = this.memMap;
    age[pfn] = 0;
    flags[pfn] = (flags[pfn] as number) & ~PG.referenced;
    const most = buffers[pfn] === 0 ? 2 : 3;
    if (this.on(pfn, PG.active) && (count[pfn] as number) <= most && !this.isRamdisk(pfn))
      this.toInactiveDirty(pfn);
  }

  /** Whether a page is used by somebody, and belongs on the active list. Clears PG_referenced. */
  testUsed(pfn: Pfn): boolean {
    const { age, flags, count, buffers } = this.memMap;
    const bits = flags[pfn] as number;
    flags[pfn] = bits & ~PG.referenced;
    if ((bits & PG.referenced) !== 0 || (age[pfn] as number) > 0) return true;
    return (buffers[pfn] === 0 && (count[pfn] as number) > 1) || this.isRamdisk(pfn);
  }

  /** Recounts the lists. @returns what differs */
  check(zones: readonly Zone[]): string[] {
    const faults: string[] = [];
    const count = (head: number, flag: number): number => {
      let length = 0;
      for (
        let pfn = this.memMap.lruNext[head] as number;
        pfn !== head;
        pfn = this.memMap.lruNext[pfn] as number
      ) {
        if (((this.memMap.flags[pfn] as number) & ON_A_LIST) !== flag)
          faults.push(`page ${pfn} is on a wrong list`);
        length++;
      }
      return length;
    };
    const differs = (what: string, counted: number, said: number) => {
      if (counted !== said) faults.push(`${what}: ${counted} pages, counted ${said}`);
    };
    differs('active', count(this.activeList, PG.active), this.nrActivePages);
    differs('inactive_dirty', count(this.inactiveDirtyList, PG.inactiveDirty), this.nrInactiveDirtyPages);
    differs(
      'inactive_dirty of the zones',
      zones.reduce((sum, { inactiveDirtyPages }) => sum + inactiveDirtyPages, 0),
      this.nrInactiveDirtyPages,
    );
    for (const zone of zones) {
      differs(
        `inactive_clean of ${zone.name}`,
        count(this.inactiveCleanList(zone), PG.inactiveClean),
        zone.inactiveCleanPages,
      );
    }
    return faults;
  }
}
