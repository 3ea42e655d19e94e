import { freeBlockCounts, freeBlocks, type Kernel, type Zone } from '@pagewalk/mm';
import type { ZonesView, ZoneView } from '../../protocol/views.ts';

const ORDERS = 10;
/** Free blocks of each order that are named. */
const HEADS = 32;
/** Splits and merges that are told of one picture. */
const CHANGES = 64;

/** Zones with their free lists, and what became of the blocks since the last look. */
export class ZonesPicture {
  private readonly kernel: Kernel;
  private before: Uint8Array;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.before = kernel.memMap.freeOrder.slice();
  }

  view(): ZonesView {
    const { kernel } = this;
    const zones = kernel.allocator.zones.filter(({ size }) => size > 0);
    return { view: 'zones', zones: zones.map((zone) => this.zone(zone)), ...this.changes() };
  }

  private zone(zone: Zone): ZoneView {
    const { memMap } = this.kernel;
    const blocks = freeBlockCounts(memMap, zone);
    const heads = blocks.map((_, order) => first(freeBlocks(memMap, zone, order), HEADS));
    return {
      name: zone.name,
      first: zone.startPfn,
      size: zone.size,
      free: zone.freePages,
      min: zone.pagesMin,
      low: zone.pagesLow,
      high: zone.pagesHigh,
      blocks,
      heads,
      unusable: unusable(blocks, zone.freePages),
    };
  }

  /** A block that is smaller than the one that began there before was split; a larger one was merged. */
  private changes(): Pick<ZonesView, 'splits' | 'merges'> {
    const { before } = this;
    const { freeOrder } = this.kernel.memMap;
    const splits: { order: number; pfn: number }[] = [];
    const merges: { order: number; pfn: number }[] = [];
    for (let pfn = 0; pfn < before.length; pfn++) {
      const now = freeOrder[pfn] as number;
      const then = before[pfn] as number;
      if (now === then) continue;
      before[pfn] = now;
      if (now === 0 || then === 0) continue;
      const list = now < then ? splits : merges;
      if (list.length < CHANGES) list.push({ order: now - 1, pfn });
    }
    return { splits, merges };
  }
}

/** Per order: the share of the free pages that lie in blocks too small for it. */
function unusable(blocks: readonly number[], free: number): number[] {
  const shares: number[] = [];
  let tooSmall = 0;
  for (let order = 0; order < ORDERS; order++) {
    shares.push(free === 0 ? 0 : tooSmall / free);
    tooSmall += (blocks[order] as number) << order;
  }
  return shares;
}

function first(values: Iterable<number>, count: number): number[] {
  const list: number[] = [];
  for (const value of values) {
    if (list.length === count) break;
    list.push(value);
  }
  return list;
}
