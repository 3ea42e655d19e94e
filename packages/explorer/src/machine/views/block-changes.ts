import type { Kernel } from '@pagewalk/mm';
import type { EventStore } from '../event-store.ts';
import { fieldIndex, Tally } from './tally.ts';

const MAX_ORDER = 9;
const LARGEST = 2 ** MAX_ORDER;

/**
 * Splits and merges of free blocks, exactly as many as there were: who gave out a block of which order, and what came back, tells the
 * events; this does to a copy of the free lists what the buddy allocator did to them.
 */
export class BlockChanges {
  /** By zone's index * 10 + order: blocks of that order that were split in two, and that came from two of the order below. */
  readonly splits: Float64Array;
  readonly merges: Float64Array;
  private readonly kernel: Kernel;
  private readonly tally: Tally;
  /** By frame: order + 1 of the free block that begins there. */
  private readonly heads: Uint8Array;
  /** Blocks of the largest order that no list has had yet, by their number. */
  private readonly untouched: Uint8Array;
  // Task that reclaims for itself and has freed nothing yet; the block that it keeps: the first that it freed. 0: none.
  private reclaims = 0;
  private kept = 0;

  constructor(kernel: Kernel) {
    const { zones } = kernel.allocator;
    this.kernel = kernel;
    this.splits = new Float64Array(zones.length * (MAX_ORDER + 1));
    this.merges = new Float64Array(zones.length * (MAX_ORDER + 1));
    this.heads = new Uint8Array(kernel.memMap.frames);
    this.untouched = new Uint8Array(Math.ceil(kernel.memMap.frames / LARGEST));
    const kswapd = kernel.paging.daemons.list.find(({ task }) => task.comm === 'kswapd')?.task.pid;
    const allocated = fieldIndex('mm_page_alloc', 'order');
    const freed = fieldIndex('mm_page_free', 'order');
    this.tally = new Tally(
      {
        mm_page_alloc: (events, seq) => this.take(events.operand(seq, 0), events.operand(seq, allocated)),
        mm_page_free: (events, seq) =>
          this.free(events.operand(seq, 0), events.operand(seq, freed), events.pidOf(seq)),
        mm_vmscan_begin: (events, seq) => {
          const pid = events.pidOf(seq);
          if (pid !== kswapd) this.reclaims = pid;
        },
        mm_vmscan_end: () => {
          this.reclaims = 0;
        },
      },
      () => this.forget(),
      kernel.trace.seq,
    );
    this.copy();
  }

  /** Counts what happened since the last time. When the machine went back, from there. */
  update(events: EventStore): void {
    const { seq } = this.kernel.trace;
    if (this.tally.isBehind(seq)) {
      this.tally.update(events, seq);
      // The copy is as the lists are; where it could not follow, it does now.
      this.copy();
    }
  }

  /** Whether the copy is as the kernel's lists are: for tests. */
  get agrees(): boolean {
    const { freeOrder } = this.kernel.memMap;
    return this.heads.every((head, pfn) => head === freeOrder[pfn]);
  }

  /** Counts without copying the lists afterwards. @internal */
  follow(events: EventStore): void {
    this.tally.update(events, this.kernel.trace.seq);
  }

  private copy(): void {
    this.heads.set(this.kernel.memMap.freeOrder);
    if (this.heads[this.kept] !== 0) this.kept = 0;
    this.untouched.fill(0);
    for (const { frontier, frontierEnd, laterRanges } of this.kernel.allocator.zones) {
      this.untouched.fill(1, frontier / LARGEST, frontierEnd / LARGEST);
      for (let i = 0; i < laterRanges.length; i += 2) {
        this.untouched.fill(
          1,
          (laterRanges[i] as number) / LARGEST,
          (laterRanges[i + 1] as number) / LARGEST,
        );
      }
    }
  }

  private forget(): void {
    this.splits.fill(0);
    this.merges.fill(0);
    this.tally.skipTo(this.kernel.trace.seq);
    this.copy();
  }

  /** A block was given out: the one that it was part of is split until it is left. */
  private take(pfn: number, order: number): void {
    const { heads } = this;
    if (pfn <= 0 || pfn >= heads.length) return;
    if (pfn === this.kept) {
      this.kept = 0;
      return;
    }
    let from = order;
    while (from <= MAX_ORDER && heads[pfn - (pfn % 2 ** from)] !== from + 1) from++;
    if (from > MAX_ORDER) {
      const block = Math.floor(pfn / LARGEST);
      if (this.untouched[block] === 0) return;
      this.untouched[block] = 0;
      from = MAX_ORDER;
    } else heads[pfn - (pfn % 2 ** from)] = 0;
    const base = this.base(pfn);
    for (; from > order; from--) {
      this.splits[base + from] = (this.splits[base + from] as number) + 1;
      const half = 2 ** (from - 1);
      const low = pfn - (pfn % (2 * half));
      heads[pfn < low + half ? low + half : low] = from;
    }
  }

  /** Who reclaims keeps the first block that he frees, until he gets it or frees it again. @linux 2.4.22 __free_pages_ok() */
  private free(pfn: number, order: number, pid: number): void {
    if (pid === this.reclaims && this.kept === 0) {
      this.reclaims = 0;
      this.kept = pfn;
      return;
    }
    if (pfn === this.kept) this.kept = 0;
    this.give(pfn, order);
  }

  /** A block came back: it merges with its buddy as long as that is free. */
  private give(pfn: number, order: number): void {
    const { heads } = this;
    const base = this.base(pfn);
    let head = pfn;
    let to = order;
    while (to < MAX_ORDER) {
      const buddy = head ^ (1 << to);
      if (heads[buddy] !== to + 1) break;
      heads[buddy] = 0;
      head = Math.min(head, buddy);
      to++;
      this.merges[base + to] = (this.merges[base + to] as number) + 1;
    }
    heads[head] = to + 1;
  }

  private base(pfn: number): number {
    const zone = this.kernel.allocator.zones.findIndex(
      ({ startPfn, endPfn }) => pfn >= startPfn && pfn < endPfn,
    );
    return Math.max(0, zone) * (MAX_ORDER + 1);
  }
}
