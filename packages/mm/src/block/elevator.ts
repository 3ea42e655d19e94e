import type { BufferHead } from './buffer-head.ts';
import type { Request } from './request.ts';

/** How a buffer joins a queue: at the back or the front of a request, or as a request of its own. */
export const MERGE = { none: 0, back: 1, front: 2 } as const;

/** Where a buffer goes. */
export interface Place {
  /** {@link MERGE} */
  merge: number;
  /** Index of the request to merge with, or behind which to insert; -1: at the end of the queue. */
  index: number;
}

/**
 * Finds where a buffer goes in a queue that is kept in order of sectors, going from its end towards `first`: merged with a
 * neighbour, or behind a request that it fits. Every request that it passes loses some of its patience; one that has
 * none left is not passed any more.
 *
 * ```
 *   queue   [10..17]  [40..47]  [64..71]        48..55 merges at the back of [40..47]
 *                                               56..63 merges at the front of [64..71]
 *                                               20..27 goes behind [10..17]
 * ```
 * @param place is filled in
 * @param first requests before this index may not be touched: the disk works on them
 * @param seekCost what being passed by a request that is no merge costs; a merge costs 1. @linux ELV_LINUS_SEEK_COST
 * @linux 2.4.22 drivers/block/elevator.c elevator_linus_merge()
 */
export function elevatorMerge(
  place: Place,
  queue: Request[],
  first: number,
  bh: BufferHead,
  sector: number,
  write: boolean,
  maxSectors: number,
  seekCost: number,
): void {
  const count = bh.size / 512;
  let merge: number = MERGE.none;
  let index = -1;
  let backMergeOnly = false;
  for (let i = queue.length - 1; i >= first && !backMergeOnly; i--) {
    const request = queue[i] as Request;
    if (request.sequence <= 0) backMergeOnly = true;
    if (index === -1 && !backMergeOnly && isBetween(queue, i, sector)) index = i;
    if (request.write !== write || request.sectors + count > maxSectors) continue;
    if (request.sector + request.sectors === sector) {
      merge = MERGE.back;
      index = i;
      break;
    }
    if (request.sector - count === sector && !backMergeOnly) {
      merge = MERGE.front;
      request.sequence--;
      index = i;
      break;
    }
  }
  if (index !== -1) {
    const cost = merge === MERGE.none ? seekCost : 1;
    for (let i = index + 1; i < queue.length; i++) (queue[i] as Request).sequence -= cost;
  }
  place.merge = merge;
  place.index = index;
}

/** Whether a sector belongs behind request `i` and before its successor. @linux drivers/block/elevator.c bh_rq_in_between() */
function isBetween(queue: Request[], i: number, sector: number): boolean {
  if (i + 1 >= queue.length) return false;
  const next = queue[i + 1] as Request;
  const request = queue[i] as Request;
  if (sector < next.sector && sector > request.sector) return true;
  // The two are in order, and the sector is not between them.
  if (next.sector > request.sector) return false;
  // Here the sweep turns back: what lies beyond either end fits.
  return sector > request.sector || sector < next.sector;
}
