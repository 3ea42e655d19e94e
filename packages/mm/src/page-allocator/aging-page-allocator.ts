import { KernelBug } from '../kernel-bug.ts';
import { KERN } from '../physical/boot-log.ts';
import { PAGE_AGE_START, PG } from '../physical/mem-map.ts';
import type { PhysicalNode } from '../physical/node.ts';
import type { Zone } from '../physical/zone.ts';
import type { Trace } from '../trace/trace.ts';
import type { Pfn } from '../types.ts';
import {
  ALLOC_WAKES_BDFLUSH,
  ALLOC_WAKES_KSWAPD,
  DIRECT_RECLAIM,
  ZONE_FREE_OK,
  ZONE_LAST_PAGES,
  ZONE_LIMIT_OK,
} from './aging-tracepoints.ts';
import { GFP, GFP_ZONEMASK } from './gfp.ts';
import { MemoryPressure } from './memory-pressure.ts';
import { PageAllocator, UNUSUAL } from './page-allocator.ts';
import { type AgingAllocatorPorts, NOTHING_AGES, type PageAllocatorPorts } from './ports.ts';
import { PF } from './process-flags.ts';
import { MM_PAGE_FREE } from './tracepoints.ts';

/** Marks that a zone is weighed against. @linux 2.4.0 mm/page_alloc.c PAGES_MIN, PAGES_LOW, PAGES_HIGH */
const PAGES_MIN = 0;
const PAGES_LOW = 1;
const PAGES_HIGH = 2;
/** A zone with fewer free pages than this beyond pages_min gives inactive clean ones. */
const DIRECT_RECLAIM_MARGIN = 8;
const MUST_NOT_BE_FREED = PG.inactiveDirty | PG.inactiveClean;

/**
 * The page allocator of 2.4.0: pages age, and those that are inactive and clean are as good as free. A zone is weighed by
 * itself, free and inactive clean pages against one of its watermarks; whoever finds all zones low waits for kswapd.
 *
 * ```
 *   1  free >= low               a free block
 *   2  free + clean > high       a clean page, if the zone has few free ones; else a free block
 *   3  free + clean > low        the same
 *   4  kswapd is woken, the CPU yielded;  free + clean > min  the same
 *   5  wait for kswapd (or reclaim), and a single page from the start again
 *   6  whatever is left, down to a quarter of min
 * ```
 * A single page is never refused to a task that may wait; a larger block is, after one round.
 *
 * @linux 2.4.0 mm/page_alloc.c
 */
export class AgingPageAllocator extends PageAllocator {
  /** How hard memory is asked for, and what is missing. */
  readonly pressure: MemoryPressure;
  /** What reclaim does for the allocator; until it is plugged in nothing ages. */
  aging: AgingAllocatorPorts = NOTHING_AGES;
  private readonly age: Uint8Array;
  private readonly print: (text: string, level: number) => void;
  private readonly quietPressure: number;

  /**
   * @param nrCpus CPUs that the kernel is built for. @linux NR_CPUS
   * @param print writes to the kernel's log
   */
  constructor(
    node: PhysicalNode,
    trace: Trace,
    ports?: PageAllocatorPorts,
    nodes?: readonly PhysicalNode[],
    numa = false,
    nrCpus = 1,
    print: (text: string, level: number) => void = () => {},
  ) {
    super(node, trace, ports, nodes, numa);
    const { memMap } = node;
    this.pressure = new MemoryPressure(this.zones, memMap.frames);
    // Boot frees every frame once, or never.
    this.age = memMap.age.fill(PAGE_AGE_START);
    this.quietPressure = nrCpus;
    this.print = print;
  }

  /** Inactive pages, dirty or not, and free ones; and a 16th of the active. @linux 2.4.0 mm/page_alloc.c nr_free_buffer_pages() */
  override nrFreeBufferPages(): number {
    const { pressure, aging } = this;
    const inactive = pressure.free + pressure.clean + aging.nrInactiveDirtyPages();
    return Math.max(inactive, pressure.high + pressure.inactiveTarget) + (aging.nrActivePages() >> 4);
  }

