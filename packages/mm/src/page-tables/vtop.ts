import { type PagingGeometry, pgdIndex, pmdIndex, pteIndex, swapOffset, swapType } from '../arch/i386.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import type { Addr, Pfn } from '../types.ts';

/** One entry that a walk reads. */
export interface VtopStep {
  /** Level, in the kernel's words. Two-level tables have no `pmd` step. */
  readonly level: 'pgd' | 'pmd' | 'pte';
  readonly index: number;
  /** Physical address of the entry. */
  readonly entryPhys: number;
  /** The entry's words, unsigned; `high` is 0 in two-level tables. */
  readonly low: number;
  readonly high: number;
  /** Names of the bits that are set. */
  readonly bits: readonly string[];
  /** Frame that the entry names; 0 if it names none. */
  readonly frame: Pfn;
}

/** How a walk ended. */
export interface Vtop {
  readonly steps: readonly VtopStep[];
  /**
   * - `page`, `large`: mapped
   * - `protnone`: there is a page, but the CPU is told that there is none
   * - `swap`: swapped out
   * - `none`: nothing there
   */
  readonly kind: 'page' | 'large' | 'protnone' | 'swap' | 'none';
  /** Physical address (up to 36 bits), also of a PROT_NONE page; null when there is no page. */
  readonly physical: number | null;
  readonly swap: { readonly type: number; readonly offset: number } | null;
}

/** Bits of an entry of each kind of level; bit 7 has three meanings. */
const BITS: readonly (readonly [number, string])[] = [
  [0x001, 'P'],
  [0x002, 'RW'],
  [0x004, 'US'],
  [0x008, 'PWT'],
  [0x010, 'PCD'],
  [0x020, 'A'],
  [0x040, 'D'],
  [0x100, 'G'],
];

/**
 * Walks the page tables for one address and tells every entry on the way. Reads only: sets no bits, asks no TLB.
 *
 * @param pgd physical address of the top level
 */
export function vtop(memory: PhysicalMemory, geometry: PagingGeometry, pgd: number, addr: Addr): Vtop {
  const steps: VtopStep[] = [];
  const visit = (level: VtopStep['level'], table: number, index: number): VtopStep => {
    const step = readEntry(memory, geometry, level, table, index);
    steps.push(step);
    return step;
  };
  const end = (kind: Vtop['kind'], physical: number | null = null, swap: Vtop['swap'] = null): Vtop => ({
    steps,
    kind,
    physical,
    swap,
  });

  let entry = visit('pgd', pgd, pgdIndex(geometry, addr));
  if ((entry.low & 1) === 0) return end('none');
  if (geometry.ptrsPerPmd > 1) {
    entry = visit('pmd', entry.frame * 4096, pmdIndex(geometry, addr));
    if ((entry.low & 1) === 0) return end('none');
  }
  if ((entry.low & 0x080) !== 0) {
    const size = 2 ** geometry.pmdShift;
    const start = entry.frame * 4096;
    return end('large', start - (start % size) + (addr % size));
  }
  entry = visit('pte', entry.frame * 4096, pteIndex(geometry, addr));
  const physical = entry.frame * 4096 + (addr & 4095);
  if ((entry.low & 1) !== 0) return end('page', physical);
  if ((entry.low & 0x080) !== 0) return end('protnone', physical);
  if (entry.low === 0 && entry.high === 0) return end('none');
  return end('swap', null, { type: swapType(entry.low), offset: swapOffset(entry.low) });
}

function readEntry(
  memory: PhysicalMemory,
  geometry: PagingGeometry,
  level: VtopStep['level'],
  table: number,
  index: number,
): VtopStep {
  const wide = geometry.entryWords === 2;
  const pfn = Math.floor(table / 4096);
  const at = memory.base(pfn) + (table % 4096) / 4 + index * geometry.entryWords;
  const low = (memory.words[at] as number) >>> 0;
  const high = wide ? (memory.words[at + 1] as number) >>> 0 : 0;
  const namesPage = (low & 1) !== 0 || (level === 'pte' && (low & 0x080) !== 0);
  const bits: string[] = [];
  if (namesPage) {
    for (const [bit, name] of BITS) if ((low & bit) !== 0) bits.push(name);
    if ((low & 0x080) !== 0) bits.push(level !== 'pte' ? 'PSE' : (low & 1) !== 0 ? 'PAT' : 'PROTNONE');
  }
  return {
    level,
    index,
    entryPhys: table + index * geometry.entryWords * 4,
    low,
    high,
    bits,
    frame: namesPage ? (low >>> 12) + (high & 0xf) * 2 ** 20 : 0,
  };
}
