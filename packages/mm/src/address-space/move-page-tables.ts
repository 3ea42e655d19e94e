import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import { zapPageRange } from './zap.ts';

/**
 * Moves the entry of one page, present or swapped, to another address.
 * @returns false when there was no memory for the page table of the new address; the entry then stays
 * @linux 2.4.22 mm/mremap.c move_one_page()
 */
function moveOnePage(vm: Vm, mm: MmStruct, from: Addr, to: Addr): boolean {
  const { pageTables, memory } = vm;
  const source = pageTables.pteOffset(mm.pgd, from);
  if (source === 0 || memory.words[source] === 0) return true;
  const target = pageTables.pteAlloc(mm.pgd, to);
  if (target === 0) return false;
  pageTables.copyPte(target, source);
  pageTables.clearPte(source);
  return true;
}

/**
 * Moves the entries of `len` bytes from `from` to `to`, the highest page first. No page is copied. When a page table is
 * not to be had, all goes back.
 * @linux 2.4.22 mm/mremap.c move_page_tables()
 */
export function movePageTables(vm: Vm, mm: MmStruct, to: Addr, from: Addr, len: number): boolean {
  vm.tlb.flushCacheRange(mm.pgd, from, from + len);
  let offset = len;
  while (offset > 0) {
    offset -= 4096;
    if (moveOnePage(vm, mm, from + offset, to + offset)) continue;
    vm.tlb.flushCacheRange(mm.pgd, to, to + len);
    while ((offset += 4096) < len) moveOnePage(vm, mm, to + offset, from + offset);
    zapPageRange(vm, mm, to, len);
    return false;
  }
  vm.tlb.flushTlbRange(mm.pgd, from, from + len);
  return true;
}
