import { fixToVirt } from '../arch/i386-layout.ts';
import { assertKernel } from '../kernel-bug.ts';
import type { Highmem } from './highmem.ts';
import { SET_FIXMAP } from './tracepoints.ts';

/**
 * Maps a physical address at the address that a fixmap slot has by definition.
 *
 * @param slot 0 .. slots - 1; another one is complained about in the log
 * @param phys 32 bits, page aligned
 * @param flags of the entry; 0 with `phys` 0 clears it
 * @linux 2.4.22 arch/i386/mm/init.c __set_fixmap(), set_pte_phys()
 */
export function setFixmap(highmem: Highmem, slot: number, phys: number, flags: number): void {
  const { fixmap, pageTables, mmus, trace } = highmem.parts;
  const addr = fixToVirt(slot);
  if (slot < 0 || slot >= fixmap.slots) {
    highmem.parts.print('Invalid __set_fixmap');
    return;
  }
  const entry = pageTables.pteOffset(pageTables.swapperPgDir, addr);
  assertKernel(entry !== 0, `fixmap slot ${slot} has no page table`);
  pageTables.setPte(entry, phys >>> 12, flags);
  mmus[highmem.parts.currentCpu()]?.invlpg(addr);
  if (trace.on) trace.emit(SET_FIXMAP, slot, addr, phys, flags);
}

/** Empties a fixmap slot. @linux __set_fixmap(idx, 0, __pgprot(0)) */
export function clearFixmap(highmem: Highmem, slot: number): void {
  setFixmap(highmem, slot, 0, 0);
}
