import type { Pfn } from '../types.ts';
import type { MemorySetup } from './setup-memory.ts';

/** Frames of the kernel's page tables as boot leaves them; page-tables fills the entries. */
export interface BootPageTables {
  /** `swapper_pg_dir`, part of the image. */
  readonly swapperPgDir: Pfn;
  /** The two tables with which the kernel switches paging on: they map the first 8 MiB. */
  readonly pg0: Pfn;
  readonly pg1: Pfn;
  readonly emptyZeroPage: Pfn;
  /** PAE: the page middle directory of the kernel's gigabyte; else 0. */
  readonly kernelPmd: Pfn;
  /** Page tables of the direct map, ascending, when there are no large pages. */
  readonly directMap: readonly Pfn[];
  /** Page table of the fixed mappings. */
  readonly fixmap: Pfn;
  /** Page table of the kmap window; 0 without CONFIG_HIGHMEM. */
  readonly pkmap: Pfn;
}

/**
 * Takes the frames of the kernel's page tables from boot memory, in the order in which the kernel builds them.
 *
 * @linux 2.4.22 arch/i386/mm/init.c pagetable_init()
 */
export function allocateBootPageTables(setup: MemorySetup, pae: boolean, highmem: boolean): BootPageTables {
  const page = () => setup.bootmem.allocLowPages(4096) / 4096;
  const kernelPmd = pae ? page() : 0;
  const directMap: Pfn[] = [];
  if (!setup.pse) {
    const pagesPerTable = pae ? 512 : 1024;
    for (let pfn = 0; pfn < setup.maxLowPfn; pfn += pagesPerTable) directMap.push(page());
  }
  const fixmap = page();
  const pkmap = highmem ? page() : 0;
  return {
    swapperPgDir: 0x101,
    pg0: 0x102,
    pg1: 0x103,
    emptyZeroPage: 0x104,
    kernelPmd,
    directMap,
    fixmap,
    pkmap,
  };
}
