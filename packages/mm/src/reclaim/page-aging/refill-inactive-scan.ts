import { PG } from '../../physical/mem-map.ts';
import type { Pfn } from '../../types.ts';
import type { AgingParts } from './aging-parts.ts';
import { AGED_REFILL_PAGE } from './tracepoints.ts';

/**
 * Ages a part of the active list, from its tail: a referenced page grows younger, any other one half as old; who is 0 then, and
 * used by nobody but the cache, becomes inactive. All others go to the head.
 *
 * @param priority 6 .. 0: a sixty-fourth of the list to all of it
 * @param oneshot stop at the first page that becomes inactive
 * @returns whether one did
 * @linux 2.4.0 mm/vmscan.c refill_inactive_scan()
 */
export function refillInactiveScan(parts: AgingParts, priority: number, oneshot: boolean): boolean {
  const { lists, vm } = parts;
  const { flags, age, count, buffers, lruPrev } = vm.memMap;
  let any = false;
  for (let left = lists.nrActivePages >> priority; left > 0; left--) {
    const pfn = lruPrev[lists.activeList] as Pfn;
    if (pfn === lists.activeList) break;
    const bits = flags[pfn] as number;
    const referenced = (bits & PG.referenced) !== 0;
    const most = buffers[pfn] === 0 ? 1 : 2;
    if (referenced) {
      flags[pfn] = bits & ~PG.referenced;
      lists.ageUp(pfn);
    } else {
      lists.ageDownOnly(pfn);
    }
    const leaves = !referenced && age[pfn] === 0 && (count[pfn] as number) <= most;
    if (vm.trace.on) {
      vm.trace.emit(
        AGED_REFILL_PAGE,
        pfn,
        referenced ? 1 : 0,
        age[pfn] as number,
        count[pfn] as number,
        most,
        leaves ? 1 : 0,
      );
    }
    if (leaves) lists.deactivate(pfn);
    if (((flags[pfn] as number) & PG.active) !== 0) {
      lists.toActive(pfn);
      continue;
    }
    any = true;
    if (oneshot) break;
  }
  return any;
}
