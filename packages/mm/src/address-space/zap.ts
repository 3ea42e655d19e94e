import { KernelBug } from '../kernel-bug.ts';
import { PG } from '../physical/mem-map.ts';
import type { Addr } from '../types.ts';
import { traceRss, ZAP_PAGE_RANGE } from './fault-tracepoints.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';

/**
 * Takes all pages of [address, address + size) out of an address space: their references are dropped, swap entries
 * released, and a page that only the swap cache has then goes with its slot. Page tables stay (see clearPageTables). Pages go in address order; a dirty bit in an entry first makes the
 * page itself dirty.
 *
 * The rss is lowered by the resident pages found, but never below 0.
 *
 * @param address page aligned
 * @param size bytes, > 0, page aligned
 * @linux 2.4.22 mm/memory.c zap_page_range(), __free_pte()
 */
export function zapPageRange(vm: Vm, mm: MmStruct, address: Addr, size: number): void {
  const end = address + size;
  if (size <= 0 || end > 0xffffffff) throw new KernelBug(`zap_page_range: [${address}, +${size})`);
  const { pageTables, memMap, memory, tlb, allocator, pageCache, swap } = vm;
  const { flags, mapping } = memMap;
  const pmdSize = pageTables.pmdSize;
  const step = pageTables.entryWords;
  const pgd = mm.pgd;
  let freed = 0;
  tlb.flushCacheRange(pgd, address, end);
  let at = address;
  while (at < end) {
    const boundary = at - (at % pmdSize) + pmdSize;
    const stop = Math.min(boundary, end);
    let entry = pageTables.pteOffset(pgd, at);
    if (entry === 0) {
      at = stop;
      continue;
    }
    for (; at < stop; at += 4096, entry += step) {
      const pte = memory.words[entry] as number;
      if (pte === 0) continue;
      if ((pte & 0x081) === 0) {
        if (swap === null) throw new KernelBug(`zap_page_range: swap entry ${pte.toString(16)} without swap`);
        swap.freeSwapAndCache(pte >>> 0);
        pageTables.clearPte(entry);
        continue;
      }
      const pfn = pageTables.ptePfn(entry);
      pageTables.clearPte(entry);
      if (pfn >= memMap.frames || ((flags[pfn] as number) & PG.reserved) !== 0) continue;
      freed++;
      if ((pte & 0x040) !== 0) pageCache.setPageDirty(pfn);
      if (mapping[pfn] === 0 || swap === null) allocator.putPage(pfn);
      else swap.freePageAndSwapCache(pfn);
    }
  }
  tlb.flushTlbRange(pgd, address, end);
  mm.rss = mm.rss > freed ? mm.rss - freed : 0;
  if (vm.trace.on) {
    vm.trace.emit(ZAP_PAGE_RANGE, pgd, address, size, freed);
    if (freed !== 0) traceRss(vm, mm);
  }
}
