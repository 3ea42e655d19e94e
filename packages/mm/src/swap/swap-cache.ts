import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import type { AddressSpace } from '../page-cache/address-space.ts';
import type { BufferCache } from '../page-cache/buffers/buffer-cache.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { SwapAreas } from './swap-areas.ts';
import type { SwapBacking, SwapInfo } from './swap-info.ts';
import { swpEntry, swpOffset, swpType } from './swp-entry.ts';
import { MM_SWAP_PAGE_IO, SWAP_CACHE_ADD, SWAP_CACHE_DELETE, SWAP_WRITE_SAVED } from './tracepoints.ts';

/**
 * The swap cache: pages of memory that have a slot on a swap area. It is a mapping of the page cache without a file, whose
 * page index is the swap entry.
 *
 * ```
 *   anonymous page --getSwapPage, addToSwapCache--> page + slot --written, last pte gone--> slot only
 *        ^                                             |   ^                                   |
 *        +------ the cache is its only user -----------+   +-------- readSwapCacheAsync -------+
 * ```
 * A slot's count is the number of page-table entries (and shared-memory objects) that name it, plus one for the cache.
 *
 * Reentrancy: reclaim calls in here to write and to free; {@link readSwapCacheAsync} allocates, so it may reclaim.
 *
 * @linux 2.4.22 mm/swap_state.c, mm/swapfile.c, mm/page_io.c
 */
export class SwapCache {
  /** @linux swapper_space */
  readonly mapping: AddressSpace;
  readonly areas: SwapAreas;
  /** Pages read from and written to swap areas since boot. @linux kstat.pswpin, pswpout */
  pswpin = 0;
  pswpout = 0;
  /** tries_base, tries_min, swap_cluster: see sysctl vm.kswapd. @linux pager_daemon */
  readonly pagerDaemon = [512, 32, 8];
  /** What SysRq-m prints. @linux swap_cache_info */
  readonly stats = { addTotal: 0, delTotal: 0, findSuccess: 0, findTotal: 0, noentRace: 0, existRace: 0 };
  protected readonly cache: PageCache;
  protected readonly buffers: BufferCache;
  protected readonly count: Int32Array;
  private readonly index: Int32Array;
  private readonly mappingOf: Int32Array;
  // Lists of block numbers out of use: see startIo.
  private readonly blockLists: number[][] = [];

  constructor(parts: { cache: PageCache; buffers: BufferCache; areas: SwapAreas }) {
    this.cache = parts.cache;
    this.buffers = parts.buffers;
    this.areas = parts.areas;
    const { memMap } = parts.cache;
    this.count = memMap.count;
    this.index = memMap.index;
    this.mappingOf = memMap.mapping;
    this.mapping = parts.cache.newMapping(
      null,
      {
        writepage: (_inode, pfn) => this.writepage(pfn),
      },
      GFP_HIGHUSER,
    );
  }

  /** Whether a page is in the swap cache. @linux PageSwapCache() */
  has(pfn: Pfn): boolean {
    return this.mappingOf[pfn] === this.mapping.id;
  }

  /** The entry of a page of the cache. */
  entryOf(pfn: Pfn): number {
    return (this.index[pfn] as number) >>> 0;
  }

  /** References besides the buffers' own. */
  protected users(pfn: Pfn): number {
    return (this.count[pfn] as number) - (this.cache.memMap.buffers[pfn] !== 0 ? 1 : 0);
  }

  /**
   * Makes a page the cache's page of an entry: locked, neither up to date nor dirty. Takes a reference to the slot.
   *
   * @returns 0, -ENOENT (the slot is free by now), -EEXIST (it has a page already)
   * @linux 2.4.22 mm/swap_state.c add_to_swap_cache()
   */
  add(pfn: Pfn, entry: number): number {
    if (this.mappingOf[pfn] !== 0) throw new KernelBug(`page ${pfn} goes to swap but belongs to a mapping`);
    if (!this.areas.swapDuplicate(entry)) {
      this.stats.noentRace++;
      return -Errno.ENOENT;
    }
    if (!this.cache.addToPageCacheUnique(pfn, this.mapping, entry)) {
      this.areas.swapFree(entry);
      this.stats.existRace++;
      return -Errno.EEXIST;
    }
    this.cache.swapperPages++;
    this.stats.addTotal++;
    if (this.cache.trace.on) this.cache.trace.emit(SWAP_CACHE_ADD, pfn, entry);
    return 0;
  }

