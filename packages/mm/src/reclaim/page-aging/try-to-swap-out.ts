import type { MmStruct } from '../../address-space/mm-struct.ts';
import { PG } from '../../physical/mem-map.ts';
import type { Addr, Pfn } from '../../types.ts';
import type { AgingParts } from './aging-parts.ts';
import { AGED_TRY_TO_SWAP_OUT, AGED_UNMAP } from './tracepoints.ts';

const ACCESSED = 0x020;
const DIRTY = 0x040;

/**
 * Looks at one mapping of a page. A use since the last look makes the page younger; else a page that is not on the active list
 * grows older here (those on it do so in refill_inactive_scan). At age 0 the mapping is taken away.
 *
 * Nothing is freed by this: the page is unmapped, dirty, and old.
 *
 * @param entry the page-table entry; present, of a page that is not reserved
 * @returns whether the quota of the address space was used up before: the scan ends
 * @linux 2.4.0 mm/vmscan.c try_to_swap_out()
 */
export function tryToSwapOut(
  parts: AgingParts,
  mm: MmStruct,
  address: Addr,
  entry: number,
  pfn: Pfn,
): boolean {
  const { vm, lists, swap } = parts;
  const { memMap, memory, pageCache, pageTables, tlb } = vm;
  if (mm.swapCnt === 0) return true;
  mm.swapCnt--;
  const active = ((memMap.flags[pfn] as number) & PG.active) !== 0;
  if (((memory.words[entry] as number) & ACCESSED) !== 0) {
    memory.words[entry] = (memory.words[entry] as number) & ~ACCESSED;
    lists.ageUp(pfn);
    return note(parts, mm, address, pfn, AGED_UNMAP.young, 0);
  }
  if (!active) lists.ageDownOnly(pfn);
  if ((memMap.age[pfn] as number) > 0) return note(parts, mm, address, pfn, AGED_UNMAP.used, 0);
  if (!pageCache.tryLockPage(pfn)) return note(parts, mm, address, pfn, AGED_UNMAP.locked, 0);

  const flags = (memory.words[entry] as number) & 0xfff;
  pageTables.clearPte(entry);
  tlb.flushTlbPage(mm.pgd, address);
  const dirty = (flags & DIRTY) !== 0;
  let slot = 0;
  let verdict: number;
  if (swap.has(pfn)) {
    slot = swap.entryOf(pfn);
    if (dirty) pageCache.setPageDirty(pfn);
    swap.areas.swapDuplicate(slot);
    verdict = AGED_UNMAP.swapCache;
  } else {
    tlb.flushCachePage(mm.pgd, address);
    if (!dirty) {
      verdict = AGED_UNMAP.clean;
    } else if (memMap.mapping[pfn] !== 0) {
      pageCache.setPageDirty(pfn);
      verdict = AGED_UNMAP.file;
    } else {
      slot = swap.areas.getSwapPage();
      if (slot === 0) {
        pageTables.setPte(entry, pfn, flags);
        pageCache.unlockPage(pfn);
        return note(parts, mm, address, pfn, AGED_UNMAP.noSlot, 0);
      }
      // The cache takes a reference of its own; the first one is the entry's.
      swap.add(pfn, slot);
      pageCache.setFlags(pfn, PG.uptodate);
      pageCache.setPageDirty(pfn);
      verdict = AGED_UNMAP.newSlot;
    }
  }
  if (slot !== 0) pageTables.setSwapPte(entry, slot);
  pageCache.unlockPage(pfn);
  mm.rss--;
  lists.deactivate(pfn);
  note(parts, mm, address, pfn, verdict, slot);
  vm.allocator.putPage(pfn);
  return false;
}

/** Always false: the scan goes on. */
function note(
  parts: AgingParts,
  mm: MmStruct,
  address: Addr,
  pfn: Pfn,
  verdict: number,
  entry: number,
): false {
  const { trace, memMap } = parts.vm;
  if (trace.on) {
    trace.emit(
      AGED_TRY_TO_SWAP_OUT,
      mm.pgd,
      address,
      pfn,
      verdict,
      memMap.age[pfn] as number,
      mm.swapCnt,
      entry,
    );
  }
  return false;
}
