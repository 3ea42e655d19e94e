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
   * What the thread does; yields where it sleeps. Allocations wake it only where it waits for them: while it rests or waits for
   * I/O, whoever needs memory must see for himself.
   *
   * @linux 2.4.22 mm/vmscan.c kswapd(), kswapd_balance()
   */
  *body(): Generator<Sleep, void, void> {
    for (;;) {
      if (this.canSleep()) yield Number.POSITIVE_INFINITY;
      let more: boolean;
      do {
        more = false;
        for (const node of this.allocator.pgdatList) if (yield* this.balanceNode(node)) more = true;
      } while (more);
      this.ports.runTqDisk();
    }
  }

  /**
   * One round over a node. A zone for which nothing could be freed is given up until the next call for it, and the thread
   * sleeps for a second, from which nothing wakes it: it is on no wait queue.
   *
   * @returns whether a zone is still short
   * @linux 2.4.22 mm/vmscan.c kswapd_balance_pgdat()
   */
  private *balanceNode(node: PhysicalNode): Generator<Sleep, boolean, void> {
    let more = false;
    for (let index = node.nrZones - 1; index >= 0; index--) {
      const zone = node.zones[index] as Zone;
      if (!zone.needBalance) continue;
      if ((yield* waitAlone(this.ports.rounds(zone, GFP_KSWAPD), this.ports)) === 0) {
        zone.needBalance = false;
        yield { until: this.now() + SECOND_NS, done: null };
      } else if (classzoneNeedsBalance(node, zone)) {
        more = true;
      } else {
        zone.needBalance = false;
      }
    }
    return more;
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
