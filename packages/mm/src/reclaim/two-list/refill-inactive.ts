import type { PageCache } from '../../page-cache/page-cache.ts';
import { PG } from '../../physical/mem-map.ts';
import { MM_VMSCAN_DEACTIVATE } from './tracepoints.ts';

/**
 * Moves `count` pages from the tail of the active list to the head of the inactive list. One that was referenced goes to the
 * active list's head instead and does not count. Who is moved is marked referenced: one touch brings it back.
 *
 * There is no bound: if all pages are referenced, the walk meets at last those that it moved to the head itself.
 *
 * @returns pages moved to the inactive list
 * @linux 2.4.22 mm/vmscan.c refill_inactive()
 */
export function refillInactive(cache: PageCache, count: number): number {
  const { lruPrev, flags } = cache.memMap;
  const { activeList, inactiveList, trace } = cache;
  let left = count;
  let entry = lruPrev[activeList] as number;
  while (left > 0 && entry !== activeList) {
    const pfn = entry;
    entry = lruPrev[pfn] as number;
    const bits = flags[pfn] as number;
    const referenced = (bits & PG.referenced) !== 0;
    if (trace.on) trace.emit(MM_VMSCAN_DEACTIVATE, pfn, referenced ? 1 : 0, referenced ? 0 : 1);
    cache.lruUnlink(pfn);
    if (referenced) {
      flags[pfn] = bits & ~PG.referenced;
      cache.lruAdd(pfn, activeList);
      continue;
    }
    left--;
    flags[pfn] = (bits & ~PG.active) | PG.referenced;
    cache.lruAdd(pfn, inactiveList);
    cache.nrActivePages--;
    cache.nrInactivePages++;
  }
  return count - left;
}
