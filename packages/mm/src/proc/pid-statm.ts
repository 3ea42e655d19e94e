import type { Task } from '../address-space/task.ts';
import type { Vm } from '../address-space/vm.ts';
import { VM, type Vma } from '../address-space/vma.ts';
import { PTE } from '../page-tables/page-tables.ts';
import { PG } from '../physical/mem-map.ts';

/** Areas that end above this address hold libraries, says the kernel. */
const LIBRARIES_ABOVE = 0x60000000;

/** What an area's page-table entries count up to. */
interface AreaCounts {
  /** Entries that are not empty: pages touched or swapped out. */
  total: number;
  /** Present pages, reserved ones (the zero page) not counted. */
  pages: number;
  /** Those with more than one reference. */
  shared: number;
  /** Those whose entry is dirty. */
  dirty: number;
}

/**
 * /proc/PID/statm: seven numbers of pages, `size resident share trs lrs drs dt`, found by walking the page tables. In 2.4
 * "size" is not the size of the address space but the number of pages that were ever touched and are still mapped or
 * swapped out.
 *
 * @param reservedCount reserved pages are resident, and dirty if their entries are, as in 2.4.0; they are never shared
 * @linux 2.4.22 fs/proc/array.c proc_pid_statm()
 */
export function statmText(vm: Vm, task: Task, reservedCount = false): string {
  let size = 0;
  let resident = 0;
  let share = 0;
  let trs = 0;
  let lrs = 0;
  let drs = 0;
  let dt = 0;
  for (let vma = task.mm?.mmap ?? null; vma !== null; vma = vma.vmNext) {
    const { total, pages, shared, dirty } = countArea(vm, vma, reservedCount);
    size += total;
    resident += pages;
    share += shared;
    dt += dirty;
    if (vma.vmFlags & VM.executable) trs += pages;
    else if (vma.vmFlags & VM.growsDown) drs += pages;
    else if (vma.vmEnd > LIBRARIES_ABOVE) lrs += pages;
    else drs += pages;
  }
  return `${size} ${resident} ${share} ${trs} ${lrs} ${drs} ${dt}\n`;
}

/** @linux fs/proc/array.c statm_pgd_range() */
function countArea(vm: Vm, vma: Vma, reservedCount: boolean): AreaCounts {
  const { pageTables, memMap, memory } = vm;
  const counts: AreaCounts = { total: 0, pages: 0, shared: 0, dirty: 0 };
  let at = vma.vmStart;
  while (at < vma.vmEnd) {
    const tableEnd = Math.min(vma.vmEnd, at - (at % pageTables.pmdSize) + pageTables.pmdSize);
    const first = pageTables.pteOffset(vma.vmMm.pgd, at);
    if (first !== 0) {
      const last = first + ((tableEnd - at) / 4096) * pageTables.entryWords;
      for (let entry = first; entry < last; entry += pageTables.entryWords) {
        const low = memory.words[entry] as number;
        // A swap entry's high word is 0 with PAE, and a mapped page always has flags: the low word tells all.
        if (low === 0) continue;
        counts.total++;
        if ((low & PTE.presentMask) === 0) continue;
        const pfn = pageTables.ptePfn(entry);
        const reserved = pfn >= memMap.frames || ((memMap.flags[pfn] as number) & PG.reserved) !== 0;
        if (reserved && !reservedCount) continue;
        counts.pages++;
        if ((low & PTE.dirty) !== 0) counts.dirty++;
        if (!reserved && (memMap.count[pfn] as number) > 1) counts.shared++;
      }
    }
    at = tableEnd;
  }
  return counts;
}
