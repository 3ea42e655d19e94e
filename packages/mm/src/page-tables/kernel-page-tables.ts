import {
  I386,
  KERNPG_TABLE,
  kernelProtections,
  PAGE_OFFSET,
  type PagingGeometry,
  pgdIndex,
  pmdIndex,
} from '../arch/i386.ts';
import { type FixmapLayout, fixToVirt, PKMAP_BASE } from '../arch/i386-layout.ts';
import { PDPTE_PRESENT } from '../arch/i386-pae.ts';
import type { BootPageTables } from '../boot-memory/boot-page-tables.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { assertKernel } from '../kernel-bug.ts';
import type { Pfn } from '../types.ts';

/** What the kernel's page tables are made from. */
export interface KernelPageTableParams {
  readonly memory: PhysicalMemory;
  readonly geometry: PagingGeometry;
  /** Frames that boot took for the tables. */
  readonly boot: BootPageTables;
  /** End of directly mapped memory, a frame number. */
  readonly maxLowPfn: number;
  /** The CPU has large pages (and `mem=nopentium` was not given). */
  readonly pse: boolean;
  /** The CPU has global pages. */
  readonly pge: boolean;
  /** CONFIG_HIGHMEM: the kmap window. */
  readonly highmem: boolean;
  readonly fixmap: FixmapLayout;
}

/** What {@link initKernelPageTables} found out. */
export interface KernelPageTables {
  /** Physical address of the top level, for cr3. */
  readonly swapperPgDir: number;
  /** CR4 bits that were switched on. Without large pages CR4.PGE stays off although entries carry the bit. */
  readonly cr4: { readonly pse: boolean; readonly pge: boolean };
  /** Whether it is known that WP works; if not, boot tests it and says so. @linux boot_cpu_data.wp_works_ok */
  readonly wpWorksOk: boolean;
  /** Entry (word index) of the kmap window's first page, 0 without one. @linux pkmap_page_table */
  readonly pkmapPageTable: number;
  /** Entry of the first kmap_atomic slot, 0 without high memory. The next slots' entries lie *before* it. @linux kmap_pte */
  readonly kmapPte: number;
  /** Flags of kmap entries. @linux kmap_prot */
  readonly kmapProt: number;
}

/**
 * The tables with which the kernel switches paging on: the first 8 MiB, at 0 and at PAGE_OFFSET, always in two levels.
 *
 * @linux 2.4.22 arch/i386/kernel/head.S startup_32
 */
export function startupPageTables(memory: PhysicalMemory, boot: BootPageTables): void {
  const words = memory.words;
  memory.clear(boot.swapperPgDir);
  const tables = [boot.pg0, boot.pg1];
  tables.forEach((table, i) => {
    for (let k = 0; k < 1024; k++) words[memory.base(table) + k] = ((i * 1024 + k) << 12) | 0x007;
    const pde = (table << 12) | 0x007;
    words[memory.base(boot.swapperPgDir) + i] = pde;
    words[memory.base(boot.swapperPgDir) + pgdIndex(I386, PAGE_OFFSET) + i] = pde;
  });
}

/**
 * Builds the kernel's page tables over the startup ones: the direct map of low memory (in large pages if the CPU has
 * them: whole ones, the last may reach past the end of memory), then the page tables, still empty, of the fixmap and of the
 * kmap window.
 *
 * @linux 2.4.22 arch/i386/mm/init.c pagetable_init(), fixrange_init(), kmap_init()
 */
