import { PG } from '../physical/mem-map.ts';
import { MAX_ORDER, type Zone } from '../physical/zone.ts';
import type { Pfn } from '../types.ts';
import { implicitRanges } from './free-lists.ts';
import type { PageAllocator } from './page-allocator.ts';

const TOP = MAX_ORDER - 1;
const FAULTS_MAX = 20;

/**
 * Recounts the page allocator. Returns what is wrong, one sentence each (at most {@link FAULTS_MAX}); empty: all is well.
 *
 * - every block of a free list is marked with its order, aligned, inside its zone, and linked both ways;
 * - no frame is in two blocks, none of a free block is reserved or has a count;
 * - no two free buddies are unmerged;
 * - `zone.freePages` is the sum over its lists; no frame is marked free that no list holds.
 *
 * Takes time in proportion to the frames of the zones less their untouched tails.
 */
export function checkPageAllocator(allocator: PageAllocator): string[] {
  const faults: string[] = [];
  const report = (fault: string) => {
    if (faults.length < FAULTS_MAX) faults.push(fault);
  };
  for (const zone of allocator.zones) checkZone(allocator, zone, report);
  return faults;
}

function checkZone(allocator: PageAllocator, zone: Zone, report: (fault: string) => void): void {
  const { next, prev, freeOrder } = allocator.memMap;
  let free = 0;
  let blocks = 0;
  for (let order = 0; order < MAX_ORDER; order++) {
    const head = zone.freeListHeads + order;
    for (let pfn = next[head] as number; pfn !== head; pfn = next[pfn] as number) {
      if (prev[next[pfn] as number] !== pfn) {
        report(`${zone.name}: the list of order ${order} is broken behind page ${pfn}`);
        return;
      }
      checkBlock(allocator, zone, pfn, order, report);
      free += 1 << order;
      if (++blocks > zone.size) {
        report(`${zone.name}: the list of order ${order} has no end`);
        return;
      }
    }
  }
  let marked = 0;
  let from = zone.startPfn;
  for (const [start, end] of [...implicitRanges(zone), [zone.endPfn, zone.endPfn] as const]) {
    for (let pfn = from; pfn < start; pfn++) if (freeOrder[pfn] !== 0) marked++;
    free += end - start;
    from = end;
  }
  if (marked !== blocks)
    report(`${zone.name}: ${marked} frames are marked as free blocks, the lists hold ${blocks}`);
  if (free !== zone.freePages)
    report(`${zone.name}: free_pages is ${zone.freePages}, the lists hold ${free}`);
}

function checkBlock(
  allocator: PageAllocator,
  zone: Zone,
  pfn: Pfn,
  order: number,
  report: (fault: string) => void,
): void {
  const { freeOrder, flags, count } = allocator.memMap;
  const index = pfn - zone.startPfn;
  const at = `${zone.name}: free block ${pfn} of order ${order}`;
  if (index < 0 || index + (1 << order) > zone.size) {
    report(`${at} is not inside its zone`);
    return;
  }
  if ((index & ((1 << order) - 1)) !== 0) report(`${at} is not aligned`);
  if (freeOrder[pfn] !== order + 1) report(`${at} is marked as order ${(freeOrder[pfn] as number) - 1}`);
  for (let page = pfn; page < pfn + (1 << order); page++) {
    if (page !== pfn && freeOrder[page] !== 0) report(`${at} contains the free block ${page}`);
    if (count[page] !== 0) report(`${at}: page ${page} has count ${count[page]}`);
    if (((flags[page] as number) & PG.reserved) !== 0) report(`${at}: page ${page} is reserved`);
  }
  const buddy = index ^ (1 << order);
  if (order < TOP && buddy < zone.size && freeOrder[zone.startPfn + buddy] === order + 1) {
    report(`${at} and its buddy are both free but not merged`);
  }
}
