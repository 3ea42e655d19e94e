import { type Kernel, TLB_ENTRIES, type Translation } from '@pagewalk/mm';
import type { TlbRow, TlbView } from '../../protocol/views.ts';

/** Rows that are told while the machine runs. */
const ROWS_MAX = 1000;

/** What the TLB of the machine holds now: that of the CPU on which the program runs. @param whole all of it */
export function tlbView(kernel: Kernel, whole: boolean): TlbView {
  const { mmu, trace } = kernel;
  const { attached, cr3 } = mmu;
  const own = attached === null ? translationsOf(mmu) : [];
  attached?.forEachTranslation((entry) => own.push(entry));
  own.sort((a, b) => a.address - b.address);
  return {
    view: 'tlb',
    slots: attached?.tlbSlots ?? TLB_ENTRIES,
    used: own.length,
    pid: [...kernel.processes.values()].find(({ task }) => task.mm?.pgd === cr3)?.pid ?? 0,
    ofKernel: attached === null ? -1 : translationsOf(mmu).length,
    rows: rowsOf(own, whole ? Number.POSITIVE_INFINITY : ROWS_MAX),
    flushes: {
      all: trace.count('flush_tlb_all'),
      mm: trace.count('flush_tlb_mm') + trace.count('flush_tlb_range'),
      page: trace.count('flush_tlb_page'),
    },
  };
}

/** What the machine's own TLB holds, with the frames that the page tables say. */
function translationsOf(mmu: Kernel['mmu']): Translation[] {
  const found: Translation[] = [];
  mmu.tlb.forEachEntry((entry) => found.push({ ...entry, pfn: mmu.pfnOf(entry.address) }));
  return found;
}

/** Neighbours that go to neighbouring frames with the same rights are one row. @param entries by address @param most rows */
export function rowsOf(entries: readonly Translation[], most: number): TlbRow[] {
  const rows: { -readonly [K in keyof TlbRow]: TlbRow[K] }[] = [];
  for (const { address, stores, user, global, pfn } of entries) {
    const row = rows.at(-1);
    const goesOn =
      row !== undefined &&
      row.address + row.pages * 4096 === address &&
      row.pfn + row.pages === pfn &&
      row.stores === stores &&
      row.user === user &&
      row.global === global;
    if (goesOn) row.pages++;
    else if (rows.length === most) break;
    else rows.push({ address, pages: 1, pfn, stores, user, global });
  }
  return rows;
}
