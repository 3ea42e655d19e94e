import type { Addr, Pfn } from '../types.ts';
import type { TlbEntry } from './tlb.ts';

/** A translation in the TLB of an attached CPU. */
export interface Translation extends TlbEntry {
  /** Frame that it leads to; -1: no RAM. */
  readonly pfn: Pfn | -1;
}

/**
 * A CPU from elsewhere (an emulator) that runs programs on this machine's page tables. It has a TLB, and perhaps translated
 * code, of its own: it is told of all that the machine's own MMU is told.
 */
export interface AttachedCpu {
  /** The translation of one page is dropped, global or not. */
  invlpg(addr: Addr): void;
  /** All translations but global ones are dropped: cr3 was loaded, perhaps with another value. */
  flushNonGlobal(): void;
  /** All translations are dropped. */
  flushAll(): void;
  /** A fault put a frame into the page tables: what the CPU knows of its contents may be out of date. @linux update_mmu_cache() */
  mapped(pfn: Pfn): void;
  /** Translations that its TLB has room for. */
  readonly tlbSlots: number;
  /** What its TLB holds for an address and may still use; null: nothing. */
  translationOf(addr: Addr): Translation | null;
  /** Calls `visit` for each translation that its TLB holds and may still use. */
  forEachTranslation(visit: (entry: Translation) => void): void;
}
