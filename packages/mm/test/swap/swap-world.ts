/** A booted machine with swap disks, and reclaim by hand: one mapping, one pass over the inactive list at a time. */
import { expect } from 'vitest';
import type { MmStruct } from '../../src/address-space/mm-struct.ts';
import type { Vma } from '../../src/address-space/vma.ts';
import { MemoryStore } from '../../src/hardware/block-store.ts';
import { boot, type Kernel } from '../../src/kernel.ts';
import type { MachineConfig } from '../../src/machine-config.ts';
import { GFP_KERNEL } from '../../src/page-allocator/gfp.ts';
import { PG } from '../../src/physical/mem-map.ts';
import type { Zone } from '../../src/physical/zone.ts';
import type { Process } from '../../src/process.ts';
import { shrinkCache } from '../../src/reclaim/two-list/shrink-cache.ts';
import { tryToSwapOut } from '../../src/reclaim/two-list/try-to-swap-out.ts';
import type { ReclaimParts } from '../../src/reclaim/two-list/two-list-reclaim.ts';
import { cacheUsage } from '../../src/slab/check.ts';
import type { SwapAreas } from '../../src/swap/swap-areas.ts';
import type { SwapCache } from '../../src/swap/swap-cache.ts';
import { makeSwapHeader } from '../../src/swap/swap-header.ts';
import { settledFreePages } from '../kernel/settled.ts';

const RW = 3;
const PRIVATE_ANONYMOUS = 0x22;

export class SwapWorld {
  readonly PG = PG;
  readonly kernel: Kernel;
  readonly swap: SwapCache;
  readonly areas: SwapAreas;
  /** The first process may not be killed; it stays outside. */
  readonly init: Process;

  constructor(config: Partial<MachineConfig> = {}) {
    this.kernel = boot({ memory: 16 << 20, swap: [{ size: 1024 * 4096 }], ...config });
    this.swap = this.kernel.paging.swapCache;
    this.areas = this.kernel.paging.swapAreas;
    this.init = this.kernel.spawn('init');
  }

  spawn(comm = 'task'): Process {
    return this.kernel.spawn(comm);
  }

  /** Maps private anonymous pages, all written: byte 0 of page i is i + 1. */
  area(process: Process, pages: number): number {
    const at = process.mmap2(0, pages * 4096, RW, PRIVATE_ANONYMOUS, -1, 0);
    expect(at).toBeGreaterThan(0);
    for (let i = 0; i < pages; i++) expect(process.store8(at + i * 4096, i + 1)).toBe(true);
    return at;
  }

  private place(process: Process, address: number): number {
    return this.kernel.pageTables.pteOffset((process.task.mm as MmStruct).pgd, address);
  }

  /** The entry's low word. */
  pte(process: Process, address: number): number {
    const place = this.place(process, address);
    return place === 0 ? 0 : (this.kernel.memory.words[place] as number) >>> 0;
  }

  pfn(process: Process, address: number): number {
    return this.kernel.pageTables.ptePfn(this.place(process, address));
  }

  count(pfn: number): number {
    return this.kernel.memMap.count[pfn] as number;
  }

  rss(process: Process): number {
    return (process.task.mm as MmStruct).rss;
  }

  /** References of a slot. */
  map(entry: number): number {
    return this.areas.countOf(entry);
  }

  flags(pfn: number, bits: number): boolean {
    return this.kernel.pageCache.testFlags(pfn, bits);
  }

  vma(process: Process, address: number): Vma {
    const found = (process.task.mm as MmStruct).index.find(
      ({ vmStart, vmEnd }) => vmStart <= address && address < vmEnd,
    );
    if (found === undefined) throw new Error(`no area at ${address.toString(16)}`);
    return found;
  }

  /** Makes a mapping look unused for long: not accessed, and its page inactive. */
  age(process: Process, address: number): void {
    const { memory, pageCache } = this.kernel;
    const place = this.place(process, address);
    memory.words[place] = (memory.words[place] as number) & ~0x020;
    const pfn = this.pfn(process, address);
    pageCache.lruCacheDel(pfn);
    pageCache.lruCacheAdd(pfn);
    this.kernel.tlb.flushTlbPage((process.task.mm as MmStruct).pgd, address);
  }

