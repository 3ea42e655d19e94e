import type { Vm } from '../../address-space/vm.ts';
import { GFP } from '../../page-allocator/gfp.ts';
import type { Inode } from '../../page-cache/inode.ts';
import { PG } from '../../physical/mem-map.ts';
import { memclass, type Zone } from '../../physical/zone.ts';
import type { SwapCache } from '../../swap/swap-cache.ts';
import type { Pfn } from '../../types.ts';
import { swapOut } from './swap-out.ts';
import { MM_VMSCAN_PAGE, MM_VMSCAN_SHRINK_CACHE, MM_VMSCAN_TOO_MANY_MAPPED, VERDICT } from './tracepoints.ts';
import type { ReclaimParts } from './two-list-reclaim.ts';

/** A pass over the inactive list, under way. */
export interface InactiveScan {
  readonly classzone: Zone;
  readonly gfp: number;
  /** 6 .. 1: a sixth of the list to all of it. */
  readonly priority: number;
  /** Pages that are still wanted. */
  left: number;
  /** Pages that it may still look at, and mapped ones that it tolerates. */
  maxScan: number;
  maxMapped: number;
  /** The locked page for which it must wait, if it says so. */
  waitsFor: Pfn;
}

/** Begins a pass. @param wanted pages to free */
export function beginInactiveScan(
  { vm }: ReclaimParts,
  wanted: number,
  classzone: Zone,
  gfp: number,
  priority: number,
): InactiveScan {
  const { pageCache: cache, trace } = vm;
  const maxScan = Math.floor(cache.nrInactivePages / priority);
  const maxMapped = Math.min(wanted << (10 - priority), Math.floor(maxScan / 10));
  if (trace.on) {
    trace.emit(MM_VMSCAN_SHRINK_CACHE, wanted, cache.nrInactivePages, priority, maxScan, maxMapped);
  }
  return { classzone, gfp, priority, left: wanted, maxScan, maxMapped, waitsFor: 0 };
}

/**
 * A whole pass, which sleeps where it must wait.
 *
 * @returns pages that are still wanted
 */
export function shrinkCache(
  parts: ReclaimParts,
  wanted: number,
  classzone: Zone,
  gfp: number,
  priority: number,
): number {
  const scan = beginInactiveScan(parts, wanted, classzone, gfp, priority);
  const { pageCache, allocator } = parts.vm;
  while (!scanInactive(parts, scan)) {
    allocator.getPage(scan.waitsFor);
    pageCache.waitOnPage(scan.waitsFor);
    allocator.putPage(scan.waitsFor);
  }
  return scan.left;
}

/**
 * Goes over the inactive list from its tail and frees what nobody uses. Every page that it looks at goes to the list's head at
 * once, so that a page is seen again only when all others were.
 *
 * ```
 *   mapped or in use -------> tolerated max_mapped times; then page tables are searched, and the pass is over
 *   locked -----------------> left alone (waited for, if reclaim itself is writing it)
 *   dirty, else unused -----> its write is started
 *   with buffers -----------> they are freed, or written at the second visit, or waited for at the third
 *   clean and unused -------> freed
 * ```
 * PG_referenced is not looked at: a second touch has moved the page to the active list long before.
 *
 * @returns false: it must wait for a page ({@link InactiveScan.waitsFor}), and then be called again
 * @linux 2.4.22 mm/vmscan.c shrink_cache()
 */
