import type { Addr, Pfn } from '../types.ts';

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
}