  /** Takes a locked page out; slot and reference are the caller's. @linux __delete_from_swap_cache() */
  remove(pfn: Pfn): void {
    if (!this.cache.testFlags(pfn, PG.locked) || !this.has(pfn)) {
      throw new KernelBug(`page ${pfn} leaves the swap cache, but is not locked or not in it`);
    }
    this.cache.clearFlags(pfn, PG.dirty);
    if (this.cache.trace.on) this.cache.trace.emit(SWAP_CACHE_DELETE, pfn, this.entryOf(pfn));
    this.cache.removeFromPageCache(pfn);
    this.cache.swapperPages--;
    this.stats.delTotal++;
  }

  /** Takes a locked page out and drops the slot and the cache's reference; the caller has one. @linux delete_from_swap_cache() */
  delete(pfn: Pfn): void {
    if (!this.buffers.discardPage(pfn, 0))
      throw new KernelBug(`page ${pfn}: buffers stay on an anonymous page`);
    const entry = this.entryOf(pfn);
    this.remove(pfn);
    this.areas.swapFree(entry);
    this.cache.allocator.putPage(pfn);
  }

  /** The cache's page of an entry with a reference, 0 = none. @linux lookup_swap_cache() */
  lookup(entry: number): Pfn {
    this.stats.findTotal++;
    const pfn = this.cache.findGetPage(this.mapping, entry);
    if (pfn !== 0) this.stats.findSuccess++;
    return pfn;
  }

  /**
   * The page of an entry with a reference; if it is not in the cache, a fresh one whose read was started.
   *
   * @returns 0: no memory, or the slot is free by now
   * @linux 2.4.22 mm/swap_state.c read_swap_cache_async()
   */
  readAsync(entry: number): Pfn {
    let fresh: Pfn = 0;
    for (;;) {
      const found = this.cache.findGetPage(this.mapping, entry);
      if (found !== 0) {
        if (fresh !== 0) this.cache.allocator.putPage(fresh);
        return found;
      }
      if (fresh === 0) {
        fresh = this.cache.allocator.allocPages(GFP_HIGHUSER, 0);
        if (fresh === 0) return 0;
      }
      const error = this.add(fresh, entry);
      if (error === 0) {
        this.rwPage(false, fresh);
        return fresh;
      }
      if (error === -Errno.ENOENT) {
        this.cache.allocator.putPage(fresh);
        return 0;
      }
    }
  }

  /** Reads the run of slots around an entry. @linux 2.4.22 mm/memory.c swapin_readahead() */
  readahead(entry: number): void {
    const { first, count } = this.areas.validSwaphandles(entry, this.cache.pageCluster);
    for (let i = 0; i < count; i++) {
      const pfn = this.readAsync(swpEntry(swpType(entry), first + i));
      if (pfn === 0) return;
      this.cache.allocator.putPage(pfn);
    }
  }

  /** Whether who writes now waits by himself when he is told to ({@link throttled}). */
  writerWaits = false;
  /** Too much is under I/O: the writer must wait for the page that he has just written. */
  throttled = false;

  /** Reclaim wants a dirty page of the cache to be written. @linux swap_writepage() */
  protected writepage(pfn: Pfn): number {
    const entry = this.entryOf(pfn);
    if (this.removeExclusive(pfn)) {
      if (this.cache.trace.on) this.cache.trace.emit(SWAP_WRITE_SAVED, pfn, entry);
      this.cache.unlockPage(pfn);
      return 0;
    }
    this.rwPage(true, pfn);
    return 0;
  }

