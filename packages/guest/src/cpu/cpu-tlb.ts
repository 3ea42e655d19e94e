/** What the TLB of v86's CPU holds, read from where it lies. */
import type { Addr, Translation } from '@pagewalk/mm';
import { AT, TLB } from './v86-abi.ts';

/**
 * The entry of an address; null: there is none.
 *
 * @param words the module's memory
 * @param ram where RAM lies in it
 */
export function tlbEntry(words: Int32Array, ram: number, addr: Addr): Translation | null {
  const page = addr >>> 12;
  const word = words[(AT.tlb >>> 2) + page] as number;
  if ((word & TLB.valid) === 0) return null;
  const address = (page << 12) >>> 0;
  const at = ((word ^ address) & ~0xfff) >>> 0;
  return {
    address,
    stores: (word & TLB.readOnly) === 0,
    user: (word & TLB.noUser) === 0,
    global: (word & TLB.global) !== 0,
    pfn: (word & TLB.notRam) !== 0 ? -1 : (at - ram) / 4096,
  };
}

/** Calls `visit` for each entry, in the order in which they came. */
export function forEachTlbEntry(words: Int32Array, ram: number, visit: (entry: Translation) => void): void {
  const listed = words.subarray(
    AT.tlbPages >>> 2,
    (AT.tlbPages >>> 2) + (words[AT.tlbCount >>> 2] as number),
  );
  // A page that was dropped and came again is listed twice.
  for (const page of new Set(listed)) {
    const entry = tlbEntry(words, ram, (page << 12) >>> 0);
    if (entry !== null) visit(entry);
  }
}