  /** Frees a block whose count is 0: its first page is a new one again. @linux 2.4.0 mm/page_alloc.c __free_pages_ok() */
  override freePagesOk(pfn: Pfn, order: number): void {
    const flags = this.flags[pfn] as number;
    if ((flags & MUST_NOT_BE_FREED) !== 0) {
      throw new KernelBug(
        `page ${pfn} is freed while on a list of inactive pages (flags ${flags.toString(16)})`,
      );
    }
    if ((flags & UNUSUAL) !== 0) this.prepareUnusualPage(pfn);
    if (this.memMap.mapping[pfn] !== 0) throw new KernelBug(`page ${pfn} is freed but belongs to a mapping`);
    if (this.memMap.buffers[pfn] !== 0) throw new KernelBug(`page ${pfn} is freed but has buffers`);
    if (this.trace.on) this.trace.emit(MM_PAGE_FREE, pfn, order);
    this.age[pfn] = PAGE_AGE_START;
    this.freeToLists(pfn, order);
    if (this.pressure.value > this.quietPressure) this.pressure.value--;
  }

  protected override allocFrom(zonelists: readonly (readonly Zone[])[], gfp: number, order: number): Pfn {
    const zonelist = zonelists[gfp & GFP_ZONEMASK] as readonly Zone[];
    if (zonelist.length === 0) return 0;
    this.pressure.value++;
    this.wakeWhoCanHelp();
    const pfn = this.allocPlenty(zonelist, order);
    return this.traceAlloc(pfn !== 0 ? pfn : this.allocSlowly(zonelist, gfp, order), order, gfp);
  }

  private wakeWhoCanHelp(): void {
    const { pressure, trace } = this;
    const dirty = this.aging.nrInactiveDirtyPages();
    const missing = pressure.freeShortage();
    const inactiveMissing = pressure.inactiveShortage(dirty);
    const target = pressure.inactiveTarget;
    const kswapd = missing > 0 && inactiveMissing > target >> 1;
    if (trace.on) trace.emit(ALLOC_WAKES_KSWAPD, inactiveMissing, target, missing, kswapd ? 1 : 0);
    if (kswapd) {
      this.aging.wakeupKswapd(false);
      return;
    }
    if (missing === 0 && !trace.on) return;
    const { high } = pressure;
    const bdflush = missing > 0 && dirty > missing && dirty >= high;
    if (trace.on) trace.emit(ALLOC_WAKES_BDFLUSH, missing, dirty, high, bdflush ? 1 : 0);
    if (bdflush) this.aging.wakeupBdflush();
  }

  /** A block of the first zone with many free pages; 0: none. */
  private allocPlenty(zonelist: readonly Zone[], order: number): Pfn {
    const { trace } = this;
    for (let i = 0; i < zonelist.length; i++) {
      const zone = zonelist[i] as Zone;
      const free = zone.freePages;
      const plenty = free >= zone.pagesLow;
      if (trace.on) {
        trace.emit(ZONE_FREE_OK, zone.number, free, zone.pagesLow, zone.pagesMin, order, plenty ? 1 : 0);
      }
      if (plenty) {
        const pfn = this.rmqueue(zone, order);
        if (pfn !== 0) return pfn;
      } else if (free < zone.pagesMin) {
        this.aging.wakeKreclaimd();
      }
    }
    return 0;
  }

