import type { MmStruct } from '../../address-space/mm-struct.ts';
import type { Vm } from '../../address-space/vm.ts';
import { VM, type Vma } from '../../address-space/vma.ts';
import { PG } from '../../physical/mem-map.ts';
import { memclass, type Zone } from '../../physical/zone.ts';
import type { SwapCache } from '../../swap/swap-cache.ts';
import type { Addr, Pfn } from '../../types.ts';
import { MM_VMSCAN_UNMAP, UNMAP } from './tracepoints.ts';

const ACCESSED = 0x020;
const DIRTY = 0x040;

/**
 * Looks at one mapping of a page, and takes it away if the page was not used and can be had again: from its file, from the
 * slot that it has, or from one that it gets now.
 *
 * ```
 *   young, or the area locked ----> the page counts as used, and stays
 *   active, other zone, locked ---> stays
 *   in the swap cache ------------> entry := its slot
 *   of a file, or never changed --> entry := empty
 *   else -------------------------> a slot, the swap cache, entry := the slot   (no slot left: stays)
 * ```
 * Nothing is written here: the page is dirty now, and the pass over the inactive list will write it.
 *
 * @param entry the mapping's page-table entry, present, of a page that is not reserved
 * @returns 1 if nobody else maps the page, else 0
 * @linux 2.4.22 mm/vmscan.c try_to_swap_out()
 */
export function tryToSwapOut(
  vm: Vm,
  swap: SwapCache,
  mm: MmStruct,
  vma: Vma,
  address: Addr,
  entry: number,
  pfn: Pfn,
  classzone: Zone,
): 0 | 1 {
  const { memMap, memory, pageCache, pageTables, tlb } = vm;
  const locked = (vma.vmFlags & VM.locked) !== 0;
  const young = ((memory.words[entry] as number) & ACCESSED) !== 0;
  if (locked || young) {
    if (!locked) memory.words[entry] = (memory.words[entry] as number) & ~ACCESSED;
    pageCache.markPageAccessed(pfn);
    return stays(vm, mm, address, pfn, locked ? UNMAP.locked : UNMAP.young);
  }
  if (((memMap.flags[pfn] as number) & PG.active) !== 0) return stays(vm, mm, address, pfn, UNMAP.active);
  if (!memclass(vm.allocator.zoneOf(pfn), classzone)) return stays(vm, mm, address, pfn, UNMAP.otherZone);
  if (!pageCache.tryLockPage(pfn)) return stays(vm, mm, address, pfn, UNMAP.pageLocked);

  tlb.flushCachePage(mm.pgd, address);
  const flags = (memory.words[entry] as number) & 0xfff;
  pageTables.clearPte(entry);
  tlb.flushTlbPage(mm.pgd, address);
  if ((flags & DIRTY) !== 0) pageCache.setPageDirty(pfn);

  let verdict: number;
  let slot = 0;
  if (swap.has(pfn)) {
    slot = swap.entryOf(pfn);
    swap.areas.swapDuplicate(slot);
    verdict = UNMAP.swapCache;
  } else if (memMap.mapping[pfn] !== 0 || ((memMap.flags[pfn] as number) & PG.dirty) === 0) {
    verdict = UNMAP.fileOrClean;
  } else if (memMap.buffers[pfn] !== 0) {
    // Left behind by a truncate that ran beside a fault.
    verdict = UNMAP.buffers;
  } else {
    slot = takeSlot(vm, swap, pfn);
    verdict = slot === 0 ? UNMAP.noSlot : UNMAP.newSlot;
  }
  if (verdict === UNMAP.buffers || verdict === UNMAP.noSlot) {
    pageTables.setPte(entry, pfn, flags);
    pageCache.unlockPage(pfn);
    return stays(vm, mm, address, pfn, verdict);
  }
  if (slot !== 0) pageTables.setSwapPte(entry, slot);
  mm.rss--;
  pageCache.unlockPage(pfn);
  const count = memMap.count[pfn] as number;
  const freeable = count - (memMap.buffers[pfn] !== 0 ? 1 : 0) <= 2 ? 1 : 0;
  if (vm.trace.on)
    vm.trace.emit(MM_VMSCAN_UNMAP, mm.pgd, address, pfn, verdict, slot, freeable, mm.rss, count);
  vm.allocator.putPage(pfn);
  return freeable;
}

/** A slot for an anonymous page, which enters the swap cache, up to date and dirty; 0: no slot is free. */
function takeSlot(vm: Vm, swap: SwapCache, pfn: Pfn): number {
  for (;;) {
    const slot = swap.areas.getSwapPage();
    if (slot === 0) return 0;
    if (swap.add(pfn, slot) === 0) {
      vm.pageCache.setFlags(pfn, PG.uptodate);
      vm.pageCache.setPageDirty(pfn);
      return slot;
    }
    swap.areas.swapFree(slot);
  }
}

function stays(vm: Vm, mm: MmStruct, address: Addr, pfn: Pfn, verdict: number): 0 {
  if (vm.trace.on) {
    const count = vm.memMap.count[pfn] as number;
    vm.trace.emit(MM_VMSCAN_UNMAP, mm.pgd, address, pfn, verdict, 0, 0, mm.rss, count);
  }
  return 0;
}
