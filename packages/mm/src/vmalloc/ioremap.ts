import { PAGE_OFFSET } from '../arch/i386.ts';
import { KernelBug } from '../kernel-bug.ts';
import { PTE } from '../page-tables/page-tables.ts';
import { PG } from '../physical/mem-map.ts';
import { type Addr, pageAlign } from '../types.ts';
import { IOREMAP } from './tracepoints.ts';
import { VM_IOREMAP } from './vm-struct.ts';
import { forEachEntry, hex, type VmallocArea } from './vmalloc.ts';

/** P, RW, D and A. Not global, unlike other kernel pages. */
const DEVICE_FLAGS = PTE.present | PTE.rw | PTE.dirty | PTE.accessed;

/**
 * Gives device memory kernel addresses.
 *
 * The last byte decides how much is mapped, and a last byte that is the first of its page does not count (so one byte at a
 * page boundary is a BUG()).
 *
 * @param phys physical address, 32 bits, any alignment
 * @param size bytes
 * @param flags more flags of the entries, e.g. {@link PTE.pcd}
 * @returns kernel address of `phys`: within 0xa0000..0xfffff its place in the direct map; 0: nothing to map, RAM in use, or
 *   no memory or addresses
 * @throws KernelBug for the empty mapping that the rounding can leave, or an entry in use
 * @linux 2.4.22 arch/i386/mm/ioremap.c __ioremap()
 */
export function ioremap(vmalloc: VmallocArea, phys: number, size: number, flags = 0): Addr {
  const { trace } = vmalloc.parts;
  const lastAddr = (phys + size - 1) >>> 0;
  let addr = 0;
  let mapped = 0;
  if (size !== 0 && lastAddr >= phys) {
    if (phys >= 0xa0000 && lastAddr < 0x100000) {
      addr = PAGE_OFFSET + phys;
    } else if (!isRamInUse(vmalloc, phys, size)) {
      const first = (phys & -4096) >>> 0;
      mapped = (pageAlign(lastAddr) - first) >>> 0;
      addr = remapArea(vmalloc, first, mapped, flags);
      if (addr !== 0) addr += phys & 4095;
    }
  }
  if (trace.on) trace.emit(IOREMAP, phys, mapped, flags, addr);
  return addr;
}

/** The same without caching. @linux ioremap_nocache() */
export function ioremapNocache(vmalloc: VmallocArea, phys: number, size: number): Addr {
  return ioremap(vmalloc, phys, size, PTE.pcd);
}

/** Undoes {@link ioremap}; an address in the direct map is left alone. @linux 2.4.22 arch/i386/mm/ioremap.c iounmap() */
export function iounmap(vmalloc: VmallocArea, addr: Addr): void {
  if (addr > vmalloc.parts.highMemory) vmalloc.vfree((addr & -4096) >>> 0);
}

/** Whether the range begins in directly mapped memory and has a page there that is not reserved. */
function isRamInUse(vmalloc: VmallocArea, phys: number, size: number): boolean {
  const { memMap, highMemory } = vmalloc.parts;
  if (phys >= highMemory - PAGE_OFFSET) return false;
  const last = (phys + size - 1) >>> 12;
  for (let pfn = phys >>> 12; pfn <= last && pfn < memMap.frames; pfn++) {
    if (((memMap.flags[pfn] as number) & PG.reserved) === 0) return true;
  }
  return false;
}

/** @linux remap_area_pages(), remap_area_pmd(), remap_area_pte() */
function remapArea(vmalloc: VmallocArea, phys: number, bytes: number, flags: number): Addr {
  const { pageTables, memory, tlb } = vmalloc.parts;
  const area = vmalloc.getVmArea(bytes, VM_IOREMAP);
  if (area === 0) return 0;
  const start = vmalloc.addrOf(area);
  if (bytes === 0) throw new KernelBug(`remap_area_pages: nothing to map at ${hex(start)}`);
  const done = forEachEntry(pageTables.pgdirSize, start, bytes, (addr) => {
    const entry = pageTables.pteAlloc(pageTables.swapperPgDir, addr);
    if (entry === 0) return false;
    if ((memory.words[entry] as number) !== 0) {
      throw new KernelBug(`remap_area_pte: page already exists at ${hex(addr)}`);
    }
    pageTables.setPte(entry, (phys + (addr - start)) >>> 12, DEVICE_FLAGS | flags);
    return true;
  });
  tlb.flushTlbAll();
  if (done) return start;
  vmalloc.vfree(start);
  return 0;
}
