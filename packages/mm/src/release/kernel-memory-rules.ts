import type { HighmemRules } from '../highmem/ports.ts';
import type { VmallocRules } from '../vmalloc/ports.ts';

/** How vmalloc of a release differs from the others'. */
export function vmallocRules(release: string): VmallocRules {
  const old = release !== '2.4.22';
  return {
    hasVmap: !old,
    holeMustBeLarger: release === '2.4.0',
    badSizeIsBug: old,
    searchMayMoveBack: old,
  };
}

/** Whether page tables out of use are kept for the next fault. */
export function keepsPageTables(release: string): boolean {
  return release !== '2.4.0';
}

/** Slots of kmap_atomic that a CPU has. @linux include/asm-i386/kmap_types.h KM_TYPE_NR */
const KM_TYPES: Readonly<Record<string, number>> = { '2.4.0': 2, '2.4.20': 6, '2.4.22': 8 };

/** The same for high memory. */
export function highmemRules(release: string): HighmemRules {
  const old = release !== '2.4.22';
  return { kmTypeNr: KM_TYPES[release] ?? 8, hasKmapNonblock: !old, kunmapAtomicMasks: !old };
}
