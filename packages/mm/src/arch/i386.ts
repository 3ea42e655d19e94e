/** Where the kernel's part of the address space begins. @linux PAGE_OFFSET, TASK_SIZE */
export const PAGE_OFFSET = 0xc0000000;
export const TASK_SIZE = 0xc0000000;

/** How a format of page tables cuts an address into indexes. */
export interface PagingGeometry {
  readonly name: 'i386' | 'i386-pae';
  /** Bit at which the top level's index begins. @linux PGDIR_SHIFT */
  readonly pgdirShift: number;
  readonly ptrsPerPgd: number;
  /** Bit at which the middle level's index begins; with two levels the middle one is folded: 1 entry. @linux PMD_SHIFT */
  readonly pmdShift: number;
  readonly ptrsPerPmd: number;
  readonly ptrsPerPte: number;
  /** 32-bit words of an entry. */
  readonly entryWords: 1 | 2;
  /** Top-level entries below TASK_SIZE. @linux USER_PTRS_PER_PGD */
  readonly userPtrsPerPgd: number;
  /** Pages of the kmap window: what one page table maps. @linux LAST_PKMAP */
  readonly lastPkmap: number;
}

/** Two levels of 1024 entries of 32 bits. @linux include/asm-i386/pgtable-2level.h */
export const I386: PagingGeometry = {
  name: 'i386',
  pgdirShift: 22,
  ptrsPerPgd: 1024,
  pmdShift: 22,
  ptrsPerPmd: 1,
  ptrsPerPte: 1024,
  entryWords: 1,
  userPtrsPerPgd: 768,
  lastPkmap: 1024,
};

/** Index into the top level. @linux pgd_index() */
export function pgdIndex(geometry: PagingGeometry, addr: number): number {
  return (addr >>> geometry.pgdirShift) & (geometry.ptrsPerPgd - 1);
}

/** Index into the middle level; 0 with two levels. @linux __pmd_offset() */
export function pmdIndex(geometry: PagingGeometry, addr: number): number {
  return (addr >>> geometry.pmdShift) & (geometry.ptrsPerPmd - 1);
}

/** Index into a page table. @linux __pte_offset() */
export function pteIndex(geometry: PagingGeometry, addr: number): number {
  return (addr >>> 12) & (geometry.ptrsPerPte - 1);
}

/** Flags of an entry that points to a table. @linux include/asm-i386/pgtable.h */
export const PAGE_TABLE = 0x067;
export const KERNPG_TABLE = 0x063;

/** Flags of kernel pages. The global bit is set if the CPU knows it. @linux PAGE_KERNEL and its like */
export function kernelProtections(pge: boolean): { kernel: number; readOnly: number; noCache: number } {
  const global = pge ? 0x100 : 0;
  return { kernel: 0x063 | global, readOnly: 0x061 | global, noCache: 0x073 | global };
}

/** Swap areas that an entry could name (6 bits); the kernel uses 32 of them. @linux MAX_SWAPFILES */
export const MAX_SWAPFILES = 32;

/**
 * A swap entry: where a page is that its table entry does not map.
 *
 * ```
 *   31                8 7 6        1 0
 *  [       offset      |0|   type   |0]     bits 0 and 7 clear: neither present nor PROT_NONE
 * ```
 * @param type swap area, 0 .. 63
 * @param offset page in it, 0 .. 2^24 - 1
 * @returns unsigned 32 bits. @linux SWP_ENTRY()
 */
export function swapEntry(type: number, offset: number): number {
  return ((type << 1) | (offset << 8)) >>> 0;
}

/** Swap area of an entry. @linux SWP_TYPE() */
export function swapType(entry: number): number {
  return (entry >>> 1) & 0x3f;
}

/** Page in the swap area. @linux SWP_OFFSET() */
export function swapOffset(entry: number): number {
  return entry >>> 8;
}
