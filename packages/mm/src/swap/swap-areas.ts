import type { Trace } from '../trace/trace.ts';
import { SWAP_MAP_BAD, SWAP_MAP_MAX, SWP, type SwapInfo } from './swap-info.ts';
import { swpEntry, swpOffset, swpType } from './swp-entry.ts';
import { SWAP_SLOT_ALLOC, SWAP_SLOT_FREE } from './tracepoints.ts';

/** Slots that are taken one after the other before a new run is looked for. @linux SWAPFILE_CLUSTER */
const CLUSTER = 256;

/** Slots side by side. */
export interface SlotRun {
  first: number;
  count: number;
}

/** What differs between releases in this room's slots. */
export interface SwapSlotRules {
  /** Areas at most. @linux MAX_SWAPFILES */
  readonly maxSwapfiles: number;
  /** 2.4.22: an area without a free slot is remembered as such (lowest = max, highest = 0). */
  readonly normalizesBounds: boolean;
}

/**
 * The swap areas and their slots.
 *
 * Areas are listed by falling priority; those of equal priority are used in turn. Within an area slots are taken in runs of
 * 257: what is swapped out together lies together, and can be read together.
 *
 * @linux 2.4.22 mm/swapfile.c
 */
export class SwapAreas {
  /** All areas ever used, by type. @linux swap_info */
  readonly areas: SwapInfo[] = [];
  /** First area by priority and the next to be used, -1 = none. @linux swap_list */
  readonly list = { head: -1, next: -1 };
  /** Free slots. Negative while an area is switched off whose slots are in use. @linux nr_swap_pages */
  nrSwapPages = 0;
  /** @linux total_swap_pages */
  totalSwapPages = 0;
  readonly rules: SwapSlotRules;
  readonly trace: Trace;
  /** Prints a line of the kernel log. */
  readonly print: (text: string) => void;
  private overflows = 0;
  private readonly run: SlotRun = { first: 0, count: 0 };

  constructor(parts: { rules: SwapSlotRules; trace: Trace; print: (text: string) => void }) {
    this.rules = parts.rules;
    this.trace = parts.trace;
    this.print = parts.print;
  }

  /** Whether less than half of swap is free: then slots are not kept for pages that are in memory. @linux vm_swap_full() */
  get full(): boolean {
    return this.nrSwapPages * 2 < this.totalSwapPages;
  }

  /**
   * Takes a free slot; 0 = there is none.
   *
   * @param count references that it is born with
   * @linux 2.4.22 mm/swapfile.c get_swap_page()
   */
  getSwapPage(count = 1): number {
    let type = this.list.next;
    if (type < 0 || this.nrSwapPages <= 0) return 0;
    let wrapped = false;
    for (;;) {
      const area = this.areas[type] as SwapInfo;
      if (area.flags === SWP.writeok) {
        const offset = this.scanSwapMap(area, count);
        if (offset !== 0) {
          const next = this.areas[area.next];
          this.list.next = next === undefined || next.prio !== area.prio ? this.list.head : area.next;
          const entry = swpEntry(type, offset);
          if (this.trace.on)
            this.trace.emit(SWAP_SLOT_ALLOC, entry, type, offset, area.prio, this.nrSwapPages);
          return entry;
        }
      }
      type = area.next;
      if (wrapped) {
        if (type < 0) return 0;
      } else if (type < 0 || (this.areas[type] as SwapInfo).prio !== area.prio) {
        // The areas of this priority are full: from the top again, and then down to the last.
        type = this.list.head;
        wrapped = true;
      }
    }
  }

  /**
   * A free slot of one area, 0 = none.
   *
   * ```
   *   1. go on in the current run       [#######.......]  next free slot from clusterNext
   *   2. a run of 256 free slots        [##..#|........|  from lowestBit
   *   3. the first free slot            [##x.#..#...#..]
   * ```
   * The slot that begins a run does not count for it: a run gives 257.
   *
   * @linux 2.4.22 mm/swapfile.c scan_swap_map()
   */
  private scanSwapMap(area: SwapInfo, count: number): number {
    const map = area.swapMap;
    if (area.clusterNr !== 0) {
      while (area.clusterNext <= area.highestBit) {
        const offset = area.clusterNext++;
        if (map[offset] !== 0) continue;
        area.clusterNr--;
        return this.take(area, offset, count);
      }
    }
    area.clusterNr = CLUSTER;
    let offset = area.lowestBit;
    while (offset + CLUSTER - 1 <= area.highestBit) {
      const used = map.subarray(offset, offset + CLUSTER).findIndex((slot) => slot !== 0);
      if (used === -1) return this.take(area, offset, count);
      offset += used + 1;
    }
    for (offset = area.lowestBit; offset <= area.highestBit; offset++) {
      if (map[offset] !== 0) continue;
      if (this.rules.normalizesBounds) area.lowestBit = offset + 1;
      return this.take(area, offset, count);
    }
    if (this.rules.normalizesBounds) markFull(area);
    return 0;
  }

  private take(area: SwapInfo, offset: number, count: number): number {
    if (offset === area.lowestBit) area.lowestBit++;
    if (offset === area.highestBit) area.highestBit--;
    if (this.rules.normalizesBounds && area.lowestBit > area.highestBit) markFull(area);
    area.swapMap[offset] = count;
    this.nrSwapPages--;
    area.clusterNext = offset + 1;
    return offset;
  }

