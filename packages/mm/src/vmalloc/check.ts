/** Recounts what the vmalloc room claims, from the list and the page tables. */
import { KernelBug } from '../kernel-bug.ts';
import { PTE } from '../page-tables/page-tables.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import { VM_ALLOC, type VmArea } from './vm-struct.ts';
import { hex, type VmallocArea } from './vmalloc.ts';

function fail(message: string): never {
  throw new KernelBug(`vmalloc: ${message}`);
}

/**
 * Checks that areas are page aligned, ascending and apart from each other, that each page of an area is mapped (of one made
 * by {@link VmallocArea.vmalloc} to a frame in use) and its guard page is not, that nothing is mapped between areas, that no
 * frame has fewer references than mappings, and that page directories hold the kernel's entries or none.
 *
 * Call it between operations.
 *
 * @param pgds physical addresses of the page directories of all address spaces
 * @throws KernelBug that says what differs
 */
export function checkVmalloc(vmalloc: VmallocArea, pgds: Iterable<number> = []): void {
  const mapped = new Map<Pfn, number>();
  let at = vmalloc.start;
  for (const area of vmalloc.vmlist()) {
    const name = `area ${hex(area.addr)}+${area.size.toString(16)}`;
    if (((area.addr | area.size) & 4095) !== 0 || area.size === 0) fail(`${name} is not made of pages`);
    if (area.addr < at) fail(`${name} begins before ${hex(at)}, where the one before it ends`);
    checkUnmapped(vmalloc, at, area.addr);
    checkArea(vmalloc, area, name, mapped);
    at = area.addr + area.size;
  }
  checkUnmapped(vmalloc, at, vmalloc.end);
  const { memMap } = vmalloc.parts;
  for (const [pfn, count] of mapped) {
    const references = memMap.count[pfn] as number;
    if (references < count) fail(`page ${pfn} has count ${references} and is mapped ${count} times`);
  }
  for (const pgd of pgds) checkDirectory(vmalloc, pgd);
}

function checkArea(vmalloc: VmallocArea, area: VmArea, name: string, mapped: Map<Pfn, number>): void {
  const { memMap } = vmalloc.parts;
  const guard = area.addr + area.size - 4096;
  for (let addr = area.addr; addr < guard; addr += 4096) {
    const pfn = vmalloc.vmallocToPage(addr);
    if (pfn < 0) fail(`${name}: nothing is mapped at ${hex(addr)}`);
    if (area.flags !== VM_ALLOC) continue;
    if (pfn >= memMap.frames) fail(`${name}: ${hex(addr)} maps frame ${pfn}, which does not exist`);
    if (((memMap.flags[pfn] as number) & PG.reserved) === 0) mapped.set(pfn, (mapped.get(pfn) ?? 0) + 1);
  }
  if (vmalloc.vmallocToPage(guard) >= 0) fail(`${name}: the guard page is mapped`);
}

function checkUnmapped(vmalloc: VmallocArea, from: number, to: number): void {
  const { pageTables, memory } = vmalloc.parts;
  for (let addr = from; addr < to; addr += 4096) {
    const entry = pageTables.pteOffset(pageTables.swapperPgDir, addr);
    if (entry === 0) addr += pageTables.pmdSize - (addr % pageTables.pmdSize) - 4096;
    else if (memory.words[entry] !== 0) fail(`${hex(addr)} lies in no area and is mapped`);
  }
}

/** Kernel entries of a top level: copies of the reference's, A and D aside, or not there yet. */
function checkDirectory(vmalloc: VmallocArea, pgd: number): void {
  const { pageTables, memory } = vmalloc.parts;
  const used = PTE.accessed | PTE.dirty;
  const words = pageTables.entryWords;
  const top = (phys: number) => memory.base(phys >>> 12) + ((phys & 4095) >>> 2);
  const entries = 2 ** 32 / pageTables.pgdirSize;
  for (let i = pageTables.userPgdEntries * words; i < entries * words; i++) {
    const own = memory.words[top(pgd) + i] as number;
    const reference = memory.words[top(pageTables.swapperPgDir) + i] as number;
    if (own !== 0 && ((own ^ reference) & ~used) !== 0) {
      fail(`page directory ${hex(pgd)}: word ${i} is ${hex(own)}, the kernel's ${hex(reference)}`);
    }
  }
}
