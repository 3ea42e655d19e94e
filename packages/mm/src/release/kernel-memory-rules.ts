import type { HighmemRules } from '../highmem/ports.ts';
import type { VmallocRules } from '../vmalloc/ports.ts';

/** How vmalloc of a release differs from the other's; both are 2.4 kernels. */
export function vmallocRules(release: string): VmallocRules {
  const old = release === '2.4.20';
  return { hasVmap: !old, badSizeIsBug: old, searchMayMoveBack: old };
}

/** The same for high memory. */
export function highmemRules(release: string): HighmemRules {
  const old = release === '2.4.20';
  return { kmTypeNr: old ? 6 : 8, hasKmapNonblock: !old, kunmapAtomicMasks: !old };
}
