import type { PagingGeometry } from './i386.ts';

/**
 * Three levels, entries of 64 bits: 4, 512 and 512 of them. Physical addresses have 36 bits. All that is not in this
 * object is as with two levels; a swap entry is in the low word, the high word is 0.
 * @linux include/asm-i386/pgtable-3level.h
 */
export const I386_PAE: PagingGeometry = {
  name: 'i386-pae',
  pgdirShift: 30,
  ptrsPerPgd: 4,
  pmdShift: 21,
  ptrsPerPmd: 512,
  ptrsPerPte: 512,
  entryWords: 2,
  userPtrsPerPgd: 3,
  lastPkmap: 512,
};

/** Flag of an entry of the top level: present. Nothing else may be set there. */
export const PDPTE_PRESENT = 0x001;
