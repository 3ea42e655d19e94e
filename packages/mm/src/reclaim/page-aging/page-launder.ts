import { GFP } from '../../page-allocator/gfp.ts';
import type { Inode } from '../../page-cache/inode.ts';
import { PG } from '../../physical/mem-map.ts';
import type { Pfn } from '../../types.ts';
import { type Sleeper, waitHere } from '../thread-sleep.ts';
import { type AgingParts, freeShortage } from './aging-parts.ts';
import { AGED_LAUNDER, AGED_LAUNDER_PAGE, LAUNDER } from './tracepoints.ts';

/** What one call goes through. */
interface Laundry {
  /** 0: only what is clean already; 1: dirty pages are written. */
  round: 0 | 1;
  /** Pages whose buffers may still be written in this call. */
  writes: number;
  /** Whether to wait for the writes. */
  sync: boolean;
  cleaned: number;
  /** Pages that this round may still look at. */
  left: number;
  /** The page whose write this call must wait for; 0: none. */
  waitsFor: Pfn;
}

/**
 * Goes over the inactive_dirty list from its tail. A first round moves what is clean to the inactive_clean lists; if pages are
 * still missing, a second one starts to write what is dirty.
 *
 * ```
 *   used ------------> active                     dirty: round 0 -> head, round 1 -> its write is started
 *   locked ----------> head                       buffers: freed, or (round 1) written, or waited for
 *   clean -----------> inactive_clean
 * ```
 * It waits when too many pages of swap are under I/O.
 *
 * @param sync the caller needs a page and would wait for its write, if nothing was clean
 * @returns pages that can be had at once now, or were freed
 * @linux 2.4.0 mm/vmscan.c page_launder()
 */
export function* launder(parts: AgingParts, gfp: number, sync: boolean): Sleeper<number> {
  const { lists, vm, ports } = parts;
  const laundry: Laundry = { round: 0, writes: 0, sync, cleaned: 0, left: 0, waitsFor: 0 };
  for (;;) {
    laundry.left = lists.nrInactiveDirtyPages;
    while (!scan(parts, laundry)) {
      yield laundry.waitsFor;
      laundry.waitsFor = 0;
    }
    const again = (gfp & GFP.IO) !== 0 && laundry.round === 0 && freeShortage(parts) > 0;
    if (vm.trace.on) {
      const missing = freeShortage(parts);
      vm.trace.emit(
        AGED_LAUNDER,
        laundry.round,
        laundry.cleaned,
        lists.nrInactiveDirtyPages,
        missing,
        again ? 1 : 0,
      );
    }
    if (!again) return laundry.cleaned;
    laundry.round = 1;
    if (laundry.cleaned > 0) laundry.sync = false;
    laundry.writes = 4 << vm.pageCache.pageCluster;
    ports.wakeupBdflush();
  }
}

/** {@link launder} in the midst of what the running task does. */
export function pageLaunder(parts: AgingParts, gfp: number, sync: boolean): number {
  return waitHere(launder(parts, gfp, sync), parts.vm.pageCache);
}

/** One round. @returns false: it must wait for a page first, and then be called again */
function scan(parts: AgingParts, laundry: Laundry): boolean {
  const { vm, lists } = parts;
  const { memMap, pageCache } = vm;
  const head = lists.inactiveDirtyList;
  while (laundry.left-- > 0) {
    const pfn = memMap.lruPrev[head] as Pfn;
    if (pfn === head) return true;
    let verdict: number;
    if (lists.testUsed(pfn)) {
      lists.toActive(pfn);
      verdict = LAUNDER.used;
    } else if (!pageCache.tryLockPage(pfn)) {
      lists.toInactiveDirty(pfn);
      verdict = LAUNDER.locked;
    } else if (pageCache.testFlags(pfn, PG.dirty)) {
      verdict = launderDirty(parts, laundry, pfn);
    } else if (memMap.buffers[pfn] !== 0) {
      verdict = launderBuffers(parts, laundry, pfn);
    } else {
      const known = memMap.mapping[pfn] !== 0;
      if (known) lists.toInactiveClean(pfn);
      else lists.toActive(pfn);
      pageCache.unlockPage(pfn);
      if (known) laundry.cleaned++;
      verdict = known ? LAUNDER.clean : LAUNDER.unknown;
    }
    if (vm.trace.on) {
      const { flags, count, age } = memMap;
      vm.trace.emit(
        AGED_LAUNDER_PAGE,
        pfn,
        laundry.round,
        verdict,
        flags[pfn] as number,
        count[pfn] as number,
        age[pfn] as number,
      );
    }
    if (verdict === LAUNDER.freed && freeShortage(parts) === 0) return true;
    if (laundry.waitsFor !== 0) return false;
  }
  return true;
}

/**
 * A locked dirty page. One whose write was started stays where it is: the next look finds it locked. If swap has too much under
 * I/O, the laundry waits for this write before it goes on.
 */
function launderDirty(parts: AgingParts, laundry: Laundry, pfn: Pfn): number {
  const { vm, lists, swap } = parts;
  const { memMap, pageCache, allocator } = vm;
  const mapping = pageCache.mapping(memMap.mapping[pfn] as number);
  const { writepage } = mapping.ops;
  if (writepage === undefined) {
    lists.toActive(pfn);
    pageCache.unlockPage(pfn);
    return LAUNDER.noWritepage;
  }
  if (laundry.round === 0) {
    lists.toInactiveDirty(pfn);
    pageCache.unlockPage(pfn);
    return LAUNDER.later;
  }
  pageCache.clearFlags(pfn, PG.dirty);
  allocator.getPage(pfn);
  swap.writerWaits = true;
  const result = writepage(mapping.host as Inode, pfn);
  swap.writerWaits = false;
  if (swap.throttled) laundry.waitsFor = pfn;
  swap.throttled = false;
  allocator.putPage(pfn);
  if (result !== 1) return LAUNDER.written;
  pageCache.setPageDirty(pfn);
  lists.toActive(pfn);
  pageCache.unlockPage(pfn);
  return LAUNDER.refused;
}

/** A locked clean page with buffers. */
function launderBuffers(parts: AgingParts, laundry: Laundry, pfn: Pfn): number {
  const { vm, lists, ports } = parts;
  const { memMap, pageCache, allocator } = vm;
  lists.remove(pfn);
  allocator.getPage(pfn);
  let wait = 0;
  if (laundry.round === 1) {
    if (laundry.writes === 0 && laundry.sync) wait = 2;
    else if (laundry.writes-- > 0) wait = 1;
  }
  let verdict: number;
  if (!ports.tryToFreeBuffers(pfn, wait)) {
    lists.toInactiveDirty(pfn);
    verdict = LAUNDER.buffersBusy;
  } else if (memMap.mapping[pfn] === 0) {
    laundry.cleaned++;
    verdict = LAUNDER.freed;
  } else if ((memMap.count[pfn] as number) > 2) {
    lists.toActive(pfn);
    verdict = LAUNDER.busy;
  } else {
    lists.toInactiveClean(pfn);
    laundry.cleaned++;
    verdict = LAUNDER.clean;
  }
  pageCache.unlockPage(pfn);
  allocator.putPage(pfn);
  return verdict;
}
