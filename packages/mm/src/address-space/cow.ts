import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import { PG } from '../physical/mem-map.ts';
import type { Addr, Pfn } from '../types.ts';
import { COW_REUSE, COW_REUSE_UNSHARED, FAULT_CLASS, traceFault, traceRss } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/**
 * A write to a present, read-only page of a writable area: copy on write.
 *
 * ```
 *   parent 0x065 ---> page (count 2) <--- 0x045 child      after fork both are read-only
 *   child writes:   parent 0x065 ---> page (count 1)       copy ---> child 0x067
 *   parent writes:  count is 1, so the entry just becomes 0x067: nothing is copied
 * ```
 * Pages of the file cache always have the cache's reference, so they are always copied; so is the zero page (it is
 * reserved), of which the "copy" is a zeroed page. A page of the swap cache that nobody else knows stays there, with its slot.
 *
 * @param entry the page's entry
 * @param pte its low word
 * @returns 1, or -1 out of memory (or for a frame that is no memory)
 * @linux 2.4.22 mm/memory.c do_wp_page(), break_cow()
 */
export function doWpPage(vm: Vm, mm: MmStruct, vma: Vma, address: Addr, entry: number, pte: number): number {
  const { memMap, trace, pageTables, allocator, tlb } = vm;
  const old = pageTables.ptePfn(entry);
  if (old >= memMap.frames) return -1;
  const flags = memMap.flags[old] as number;
  const count = memMap.count[old] as number;
  const reserved = (flags & PG.reserved) !== 0;
  if (vm.rules.reusesPage(vm, address, old)) {
    tlb.flushCachePage(mm.pgd, address);
    vm.memory.words[entry] = pte | 0x062;
    tlb.flushTlbPage(mm.pgd, address);
    tlb.updateMmuCache(mm.pgd, address, entry);
    if (trace.on) traceFault(vm, FAULT_CLASS.cowReuse, address, vma.vmFlags, pte, old, count, 1, mm.rss);
    return 1;
  }

  // Hold the old page while the allocation may reclaim. A reserved page is never freed and its count means nothing.
  if (!reserved) memMap.count[old] = count + 1;
  const copy = allocator.allocPages(GFP_HIGHUSER, 0);
  if (copy === 0) {
    if (!reserved) allocator.putPage(old);
    if (trace.on) traceFault(vm, FAULT_CLASS.oom, address, vma.vmFlags, pte, 0, count, -1, mm.rss);
    return -1;
  }
  if (old === vm.zeroPage) vm.memory.clearUser(copy);
  else vm.memory.copyUser(copy, old);

  // Reclaim may have taken the page out of the table meanwhile.
  if ((vm.memory.words[entry] as number) !== pte) {
    allocator.putPage(copy);
    if (!reserved) allocator.putPage(old);
    if (trace.on) traceFault(vm, FAULT_CLASS.raced, address, vma.vmFlags, pte, 0, count, 1, mm.rss);
    return 1;
  }
  if (reserved) mm.rss++;
  tlb.flushPageToRam(copy);
  tlb.flushCachePage(mm.pgd, address);
  pageTables.setPte(entry, copy, vma.vmPageProt | 0x042);
  tlb.flushTlbPage(mm.pgd, address);
  tlb.updateMmuCache(mm.pgd, address, entry);
  if (vm.rules.listsAnonymousPages) vm.pageCache.lruCacheAdd(copy);
  if (!reserved) {
    // Ours, and the one that the entry held.
    allocator.putPage(old);
    allocator.putPage(old);
  }
  if (trace.on) {
    if (reserved) traceRss(vm, mm);
    traceFault(vm, FAULT_CLASS.cowCopy, address, vma.vmFlags, pte, copy, count, 1, mm.rss);
  }
  return 1;
}

/** Whether the one who writes to `pfn` at `address` may have it; records the decision. */
export type ReusesPage = (vm: Vm, address: Addr, pfn: Pfn) => boolean;

/** Nobody else refers to it, and it is no reserved page. @linux 2.4.22 mm/memory.c do_wp_page() */
export const reusesExclusive: ReusesPage = (vm, address, pfn) => {
  const locked = ((vm.memMap.flags[pfn] as number) & PG.locked) !== 0;
  const reuse = !locked && canShareSwapPage(vm, pfn);
  if (vm.trace.on) traceReuse(vm, address, pfn, locked, reuse);
  return reuse;
};

/**
 * One reference is enough, even to a reserved page of a driver's; a page of the swap cache may have no buffers.
 * @linux 2.4.0 mm/memory.c do_wp_page(); include/linux/swap.h is_page_shared()
 */
export const reusesUnshared: ReusesPage = (vm, address, pfn) => {
  const { count, flags } = vm.memMap;
  const references = count[pfn] as number;
  const swap = vm.swap;
  let slots = 0;
  if (references === 2 && swap !== null && swap.has(pfn)) slots = swap.areas.countOf(swap.entryOf(pfn));
  const locked = ((flags[pfn] as number) & PG.locked) !== 0;
  const reuse = references === 1 || (slots === 1 && !locked);
  if (vm.trace.on) {
    vm.trace.emit(COW_REUSE_UNSHARED, address, pfn, references, locked ? 1 : 0, slots, reuse ? 1 : 0);
  }
  return reuse;
};

/**
 * Whether the one who faults is the only user of a page: one reference, and not a reserved page. A page of the swap cache has
 * the cache's reference (and its buffers') as well, and its slot must have no user but the cache.
 *
 * @linux 2.4.22 mm/swapfile.c can_share_swap_page()
 */
export function canShareSwapPage(vm: Vm, pfn: Pfn): boolean {
  const { count, flags, mapping } = vm.memMap;
  if (count[pfn] === 1) return ((flags[pfn] as number) & PG.reserved) === 0;
  return mapping[pfn] !== 0 && vm.swap !== null && vm.swap.canShare(pfn);
}

/** Records {@link canShareSwapPage} with its operands. Call only when `vm.trace.on`. */
export function traceReuse(vm: Vm, address: Addr, pfn: Pfn, locked: boolean, reuse: boolean): void {
  const { count, flags, buffers } = vm.memMap;
  const swap = vm.swap;
  vm.trace.emit(
    COW_REUSE,
    address,
    pfn,
    count[pfn] as number,
    ((flags[pfn] as number) & PG.reserved) !== 0 ? 1 : 0,
    locked ? 1 : 0,
    buffers[pfn] !== 0 ? 1 : 0,
    swap?.has(pfn) === true ? swap.areas.countOf(swap.entryOf(pfn)) : 0,
    reuse ? 1 : 0,
  );
}
