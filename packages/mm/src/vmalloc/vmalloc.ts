import { assertKernel, ConfigError, KernelBug } from '../kernel-bug.ts';
import { GFP_DMA, GFP_KERNEL, GFP_VMALLOC } from '../page-allocator/gfp.ts';
import { PTE } from '../page-tables/page-tables.ts';
import { KERN } from '../physical/boot-log.ts';
import { PG } from '../physical/mem-map.ts';
import { type Addr, PAGE_SIZE, type Pfn, pageAlign } from '../types.ts';
import type { VmallocParts } from './ports.ts';
import { GET_VM_AREA, VFREE, VM_AREA_FITS, VMALLOC_ALLOC, VMAP } from './tracepoints.ts';
import { VM_ALLOC, VM_STRUCT_BYTES, type VmArea, VmStructs } from './vm-struct.ts';

/**
 * The kernel's addresses for memory that is contiguous only virtually: areas in a sorted list, each followed by a guard
 * page, mapped in the reference page tables (swapper_pg_dir) alone. A process whose page directory is older than a new page
 * table meets it by a fault.
 *
 * Reentrancy: what allocates (all but {@link vfree} and lookups) may sleep and reclaim; reclaim never comes back here.
 * @linux 2.4.22 mm/vmalloc.c
 */
export class VmallocArea {
  /** @internal for the other files of this room */
  readonly parts: VmallocParts;
  private readonly structs: VmStructs;
  private head: Addr = 0;

  constructor(parts: VmallocParts) {
    this.parts = parts;
    this.structs = new VmStructs(parts.memory);
  }

  /** First address of the range. @linux VMALLOC_START */
  get start(): Addr {
    return this.parts.start;
  }

  /** First address after the range. An area that was made while the list was empty may pass it. @linux VMALLOC_END */
  get end(): Addr {
    return this.parts.end;
  }

  /** All areas, ascending. Do not make or free areas meanwhile. @linux vmlist */
  *vmlist(): Generator<VmArea> {
    for (let area = this.head; area !== 0; area = this.structs.next(area)) yield this.structs.read(area);
  }

  /** The area, guard page included, around an address. */
  find(addr: Addr): VmArea | null {
    for (const area of this.vmlist()) if (addr >= area.addr && addr - area.addr < area.size) return area;
    return null;
  }

  /**
   * Takes a range of addresses: the first hole that is large enough.
   *
   * @param size bytes, whole pages; a guard page is added
   * @returns address of its struct vm_struct; 0: no hole, or no memory
   * @linux 2.4.22 mm/vmalloc.c get_vm_area()
   */
  getVmArea(size: number, flags: number): Addr {
    const { slab, trace } = this.parts;
    const area = slab.kmalloc(VM_STRUCT_BYTES, GFP_KERNEL);
    const withGuard = (size + PAGE_SIZE) >>> 0;
    const made = area !== 0 && withGuard !== 0 && this.place(area, withGuard, flags);
    if (!made && area !== 0) slab.kfree(area);
    if (trace.on) trace.emit(GET_VM_AREA, made ? this.structs.addr(area) : 0, withGuard, flags);
    return made ? area : 0;
  }

  /**
   * Pages at consecutive kernel addresses, each a frame of its own.
   *
   * @param size bytes; rounded up to pages
   * @param gfp where the frames come from; default: high memory, too
   * @param prot flags of the entries; default PAGE_KERNEL
   * @returns first address; 0: no memory, no addresses, no bytes, or more than the machine has
   * @linux 2.4.22 mm/vmalloc.c __vmalloc(); include/linux/vmalloc.h vmalloc()
   */
  vmalloc(size: number, gfp = GFP_VMALLOC, prot = this.parts.pageKernel): Addr {
    const { trace, rules, maxMapnr } = this.parts;
    const bytes = pageAlign(size >>> 0);
    let addr = 0;
    if (bytes !== 0 && bytes >>> 12 <= maxMapnr) addr = this.mapArea(bytes, VM_ALLOC, gfp, prot, null);
    else if (rules.badSizeIsBug) throw new KernelBug(`__vmalloc() of ${size} bytes`);
    if (trace.on) trace.emit(VMALLOC_ALLOC, addr, bytes, gfp, prot);
    return addr;
  }

