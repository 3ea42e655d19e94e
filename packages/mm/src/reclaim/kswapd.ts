import { GFP_KSWAPD } from '../page-allocator/gfp.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import { PF } from '../page-allocator/process-flags.ts';
import type { PhysicalNode } from '../physical/node.ts';
import type { Zone } from '../physical/zone.ts';

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
  // Whether someone called since it last went to sleep.
  private woken = false;

  constructor(allocator: PageAllocator) {
    this.allocator = allocator;
  }

  /** An allocation found its zones low. @linux __alloc_pages(), which wakes kswapd_wait */
  wake(): void {
    this.woken = true;
  }

  /** Whether no zone of any node asks to be balanced. @linux kswapd_can_sleep() */
  canSleep(): boolean {
    return this.allocator.zones.every((zone) => !zone.needBalance);
  }

  /** Works if it was woken, until it may sleep again; false: there was nothing to do. */
  step(): boolean {
    if (!this.woken) return false;
    this.woken = false;
    if (this.canSleep()) return false;
    const { allocator } = this;
    const flags = allocator.currentFlags;
    allocator.currentFlags = flags | PF.MEMALLOC;
    this.balance();
    allocator.currentFlags = flags;
    return true;
  }

  /** @linux 2.4.22 mm/vmscan.c kswapd_balance() */
  private balance(): void {
    let more: boolean;
    do {
      more = false;
      for (const node of this.allocator.pgdatList) if (this.balanceNode(node)) more = true;
    } while (more);
  }

  /**
   * One round over a node. A zone for which nothing could be freed is given up until the next call for it.
   *
   * @returns whether a zone is still short
   * @linux 2.4.22 mm/vmscan.c kswapd_balance_pgdat()
   */
  private balanceNode(node: PhysicalNode): boolean {
    let more = false;
    for (let index = node.nrZones - 1; index >= 0; index--) {
      const zone = node.zones[index] as Zone;
      if (!zone.needBalance) continue;
      if (this.allocator.ports.tryToFreePagesZone(zone, GFP_KSWAPD) === 0) zone.needBalance = false;
      else if (classzoneNeedsBalance(node, zone)) more = true;
      else zone.needBalance = false;
    }
    return more;
  }
}

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
