import { GFP_KSWAPD } from '../page-allocator/gfp.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import type { PhysicalNode } from '../physical/node.ts';
import type { Zone } from '../physical/zone.ts';
import { type Sleep, type Sleeper, type WaitPorts, waitAlone } from './thread-sleep.ts';

/**
 * The thread that frees pages before anyone must wait for them: one for all nodes.
 *
 * An allocation that finds all zones of its list below their low watermark marks the first of them and wakes kswapd. That
 * goes over the nodes in the order of pgdat_list and over each node's zones from the highest down, and frees on behalf of
 * those that are marked, round by round, until none is short.
 *
 * ```
 *   pgdat_list   node 1: HighMem, Normal, DMA  ->  node 0: Normal, DMA
 * ```
 * Reentrancy: it runs as its own task with PF_MEMALLOC, so what it allocates never comes back to it.
 *
 * @linux 2.4.22 mm/vmscan.c kswapd()
 */
export class Kswapd {
  private readonly allocator: PageAllocator;
  private readonly now: () => number;
  private readonly ports: KswapdPorts;
  // How far a pass over all nodes has come: the node, how many of its zones are left (-1: it was not begun), and whether one
  // is still short.
  private node = 0;
  private zone = -1;
  private more = false;

  /** @param now reads the virtual clock (ns) */
  constructor(allocator: PageAllocator, now: () => number, ports: KswapdPorts) {
    this.allocator = allocator;
    this.now = now;
    this.ports = ports;
  }

  /** Whether no zone of any node asks to be balanced. @linux kswapd_can_sleep() */
  canSleep(): boolean {
    return this.allocator.zones.every((zone) => !zone.needBalance);
  }

  /**
   * What the thread does until it rests; yields where it waits for I/O. Allocations wake it only where it waits for them: while it
   * rests for a second or waits for I/O, whoever needs memory must see for himself.
   *
   * @param first it was started just now
   * @linux 2.4.22 mm/vmscan.c kswapd(), kswapd_balance()
   */
  *body(first: boolean): Generator<Sleep, Sleep, void> {
    if (first && this.canSleep()) return Number.POSITIVE_INFINITY;
    for (;;) {
      do {
        const rest = yield* this.balanceNodes();
        if (rest !== null) return rest;
      } while (this.beginPass());
      this.ports.runTqDisk();
      if (this.canSleep()) return Number.POSITIVE_INFINITY;
    }
  }

  /** A pass is over: whether another is needed. */
  private beginPass(): boolean {
    const { more } = this;
    this.node = 0;
    this.zone = -1;
    this.more = false;
    return more;
  }

  /**
   * Goes on with a pass over the nodes. A zone for which nothing could be freed is given up until the next call for it, and the
   * thread sleeps for a second, from which nothing wakes it: it is on no wait queue.
   *
   * @returns that rest; null: the pass is over
   * @linux 2.4.22 mm/vmscan.c kswapd_balance_pgdat()
   */
  private *balanceNodes(): Generator<Sleep, Sleep | null, void> {
    const { pgdatList } = this.allocator;
    for (; this.node < pgdatList.length; this.node++) {
      const node = pgdatList[this.node] as PhysicalNode;
      if (this.zone < 0) this.zone = node.nrZones;
      while (this.zone > 0) {
        const zone = node.zones[--this.zone] as Zone;
        if (!zone.needBalance) continue;
        if ((yield* waitAlone(this.ports.rounds(zone, GFP_KSWAPD), this.ports)) === 0) {
          zone.needBalance = false;
          return { until: this.now() + SECOND_NS, done: null };
        }
        if (classzoneNeedsBalance(node, zone)) this.more = true;
        else zone.needBalance = false;
      }
      this.zone = -1;
    }
    return null;
  }
}

/** What kswapd asks of other rooms. */
export interface KswapdPorts extends WaitPorts {
  /** Frees pages for the zones up to one, see {@link TwoListReclaim.rounds}. */
  rounds(classzone: Zone, gfp: number): Sleeper<0 | 1>;
}

/** How long it rests when nothing could be freed. @linux schedule_timeout(HZ) */
const SECOND_NS = 1e9;

/**
 * Whether a zone and all those below it on its node stand under the high watermark: one zone with enough free pages will do.
 *
 * @linux 2.4.22 mm/vmscan.c check_classzone_need_balance()
 */
function classzoneNeedsBalance(node: PhysicalNode, classzone: Zone): boolean {
  for (let index = classzone.index; index >= 0; index--) {
    const zone = node.zones[index] as Zone;
    if (zone.freePages > zone.pagesHigh) return false;
  }
  return true;
}