  /** Pages below 4 GiB: for devices with 32 address lines. @linux vmalloc_32() */
  vmalloc32(size: number): Addr {
    return this.vmalloc(size, GFP_KERNEL);
  }

  /** Pages below 16 MiB: for ISA devices. @linux vmalloc_dma() */
  vmallocDma(size: number): Addr {
    return this.vmalloc(size, GFP_KERNEL | GFP_DMA);
  }

  /**
   * Maps frames of the caller at consecutive addresses; each gets one more reference, which {@link vfree} drops.
   *
   * The limit is `max_mapnr << 12` in 32 bits: on a machine of exactly 4 GiB it is 0, and vmap() always fails there.
   *
   * @param pages frames; 0 is NULL and makes it fail
   * @param flags for the area: {@link VM_ALLOC} or others
   * @returns first address, 0: failed
   * @throws ConfigError in a release without vmap()
   * @linux 2.4.22 mm/vmalloc.c vmap()
   */
  vmap(pages: ArrayLike<Pfn>, flags = VM_ALLOC, prot = this.parts.pageKernel): Addr {
    const { trace, rules, maxMapnr } = this.parts;
    if (!rules.hasVmap) throw new ConfigError('vmap: this release has none; allowed: 2.4.22');
    const bytes = (pages.length << 12) >>> 0;
    const ok = bytes !== 0 && bytes <= (maxMapnr << 12) >>> 0;
    const addr = ok ? this.mapArea(bytes, flags, 0, prot, pages) : 0;
    if (trace.on) trace.emit(VMAP, addr, pages.length, flags, prot);
    return addr;
  }

  /**
   * Unmaps and frees an area of any kind. Frames of its pages lose a reference, unless they are reserved or no RAM. Page
   * tables stay: nothing ever frees those of the kernel. An address that is none is complained about in the log.
   *
   * @param addr what {@link vmalloc} or {@link vmap} returned; 0 does nothing
   * @linux 2.4.22 mm/vmalloc.c vfree(); include/linux/vmalloc.h vunmap()
   */
  vfree(addr: Addr): void {
    const { trace, slab } = this.parts;
    if (addr === 0) return;
    if ((addr & 4095) !== 0) {
      this.parts.print(`Trying to vfree() bad address (${hex(addr)})`, KERN.ERR);
      return;
    }
    let previous = 0;
    for (let area = this.head; area !== 0; area = this.structs.next(area)) {
      if (this.structs.addr(area) !== addr) {
        previous = area;
        continue;
      }
      this.link(previous, this.structs.next(area));
      const size = this.structs.size(area);
      const pages = this.unmap(addr, size);
      if (trace.on) trace.emit(VFREE, addr, size, pages, 1);
      slab.kfree(area);
      return;
    }
    if (trace.on) trace.emit(VFREE, addr, 0, 0, 0);
    this.parts.print(`Trying to vfree() nonexistent vm area (${hex(addr)})`, KERN.ERR);
  }

  /** Frame at a kernel address with a page table (no large page); -1: none. @linux mm/memory.c vmalloc_to_page() */
  vmallocToPage(addr: Addr): Pfn | -1 {
    const { pageTables, memory } = this.parts;
    const entry = pageTables.pteOffset(pageTables.swapperPgDir, addr);
    if (entry === 0 || ((memory.words[entry] as number) & PTE.presentMask) === 0) return -1;
    return pageTables.ptePfn(entry);
  }

  /** Address of an area. @internal */
  addrOf(area: Addr): Addr {
    return this.structs.addr(area);
  }

  /** Finds the hole and puts the area there; false: none. */
  private place(area: Addr, size: number, flags: number): boolean {
    const { structs } = this;
    const { trace, rules, start, end } = this.parts;
    // Bytes by which a hole must be larger than needed.
    const spare = rules.holeMustBeLarger ? 1 : 0;
    let addr = start;
    let previous = 0;
    let next = this.head;
    for (; next !== 0; previous = next, next = structs.next(next)) {
      if (size + addr >= 2 ** 32) return false;
      const limit = structs.addr(next);
      const fits = size + addr + spare <= limit;
      if (trace.on) trace.emit(VM_AREA_FITS, addr, size, spare, limit, fits ? 1 : 0);
      if (fits) break;
      const behind = (limit + structs.size(next)) >>> 0;
      if (behind > addr || rules.searchMayMoveBack) addr = behind;
      // Only here is the end of the range looked at, i.e. never for the first area.
      if (addr > (end - size) >>> 0) return false;
    }
    structs.write(area, flags, addr, size, next);
    this.link(previous, area);
    return true;
  }

