import { PAGE_AGE_START } from '../../page-cache/aging-lists.ts';
import { PG } from '../../physical/mem-map.ts';
import type { Zone } from '../../physical/zone.ts';
import type { Pfn } from '../../types.ts';
import type { AgingParts } from './aging-parts.ts';
import { AGED_RECLAIM_PAGE, LAUNDER } from './tracepoints.ts';

/**
 * Takes one page from a zone's inactive_clean list, out of the page cache or the swap cache. Mostly the first one will do;
 * those in use after all, or not clean any more, go back to the lists where they belong.
 *
 * @returns a page with the one reference that the cache had; 0: there is none
 * @linux 2.4.0 mm/vmscan.c reclaim_page()
 */
export function reclaimPage(parts: AgingParts, zone: Zone): Pfn {
  const { vm, lists, swap, pressure } = parts;
  const { pageCache, memMap } = vm;
  const head = lists.inactiveCleanList(zone);
  let found = 0;
  for (let left = zone.inactiveCleanPages; left > 0 && found === 0; left--) {
    const pfn = memMap.lruPrev[head] as Pfn;
    let verdict: number;
    if (lists.testUsed(pfn)) {
      lists.toActive(pfn);
      verdict = LAUNDER.used;
    } else if (
      memMap.buffers[pfn] !== 0 ||
      pageCache.testFlags(pfn, PG.dirty) ||
      !pageCache.tryLockPage(pfn)
    ) {
      lists.toInactiveDirty(pfn);
      verdict = LAUNDER.dirty;
    } else {
      if (swap.has(pfn)) {
        const entry = swap.entryOf(pfn);
        swap.remove(pfn);
        swap.areas.swapFree(entry);
      } else {
        pageCache.removeFromPageCache(pfn);
      }
      lists.remove(pfn);
      pageCache.unlockPage(pfn);
      memMap.age[pfn] = PAGE_AGE_START;
      found = pfn;
      verdict = LAUNDER.reclaimed;
    }
    if (vm.trace.on) vm.trace.emit(AGED_RECLAIM_PAGE, pfn, zone.number, verdict, zone.inactiveCleanPages);
  }
  pressure.value++;
  return found;
}