  /**
   * Takes one more reference to a slot that is in use. False: it is free or bad.
   *
   * @linux 2.4.22 mm/swapfile.c swap_duplicate()
   */
  swapDuplicate(entry: number): boolean {
    const area = this.areas[swpType(entry)];
    if (area === undefined) {
      this.print(`swap_dup: Bad swap file entry ${hex(entry)}`);
      return false;
    }
    const offset = swpOffset(entry);
    const count = offset < area.max ? (area.swapMap[offset] as number) : 0;
    if (count === 0 || count > SWAP_MAP_MAX) return false;
    if (count < SWAP_MAP_MAX - 1) {
      area.swapMap[offset] = count + 1;
      return true;
    }
    if (this.overflows++ < 5) this.print('swap_dup: swap entry overflow');
    area.swapMap[offset] = SWAP_MAP_MAX;
    return true;
  }

  /** Overflows are over, and told again when there are new ones. @linux try_to_unuse() */
  clearOverflow(): void {
    this.print('swapoff: cleared swap entry overflow');
    this.overflows = 0;
  }

  /**
   * The area of an entry that is in use; null, with a line in the log, for one that is not. An area of higher priority than
   * the next to be used becomes the next, for it may have a free slot soon.
   *
   * @linux 2.4.22 mm/swapfile.c swap_info_get()
   */
  swapInfoGet(entry: number): SwapInfo | null {
    if (entry === 0) return null;
    const type = swpType(entry);
    const area = this.areas[type];
    if (area === undefined) return this.complain('Bad swap file entry', entry);
    if ((area.flags & SWP.used) === 0) return this.complain('Unused swap file entry', entry);
    const offset = swpOffset(entry);
    if (offset >= area.max) return this.complain('Bad swap offset entry', entry);
    if (area.swapMap[offset] === 0) return this.complain('Unused swap offset entry', entry);
    const next = this.areas[this.list.next];
    if (next !== undefined && area.prio > next.prio) this.list.next = type;
    return area;
  }

  private complain(what: string, entry: number): null {
    this.print(`swap_free: ${what} ${hex(entry)}`);
    return null;
  }

  /** Drops a reference to a slot. @linux swap_free() */
  swapFree(entry: number): void {
    this.entryFree(entry);
  }

  /** The same; returns the references that are left, -1 if the entry was not in use. @linux swap_entry_free() */
  entryFree(entry: number): number {
    const area = this.swapInfoGet(entry);
    if (area === null) return -1;
    const offset = swpOffset(entry);
    let count = area.swapMap[offset] as number;
    if (count >= SWAP_MAP_MAX) return count;
    count--;
    area.swapMap[offset] = count;
    if (count === 0) {
      area.lowestBit = Math.min(area.lowestBit, offset);
      area.highestBit = Math.max(area.highestBit, offset);
      this.nrSwapPages++;
      if (this.trace.on) this.trace.emit(SWAP_SLOT_FREE, entry, swpType(entry), offset, this.nrSwapPages);
    }
    return count;
  }

  /** References of a slot: 0 free, {@link SWAP_MAP_BAD}. */
  countOf(entry: number): number {
    return this.areas[swpType(entry)]?.swapMap[swpOffset(entry)] ?? 0;
  }

  /** Links an area into the list: before those of equal priority. */
  insert(type: number): void {
    const area = this.areas[type] as SwapInfo;
    let before = -1;
    let at = this.list.head;
    while (at >= 0 && area.prio < (this.areas[at] as SwapInfo).prio) {
      before = at;
      at = (this.areas[at] as SwapInfo).next;
    }
    area.next = at;
    if (before < 0) {
      this.list.head = type;
      this.list.next = type;
    } else {
      (this.areas[before] as SwapInfo).next = type;
    }
  }

  /** Takes an area out of the list. */
  unlink(type: number): void {
    const area = this.areas[type] as SwapInfo;
    let before = -1;
    for (let at = this.list.head; at !== type; at = (this.areas[at] as SwapInfo).next) before = at;
    if (before < 0) this.list.head = area.next;
    else (this.areas[before] as SwapInfo).next = area.next;
    if (this.list.next === type) this.list.next = this.list.head;
  }

  /** Free and all slots as /proc/meminfo shows them: those of an area that is being switched off count while in use. @linux si_swapinfo() */
  swapinfo(): { free: number; total: number } {
    let leaving = 0;
    for (const area of this.areas) if (area.flags === SWP.used) leaving += area.usedSlots();
    return { free: this.nrSwapPages + leaving, total: this.totalSwapPages + leaving };
  }

  /**
   * The run of slots around an entry that is worth reading together: aligned, without holes, as long as 2^`pageCluster`.
   *
   * @returns how many, from `first` on; the next call's result takes its place
   * @linux 2.4.22 mm/swapfile.c valid_swaphandles()
   */
  validSwaphandles(entry: number, pageCluster: number): Readonly<SlotRun> {
    const { run } = this;
    run.first = 0;
    run.count = 0;
    if (pageCluster === 0) return run;
    const area = this.areas[swpType(entry)] as SwapInfo;
    let first = (swpOffset(entry) >>> pageCluster) << pageCluster;
    let limit = 1 << pageCluster;
    if (first === 0) {
      first = 1;
      limit--;
    }
    let count = 0;
    while (count < limit && first + count < area.max) {
      const slot = area.swapMap[first + count] as number;
      if (slot === 0 || slot === SWAP_MAP_BAD) break;
      count++;
    }
    run.first = first;
    run.count = count;
    return run;
  }
}

function markFull(area: SwapInfo): void {
  area.lowestBit = area.max;
  area.highestBit = 0;
}

function hex(entry: number): string {
  return entry.toString(16).padStart(8, '0');
}