  private link(previous: Addr, next: Addr): void {
    if (previous === 0) this.head = next;
    else this.structs.setNext(previous, next);
  }

  /** An area with its pages, new ones or the caller's; 0: failed, and all is undone. */
  private mapArea(
    bytes: number,
    flags: number,
    gfp: number,
    prot: number,
    pages: ArrayLike<Pfn> | null,
  ): Addr {
    const area = this.getVmArea(bytes, flags);
    if (area === 0) return 0;
    const addr = this.structs.addr(area);
    if (this.mapPages(addr, bytes, gfp, prot, pages)) return addr;
    this.vfree(addr);
    return 0;
  }

  /** Page by page: its page table, its frame, its entry. @linux __vmalloc_area_pages(), alloc_area_pmd(), alloc_area_pte() */
  private mapPages(
    start: Addr,
    bytes: number,
    gfp: number,
    prot: number,
    pages: ArrayLike<Pfn> | null,
  ): boolean {
    const { pageTables, allocator, memory } = this.parts;
    let done = 0;
    return forEachEntry(pageTables.pgdirSize, start, bytes, (addr) => {
      const entry = pageTables.pteAlloc(pageTables.swapperPgDir, addr);
      if (entry === 0) return false;
      let pfn: Pfn;
      if (pages === null) {
        pfn = allocator.allocPages(gfp, 0);
      } else {
        pfn = pages[done++] as Pfn;
        if (pfn !== 0) allocator.getPage(pfn);
      }
      if ((memory.words[entry] as number) !== 0) {
        this.parts.print('alloc_area_pte: page already exists', KERN.ERR);
      }
      if (pfn === 0) return false;
      pageTables.setPte(entry, pfn, prot);
      return true;
    });
  }

  /** Clears the entries of an area and drops its pages, then flushes; how many. @linux vmfree_area_pages() */
  private unmap(start: Addr, bytes: number): number {
    const { pageTables, allocator, memory, memMap, tlb } = this.parts;
    let freed = 0;
    forEachEntry(pageTables.pgdirSize, start, bytes, (addr) => {
      const entry = pageTables.pteOffset(pageTables.swapperPgDir, addr);
      if (entry === 0) return true;
      const pte = memory.words[entry] as number;
      const pfn = pageTables.ptePfn(entry);
      pageTables.clearPte(entry);
      if ((pte & PTE.presentMask) !== 0) {
        if (pfn < memMap.frames && ((memMap.flags[pfn] as number) & PG.reserved) === 0) {
          allocator.freePages(pfn, 0);
          freed++;
        }
      } else if (pte !== 0) {
        this.parts.print('Whee.. Swapped out page in kernel page table', 2);
      }
      return true;
    });
    tlb.flushTlbAll();
    return freed;
  }
}

/**
 * Visits the pages of a range as the kernel's nested loops do: an end that wraps past 4 GiB ends the range with the first
 * top-level entry.
 *
 * @param visit false stops
 * @returns whether all were visited
 */
export function forEachEntry(
  pgdirSize: number,
  start: Addr,
  bytes: number,
  visit: (addr: Addr) => boolean,
): boolean {
  assertKernel(bytes > 0, `no pages to map at ${hex(start)}`);
  const end = (start + bytes) >>> 0;
  let addr = start;
  do {
    const left = (end - addr) >>> 0;
    const chunk = Math.min(left, pgdirSize - (addr % pgdirSize));
    for (let offset = 0; offset < chunk; offset += PAGE_SIZE) if (!visit(addr + offset)) return false;
    addr = (addr - (addr % pgdirSize) + pgdirSize) >>> 0;
  } while (addr !== 0 && addr < end);
  return true;
}

/** An address as `%p` and `%08lx` print it. */
export function hex(addr: Addr): string {
  return (addr >>> 0).toString(16).padStart(8, '0');
}
