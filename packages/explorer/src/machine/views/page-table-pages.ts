import type { Kernel } from '@pagewalk/mm';

const PRESENT_OR_PROTNONE = 0x081;

/** Pages of an address space that are in swap: entries of its page tables that are neither empty nor present. */
export function swappedPages(kernel: Kernel, pgd: number): number {
  const { pageTables, memory } = kernel;
  const step = pageTables.entryWords;
  let swapped = 0;
  pageTables.forEachUserTable(pgd, (table) => {
    const { words } = memory;
    const base = memory.base(table);
    for (let at = base; at < base + 1024; at += step) {
      const entry = words[at] as number;
      if (entry !== 0 && (entry & PRESENT_OR_PROTNONE) === 0) swapped++;
    }
  });
  return swapped;
}
