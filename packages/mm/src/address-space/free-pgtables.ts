import type { Addr } from '../types.ts';
import type { MmStruct } from './mm-struct.ts';
import type { Vm } from './vm.ts';
import type { Vma } from './vma.ts';

/**
 * Frees page tables that only mapped [start, end), which was just unmapped.
 *
 * Cheap rather than thorough: only whole top-level entries (4 MiB; 1 GiB with PAE) between the neighbouring areas go.
 *
 *      prev |====|                       |====| next
 *                 first up          last down
 *                 |------|------|------|            entries to clear: from `first` up to, not including, `last`
 *
 * @param prev an area before `start`, not always the last one; null = there was none
 * @linux 2.4.22 mm/mmap.c free_pgtables()
 */
export function freePgtables(vm: Vm, mm: MmStruct, prev: Vma | null, start: Addr, end: Addr): void {
  const size = vm.pageTables.pgdirSize;
  let first = (start & -size) >>> 0;
  let last = end + size - 1;
  let area = prev ?? mm.mmap;
  if (prev === null && area !== null && area.vmEnd > start) {
    if (area.vmStart < last) last = area.vmStart;
    area = null;
  }
  if (area !== null) {
    let next = area.vmNext;
    while (next !== null && next.vmStart < start) {
      area = next;
      next = next.vmNext;
    }
    if (next !== null && next.vmStart < last) last = next.vmStart;
    if (area.vmEnd > first) first = area.vmEnd + size - 1;
  }
  // On i386 the next test catches this case too, so releases without this one do the same.
  if (last < first && !vm.rules.freePgtablesWithoutOrderTest) return;
  const shift = 31 - Math.clz32(size);
  const firstIndex = first >>> shift;
  const lastIndex = last >>> shift;
  if (lastIndex > firstIndex) {
    vm.pageTables.clearPageTables(mm.pgd, firstIndex, lastIndex - firstIndex);
    vm.tlb.flushTlbPgtables(mm.pgd, firstIndex * size, lastIndex * size);
  }
}