  /**
   * Starts to move a locked page of the cache from or to its slot; it is unlocked when that is over.
   *
   * @linux 2.4.22 mm/page_io.c rw_swap_page()
   */
  rwPage(write: boolean, pfn: Pfn): void {
    if (!this.cache.testFlags(pfn, PG.locked) || !this.has(pfn)) {
      throw new KernelBug(`page ${pfn} is swapped, but is not locked or not in the swap cache`);
    }
    const entry = this.entryOf(pfn);
    if (write) {
      this.pswpout++;
    } else {
      this.cache.clearFlags(pfn, PG.uptodate);
      this.pswpin++;
    }
    if (this.cache.trace.on) this.cache.trace.emit(MM_SWAP_PAGE_IO, pfn, entry, write ? 1 : 0);
    const area = this.areas.areas[swpType(entry)] as SwapInfo;
    if (!this.startIo(write, pfn, area.backing, swpOffset(entry))) this.cache.unlockPage(pfn);
  }

  /** False: the file has a hole there. @linux 2.4.22 mm/page_io.c rw_swap_page_base() */
  startIo(write: boolean, pfn: Pfn, backing: SwapBacking | null, offset: number): boolean {
    if (backing === null) return false;
    const { bmap, blockSize } = backing;
    // I/O may reclaim, which begins more I/O: each has a list of its own.
    const blocks = this.blockLists.pop() ?? [0];
    if (bmap === null) {
      blocks[0] = offset;
    } else {
      const perPage = 4096 / blockSize;
      for (let i = 0; i < perPage; i++) {
        const block = bmap(offset * perPage + i);
        if (block === 0) {
          this.areas.print('rw_swap_page: bad swap file');
          return false;
        }
        blocks[i] = block;
      }
    }
    this.buffers.brwPage(write, pfn, backing.dev, blocks, blockSize);
    this.blockLists.push(blocks);
    return true;
  }

  /** Whether the cache is the only user of a page, and its slot's. @linux exclusive_swap_page() */
  protected exclusive(pfn: Pfn): boolean {
    const entry = this.entryOf(pfn);
    const area = this.areas.swapInfoGet(entry);
    return area !== null && area.swapMap[swpOffset(entry)] === 1 && this.users(pfn) === 2;
  }

  /**
   * Whether a write fault may take a locked page as its own: nobody else has it, in memory or on swap.
   *
   * @linux 2.4.22 mm/swapfile.c can_share_swap_page()
   */
  canShare(pfn: Pfn): boolean {
    const count = this.count[pfn] as number;
    if (count === 1) return !this.cache.testFlags(pfn, PG.reserved);
    if (count === 3 ? this.cache.memMap.buffers[pfn] === 0 : count !== 2) return false;
    return this.has(pfn) && this.exclusive(pfn);
  }

  /**
   * Frees slot and cache entry of a locked page that only the cache and the caller use. Whether it did.
   *
   * @linux 2.4.22 mm/swapfile.c remove_exclusive_swap_page()
   */
  removeExclusive(pfn: Pfn): boolean {
    if (!this.has(pfn) || this.users(pfn) !== 2 || !this.exclusive(pfn)) return false;
    const entry = this.entryOf(pfn);
    this.remove(pfn);
    this.cache.setFlags(pfn, PG.dirty);
    this.buffers.discardPage(pfn, 0);
    this.areas.swapFree(entry);
    this.cache.allocator.putPage(pfn);
    return true;
  }

  /**
   * Drops a page-table entry's reference to a slot; if the cache is the only user then, or swap is full, the page too.
   *
   * @linux 2.4.22 mm/swapfile.c free_swap_and_cache()
   */
  freeSwapAndCache(entry: number): void {
    if (this.areas.entryFree(entry) !== 1) return;
    const pfn = this.cache.findPage(this.mapping, entry);
    if (pfn === 0 || !this.cache.tryLockPage(pfn)) return;
    this.cache.allocator.getPage(pfn);
    if (this.users(pfn) === 2 || this.areas.full) {
      this.delete(pfn);
      this.cache.setFlags(pfn, PG.dirty);
    }
    this.cache.unlockPage(pfn);
    this.cache.allocator.putPage(pfn);
  }

  /** Drops a mapping's reference to a page, and the slot with it if that was the last. @linux free_page_and_swap_cache() */
  freePageAndSwapCache(pfn: Pfn): void {
    if (this.has(pfn) && this.cache.tryLockPage(pfn)) {
      this.removeExclusive(pfn);
      this.cache.unlockPage(pfn);
    }
    this.cache.allocator.putPage(pfn);
  }
}