export function initKernelPageTables(params: KernelPageTableParams): KernelPageTables {
  const { memory, geometry, boot, pse, pge, highmem, fixmap } = params;
  const pae = geometry.entryWords === 2;
  const pmdSize = 2 ** geometry.pmdShift;
  const protections = kernelProtections(pge);
  if (pae) {
    // Before this, cr3 pointed to a two-level directory in the same frame.
    for (let i = 0; i < geometry.ptrsPerPgd; i++) {
      setEntry(params, boot.swapperPgDir, i, boot.emptyZeroPage, PDPTE_PRESENT);
    }
    memory.clear(boot.kernelPmd);
    setEntry(params, boot.swapperPgDir, geometry.userPtrsPerPgd, boot.kernelPmd, PDPTE_PRESENT);
  }
  const pfnsPerPmd = pmdSize / 4096;
  for (let pfn = 0, table = 0; pfn < params.maxLowPfn; pfn += pfnsPerPmd) {
    const vaddr = PAGE_OFFSET + pfn * 4096;
    if (pse) {
      setPmd(params, vaddr, pfn, KERNPG_TABLE | 0x080 | (pge ? 0x100 : 0));
      continue;
    }
    const frame = boot.directMap[table++];
    assertKernel(
      frame !== undefined,
      `boot took ${table - 1} page tables for the direct map, more are needed`,
    );
    memory.clear(frame);
    const end = Math.min(pfnsPerPmd, params.maxLowPfn - pfn);
    for (let k = 0; k < end; k++) setEntry(params, frame, k, pfn + k, protections.kernel);
    setPmd(params, vaddr, frame, KERNPG_TABLE);
  }
  const lastSlot = fixToVirt(fixmap.slots - 1);
  assertKernel(
    lastSlot >= 2 ** 32 - pmdSize,
    `the fixmap begins at ${lastSlot.toString(16)}: more than one page table`,
  );
  emptyTable(params, lastSlot, boot.fixmap);
  if (highmem) emptyTable(params, PKMAP_BASE, boot.pkmap);
  if (pae) {
    // Low memory at 0 as well: a further CPU starts there. Goes with zapLowMappings.
    setEntry(params, boot.swapperPgDir, 0, boot.kernelPmd, PDPTE_PRESENT);
  }
  const kmapSlot = fixToVirt(Math.max(fixmap.kmapBegin, 0));
  return {
    swapperPgDir: boot.swapperPgDir * 4096,
    cr4: { pse, pge: pse && pge },
    wpWorksOk: pse,
    pkmapPageTable: highmem ? memory.base(boot.pkmap) : 0,
    kmapPte: highmem
      ? memory.base(boot.fixmap) + ((kmapSlot >>> 12) & (geometry.ptrsPerPte - 1)) * geometry.entryWords
      : 0,
    kmapProt: protections.kernel,
  };
}

/**
 * Takes away the mappings at user addresses that boot needed. The caller flushes the TLB, global entries too.
 *
 * @linux 2.4.22 arch/i386/mm/init.c zap_low_mappings()
 */
export function zapLowMappings(params: KernelPageTableParams): void {
  const { geometry, boot } = params;
  for (let i = 0; i < geometry.userPtrsPerPgd; i++) {
    if (geometry.entryWords === 2) setEntry(params, boot.swapperPgDir, i, boot.emptyZeroPage, PDPTE_PRESENT);
    else setEntry(params, boot.swapperPgDir, i, 0, 0);
  }
}

/** Writes entry `index` of the table in `frame`. */
function setEntry(params: KernelPageTableParams, frame: Pfn, index: number, pfn: Pfn, flags: number): void {
  const { memory, geometry } = params;
  const at = memory.base(frame) + index * geometry.entryWords;
  memory.words[at] = (pfn << 12) | flags;
  if (geometry.entryWords === 2) memory.words[at + 1] = pfn >>> 20;
}

/** Writes the entry of the level above page tables for a kernel address. */
function setPmd(params: KernelPageTableParams, vaddr: number, pfn: Pfn, flags: number): void {
  const { geometry, boot } = params;
  if (geometry.entryWords === 2) setEntry(params, boot.kernelPmd, pmdIndex(geometry, vaddr), pfn, flags);
  else setEntry(params, boot.swapperPgDir, pgdIndex(geometry, vaddr), pfn, flags);
}

function emptyTable(params: KernelPageTableParams, vaddr: number, frame: Pfn): void {
  params.memory.clear(frame);
  setPmd(params, vaddr, frame, KERNPG_TABLE);
}