  /** All that follows when no zone has many free pages. */
  private allocSlowly(zonelist: readonly Zone[], gfp: number, order: number): Pfn {
    const { aging } = this;
    const mayWait = (gfp & GFP.WAIT) !== 0;
    const direct = order === 0 && mayWait && (this.currentFlags & PF.MEMALLOC) === 0;
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) {
        const plenty = this.allocPlenty(zonelist, order);
        if (plenty !== 0) return plenty;
      }
      let pfn = this.allocLimit(zonelist, order, PAGES_HIGH, direct);
      if (pfn === 0) pfn = this.allocLimit(zonelist, order, PAGES_LOW, direct);
      if (pfn !== 0) return pfn;
      aging.wakeupKswapd(false);
      if (mayWait) aging.yieldCpu();
      pfn = this.allocLimit(zonelist, order, PAGES_MIN, direct);
      if (pfn !== 0) return pfn;
      if (!mayWait || (this.currentFlags & PF.MEMALLOC) !== 0) break;
      if (order > 0) {
        pfn = this.allocByReclaiming(zonelist, gfp, order);
        if (pfn !== 0) return pfn;
      }
      if ((gfp & GFP.IO) !== 0) aging.wakeupKswapd(true);
      else aging.tryToFreePages(gfp);
      this.pressure.value++;
      if (order > 0) break;
      if (!aging.mayTryAgain(gfp, attempt)) return 0;
    }
    return this.allocLastPages(zonelist, order, direct);
  }

  /** A page of the first zone above a watermark; 0: none. @linux 2.4.0 mm/page_alloc.c __alloc_pages_limit() */
  private allocLimit(zonelist: readonly Zone[], order: number, limit: number, direct: boolean): Pfn {
    const { trace } = this;
    for (const zone of zonelist) {
      const mark =
        limit === PAGES_HIGH ? zone.pagesHigh : limit === PAGES_LOW ? zone.pagesLow : zone.pagesMin;
      const { freePages: free, inactiveCleanPages: clean } = zone;
      const above = free + clean > mark;
      if (trace.on) trace.emit(ZONE_LIMIT_OK, zone.number, free, clean, mark, order, limit, above ? 1 : 0);
      if (!above) continue;
      const fewFree = free < zone.pagesMin + DIRECT_RECLAIM_MARGIN;
      if (trace.on) {
        trace.emit(
          DIRECT_RECLAIM,
          zone.number,
          direct ? 1 : 0,
          free,
          zone.pagesMin,
          direct && fewFree ? 1 : 0,
        );
      }
      let pfn = direct && fewFree ? this.aging.reclaimPage(zone) : 0;
      if (pfn === 0) pfn = this.rmqueue(zone, order);
      if (pfn !== 0) return pfn;
    }
    return 0;
  }

  /** Frees inactive clean pages one by one until a block of the wanted size came together; 0: it did not. */
  private allocByReclaiming(zonelist: readonly Zone[], gfp: number, order: number): Pfn {
    const { aging } = this;
    this.currentFlags |= PF.MEMALLOC;
    aging.pageLaunder(gfp, true);
    this.currentFlags &= ~PF.MEMALLOC;
    for (const zone of zonelist) {
      while (zone.inactiveCleanPages > 0) {
        const page = aging.reclaimPage(zone);
        if (page === 0) break;
        this.freePages(page, 0);
        const pfn = this.rmqueue(zone, order);
        if (pfn !== 0) return pfn;
      }
    }
    return 0;
  }

  /** For those who cannot wait, or are in reclaim themselves: down to a quarter of pages_min, or to the last page. */
  private allocLastPages(zonelist: readonly Zone[], order: number, direct: boolean): Pfn {
    const { trace } = this;
    const memalloc = (this.currentFlags & PF.MEMALLOC) !== 0;
    for (const zone of zonelist) {
      // Only a task that the OOM killer chose while it waited comes here with `direct`.
      let pfn = direct ? this.aging.reclaimPage(zone) : 0;
      if (pfn !== 0) return pfn;
      const { freePages: free, pagesMin: min } = zone;
      const may = memalloc || free >= min >> 2;
      if (trace.on) trace.emit(ZONE_LAST_PAGES, zone.number, free, min, memalloc ? 1 : 0, order, may ? 1 : 0);
      if (!may) continue;
      pfn = this.rmqueue(zone, order);
      if (pfn !== 0) return pfn;
    }
    this.print(`__alloc_pages: ${order}-order allocation failed.`, KERN.ERR);
    return 0;
  }
}