export function scanInactive(parts: ReclaimParts, scan: InactiveScan): boolean {
  const { vm, swap, buffers } = parts;
  const { pageCache: cache, memMap, allocator, trace } = vm;
  const { flags, count, mapping, lruPrev } = memMap;
  const { classzone, gfp, priority } = scan;
  const hasBuffers = memMap.buffers;
  const mayWrite = (gfp & GFP.FS) !== 0;
  const head = cache.inactiveList;
  let { left, maxScan, maxMapped } = scan;
  // The last of the pages that stay and have not been moved yet: they are moved together, in one step.
  let kept: Pfn = 0;
  while (--maxScan >= 0) {
    let pfn = lruPrev[kept === 0 ? head : kept] as Pfn;
    // Round the ring: the list's head still stands where they begin.
    if (pfn === head) pfn = lruPrev[head] as Pfn;
    if (pfn === head) break;
    const references = count[pfn] as number;
    if (references === 0) {
      note(vm, pfn, VERDICT.noReference, left);
      kept = pfn;
      continue;
    }
    const zone = allocator.zoneOf(pfn);
    if (zone !== classzone && !memclass(zone, classzone)) {
      note(vm, pfn, VERDICT.otherZone, left);
      kept = pfn;
      continue;
    }
    let inUse = hasBuffers[pfn] === 0 && (references !== 1 || mapping[pfn] === 0);
    if (inUse && maxMapped > 0) {
      note(vm, pfn, VERDICT.inUse, left);
      maxMapped--;
      kept = pfn;
      continue;
    }
    cache.lruRotate(pfn, head);
    kept = 0;
    if (!inUse) {
      if (!cache.tryLockPage(pfn)) {
        note(vm, pfn, VERDICT.locked, left);
        if (((flags[pfn] as number) & PG.launder) !== 0 && mayWrite) {
          Object.assign(scan, { left, maxScan, maxMapped, waitsFor: pfn });
          return false;
        }
        continue;
      }
      if (mayWrite && writeIfDirty(vm, pfn)) {
        note(vm, pfn, VERDICT.written, left);
        continue;
      }
      if (hasBuffers[pfn] !== 0) {
        allocator.getPage(pfn);
        const highmem = allocator.zoneOf(pfn).index === 2;
        const mayDoIo = (gfp & GFP.IO) !== 0 && ((gfp & GFP.HIGHIO) !== 0 || !highmem);
        if (!buffers.tryToFreeBuffers(pfn, gfp, mayDoIo)) {
          note(vm, pfn, VERDICT.buffersBusy, left);
          cache.unlockPage(pfn);
          allocator.putPage(pfn);
          continue;
        }
        if (mapping[pfn] === 0) {
          // A page that only its buffers kept, since its file was cut: it is free now.
          note(vm, pfn, VERDICT.buffersFreed, left - 1);
          cache.unlockPage(pfn);
          cache.lruCacheDel(pfn);
          allocator.putPage(pfn);
          if (--left === 0) break;
          continue;
        }
        allocator.putPage(pfn);
      }
      inUse = mapping[pfn] === 0 || users(vm, pfn) !== 1;
      if (inUse) cache.unlockPage(pfn);
    }
    if (inUse) {
      note(vm, pfn, VERDICT.inUse, left);
      if (--maxMapped >= 0) continue;
      if (trace.on) trace.emit(MM_VMSCAN_TOO_MANY_MAPPED, priority, left);
      swapOut(vm, swap, priority, classzone);
      break;
    }
    if (((flags[pfn] as number) & PG.dirty) !== 0) {
      note(vm, pfn, VERDICT.dirty, left);
      cache.unlockPage(pfn);
      continue;
    }
    note(vm, pfn, VERDICT.freed, left - 1);
    freePage(vm, swap, pfn);
    if (--left === 0) break;
  }
  if (kept !== 0) cache.lruRotate(kept, head);
  scan.left = left;
  return true;
}

/** References besides the buffers' own. */
function users(vm: Vm, pfn: Pfn): number {
  return (vm.memMap.count[pfn] as number) - (vm.memMap.buffers[pfn] !== 0 ? 1 : 0);
}

/** Starts to write a locked dirty page that only the cache uses; whether it did. */
function writeIfDirty(vm: Vm, pfn: Pfn): boolean {
  const { pageCache: cache, memMap } = vm;
  if (((memMap.flags[pfn] as number) & PG.dirty) === 0) return false;
  if (users(vm, pfn) !== 1 || memMap.mapping[pfn] === 0) return false;
  const mapping = cache.mapping(memMap.mapping[pfn] as number);
  if (mapping.ops.writepage === undefined) return false;
  cache.clearFlags(pfn, PG.dirty);
  cache.setFlags(pfn, PG.launder);
  vm.allocator.getPage(pfn);
  mapping.ops.writepage(mapping.host as Inode, pfn);
  vm.allocator.putPage(pfn);
  return true;
}

/** Takes a locked, clean page that only the cache uses out of it, and frees it. */
function freePage(vm: Vm, swap: SwapCache, pfn: Pfn): void {
  const { pageCache: cache } = vm;
  if (swap.has(pfn)) {
    const entry = swap.entryOf(pfn);
    swap.remove(pfn);
    swap.areas.swapFree(entry);
  } else {
    cache.removeFromPageCache(pfn);
  }
  cache.lruCacheDel(pfn);
  cache.unlockPage(pfn);
  vm.allocator.putPage(pfn);
}

function note(vm: Vm, pfn: Pfn, verdict: number, left: number): void {
  if (!vm.trace.on) return;
  const { flags, count, buffers, mapping } = vm.memMap;
  vm.trace.emit(
    MM_VMSCAN_PAGE,
    pfn,
    verdict,
    flags[pfn] as number,
    count[pfn] as number,
    buffers[pfn] !== 0 ? 1 : 0,
    mapping[pfn] as number,
    left,
  );
}