  /** swap_out looks at one mapping: 1 = the page is free of mappings now. */
  swapOut(process: Process, address: number): number {
    const pfn = this.pfn(process, address);
    const place = this.place(process, address);
    const mm = process.task.mm as MmStruct;
    const vma = this.vma(process, address);
    return tryToSwapOut(this.kernel.vm, this.swap, mm, vma, address, place, pfn, this.zone);
  }

  /** Takes a mapping away, whatever it was used for: the swap entry that is left, 0 = none. */
  unmap(process: Process, address: number): number {
    this.age(process, address);
    this.swapOut(process, address);
    return this.pte(process, address);
  }

  /** The highest zone with memory. */
  get zone(): Zone {
    return this.kernel.allocator.zones.filter((zone) => zone.size > 0).at(-1) as Zone;
  }

  /** A pass over the inactive list with priority 1: pages that are still wanted. */
  shrink(wanted = 10_000): number {
    const { vm, paging, slab } = this.kernel;
    const parts: ReclaimParts = {
      vm,
      swap: this.swap,
      buffers: paging.buffers,
      slab,
      ports: { shrinkDcacheMemory: () => {}, shrinkIcacheMemory: () => {}, outOfMemory: () => {} },
    };
    return shrinkCache(parts, wanted, this.zone, GFP_KERNEL, 1);
  }

  /** Lets all I/O end. */
  settle(): void {
    this.kernel.paging.block.runTqDisk();
    while (this.kernel.paging.step());
  }

  /** A page to its slot and out of memory: the entry. */
  pageOut(process: Process, address: number): number {
    const pfn = this.pfn(process, address);
    const entry = this.unmap(process, address);
    this.evict(pfn);
    return entry;
  }

  /** Lets reclaim write and free a page of a cache that nobody maps. */
  evict(pfn: number): void {
    for (let visit = 0; visit < 5 && this.count(pfn) > 0; visit++) {
      this.visit(pfn);
      this.settle();
    }
    expect(this.count(pfn)).toBe(0);
  }

  /** A pass of reclaim that looks at one page. */
  visit(pfn: number): void {
    const { pageCache, memMap } = this.kernel;
    // At the inactive list's tail: the next one to be looked at.
    pageCache.lruCacheDel(pfn);
    pageCache.lruCacheAdd(pfn);
    pageCache.lruUnlink(pfn);
    pageCache.lruAdd(pfn, memMap.lruPrev[pageCache.inactiveList] as number);
    this.shrinkOne();
  }

  private shrinkOne(): void {
    const { vm, paging, slab, pageCache } = this.kernel;
    const all = pageCache.nrInactivePages;
    pageCache.nrInactivePages = 1;
    const parts: ReclaimParts = {
      vm,
      swap: this.swap,
      buffers: paging.buffers,
      slab,
      ports: { shrinkDcacheMemory: () => {}, shrinkIcacheMemory: () => {}, outOfMemory: () => {} },
    };
    shrinkCache(parts, 1, this.zone, GFP_KERNEL, 1);
    pageCache.nrInactivePages += all - 1;
  }

  check(): void {
    this.kernel.checkInvariants();
  }

  /** Free pages, with what the machine keeps for the next time. */
  free(): number {
    this.settle();
    const { slab, caches } = this.kernel;
    const heads = cacheUsage(slab, caches.bufferHead).slabs << caches.bufferHead.gfporder;
    return settledFreePages(this.kernel) + heads;
  }

  /** Lines of the kernel's log since `from`. */
  log(from = 0): string[] {
    return this.kernel.bootLog.slice(from).map(({ text }) => text);
  }

  /** Adds an empty disk of `pages` pages that holds `header`, without swapping to it: its path. */
  disk(pages: number, header: Uint8Array | null = makeSwapHeader(pages)): string {
    const store = new MemoryStore(pages * 4096);
    if (header !== null) store.write(0, header);
    return this.kernel.paging.addDisk(store).path;
  }
}

export { PG };
