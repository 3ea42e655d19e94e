import { type Kernel, TLB_ENTRIES, type TlbEntry } from '@pagewalk/mm';
import type { TlbRow, TlbView } from '../../protocol/views.ts';

/** Rows that are told. */
const ROWS_MAX = 1000;

/** What the TLB of the machine holds now. */
export function tlbView(kernel: Kernel): TlbView {
  const entries: TlbEntry[] = [];
  kernel.mmu.tlb.forEachEntry((entry) => entries.push(entry));
  entries.sort((a, b) => a.address - b.address);
  const { cr3, attached } = kernel.mmu;
  const count = (name: string): number => kernel.trace.count(name);
  return {
    view: 'tlb',
    slots: TLB_ENTRIES,
    used: entries.length,
    pid: [...kernel.processes.values()].find(({ task }) => task.mm?.pgd === cr3)?.pid ?? 0,
    attached: attached !== null,
    rows: rowsOf(entries, (address) => kernel.mmu.pfnOf(address)),
    flushes: {
      all: count('flush_tlb_all'),
      mm: count('flush_tlb_mm') + count('flush_tlb_range'),
      page: count('flush_tlb_page'),
    },
  };
}

/** Neighbours that go to neighbouring frames with the same rights are one row. @param entries by address */
export function rowsOf(entries: readonly TlbEntry[], pfnOf: (address: number) => number): TlbRow[] {
  const rows: { -readonly [K in keyof TlbRow]: TlbRow[K] }[] = [];
  for (const { address, stores, user, global } of entries) {
    const pfn = pfnOf(address);
    const row = rows.at(-1);
    const goesOn =
      row !== undefined &&
      row.address + row.pages * 4096 === address &&
      row.pfn + row.pages === pfn &&
      row.stores === stores &&
      row.user === user &&
      row.global === global;
    if (goesOn) row.pages++;
    else if (rows.length === ROWS_MAX) break;
    else rows.push({ address, pages: 1, pfn, stores, user, global });
  }
  return rows;
}
