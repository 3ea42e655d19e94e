import { freeBlockCounts, freeBlocks, type Kernel, type Zone } from '@pagewalk/mm';
import type { ZonesView, ZoneView } from '../../protocol/views.ts';
import type { EventStore } from '../event-store.ts';
import { BlockChanges } from './block-changes.ts';

const ORDERS = 10;
/** Free blocks of each order that are named. */
const HEADS = 32;

/** Zones with their free lists, and what became of the blocks since the last look. */
export class ZonesPicture {
  private readonly kernel: Kernel;
  private readonly changes: BlockChanges;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.changes = new BlockChanges(kernel);
  }

  view(events: EventStore): ZonesView {
    const { allocator } = this.kernel;
    this.changes.update(events);
    return {
      view: 'zones',
      zones: allocator.zones.map((zone, i) => this.zone(zone, i)).filter(({ size }) => size > 0),
    };
  }

  private zone(zone: Zone, place: number): ZoneView {
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
      splits: [...this.changes.splits.subarray(place * ORDERS, (place + 1) * ORDERS)],
      merges: [...this.changes.merges.subarray(place * ORDERS, (place + 1) * ORDERS)],
    };
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
