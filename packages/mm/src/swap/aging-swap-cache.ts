import { Errno } from '../errno.ts';
import { GFP_USER } from '../page-allocator/gfp.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import { SwapCache } from './swap-cache.ts';
import { SWAP_MAP_BAD, type SwapInfo } from './swap-info.ts';
import { swpEntry, swpOffset, swpType } from './swp-entry.ts';

/**
 * The swap cache of 2.4.0: a page with a slot is on the page lists, and leaves them with the cache; a slot is given back as soon as
 * its page is unmapped by its only user; and no more than so many pages are under I/O at a time.
 *
 * @linux 2.4.0 mm/swap_state.c, mm/swapfile.c, mm/page_io.c
 */
export class AgingSwapCache extends SwapCache {
  // Pages whose I/O was started and nobody waits for; those that are done are taken out when somebody counts.
  private underIo: Pfn[] = [];

  /** Pages under I/O. @linux 2.4.0 mm/swap.c nr_async_pages */
  private nrAsyncPages(): number {
    this.underIo = this.underIo.filter((pfn) => this.has(pfn) && this.cache.testFlags(pfn, PG.locked));
    return this.underIo.length;
  }

  /** Pages under I/O at which swapping waits. */
  private get mostUnderIo(): number {
    return (this.pagerDaemon[2] as number) * 2 ** this.cache.pageCluster;
  }

  override add(pfn: Pfn, entry: number): number {
    const error = super.add(pfn, entry);
    if (error === 0) this.cache.setFlags(pfn, PG.uptodate);
    return error;
  }

  /** Waits for the page's I/O: also a write of it holds up who only wants to read ahead. @linux 2.4.0 mm/swap_state.c lookup_swap_cache() */
  override lookup(entry: number): Pfn {
    this.stats.findTotal++;
    const pfn = this.cache.findLockPage(this.mapping, entry);
    if (pfn === 0) return 0;
    this.stats.findSuccess++;
    this.cache.unlockPage(pfn);
    return pfn;
  }

  /** @linux 2.4.0 mm/swap_state.c delete_from_swap_cache_nolock() */
  override delete(pfn: Pfn): void {
    if (this.buffers.discardPage(pfn, 0)) this.cache.lruCacheDel(pfn);
    const entry = this.entryOf(pfn);
    this.remove(pfn);
    this.areas.swapFree(entry);
    this.cache.allocator.putPage(pfn);
  }

  /**
   * Whether anyone else has a page, in memory or on swap.
   *
   * @linux 2.4.0 include/linux/swap.h is_page_shared()
   */
  isShared(pfn: Pfn): boolean {
    if (this.cache.testFlags(pfn, PG.reserved)) return true;
    let users = this.count[pfn] as number;
    if (this.has(pfn)) {
      const buffers = this.cache.memMap.buffers[pfn] === 0 ? 0 : 1;
      users += this.areas.countOf(this.entryOf(pfn)) - 2 - buffers;
    }
    return users > 1;
  }

  override canShare(pfn: Pfn): boolean {
    return !this.isShared(pfn);
  }

  /** 2.4.0 never takes a page out of the cache only because swap is scarce. */
  override removeExclusive(_pfn: Pfn): boolean {
    return false;
  }

  override freeSwapAndCache(entry: number): void {
    this.areas.swapFree(entry);
  }

  /** @linux 2.4.0 mm/swap_state.c free_page_and_swap_cache() */
  override freePageAndSwapCache(pfn: Pfn): void {
    if (this.has(pfn) && this.cache.tryLockPage(pfn)) {
      if (!this.isShared(pfn)) this.delete(pfn);
      this.cache.unlockPage(pfn);
    }
    this.cache.allocator.putPage(pfn);
  }

  /** 2.4.0 writes every page, also one that nobody needs any more. @linux 2.4.0 mm/swap_state.c swap_writepage() */
  protected override writepage(pfn: Pfn): number {
    this.rwPage(true, pfn);
    return 0;
  }

  /** Writes wait when too many pages are under I/O. @linux 2.4.0 mm/page_io.c rw_swap_page_base() */
  override rwPage(write: boolean, pfn: Pfn): void {
    const waits = write && this.nrAsyncPages() > this.mostUnderIo;
    super.rwPage(write, pfn);
    if (!waits) this.underIo.push(pfn);
    else if (this.writerWaits) this.throttled = true;
    else this.cache.waitOnPage(pfn);
  }

  /** @linux 2.4.0 mm/swap_state.c read_swap_cache_async() */
  override readAsync(entry: number): Pfn {
    // The reference keeps the slot while memory is looked for.
    if (!this.areas.swapDuplicate(entry)) return 0;
    let pfn = this.lookup(entry);
    if (pfn === 0) {
      pfn = this.cache.allocator.allocPages(GFP_USER, 0);
      if (pfn !== 0) {
        const other = this.lookup(entry);
        if (other !== 0) {
          this.cache.allocator.putPage(pfn);
          pfn = other;
        } else if (this.add(pfn, entry) === -Errno.EEXIST) {
          this.cache.allocator.putPage(pfn);
          pfn = 0;
        } else {
          this.rwPage(false, pfn);
        }
      }
    }
    this.areas.swapFree(entry);
    return pfn;
  }

  /** Reads the aligned run of slots around an entry, as long as few pages are under I/O. @linux 2.4.0 mm/memory.c swapin_readahead() */
  override readahead(entry: number): void {
    for (const slot of this.runAround(entry)) {
      if (this.nrAsyncPages() >= this.mostUnderIo) return;
      const pfn = this.readAsync(slot);
      if (pfn !== 0) this.cache.allocator.putPage(pfn);
    }
  }

  /** The slots from the aligned begin on, up to the first that is free or bad; slot 0 is bad. @linux 2.4.0 mm/swapfile.c valid_swaphandles() */
  private runAround(entry: number): number[] {
    const area = this.areas.areas[swpType(entry)] as SwapInfo;
    const length = 1 << this.cache.pageCluster;
    const first = swpOffset(entry) & -length;
    const slots: number[] = [];
    for (let offset = first; offset < first + length && offset < area.max; offset++) {
      const count = area.swapMap[offset] as number;
      if (count === 0 || count === SWAP_MAP_BAD) break;
      slots.push(swpEntry(swpType(entry), offset));
    }
    return slots;
  }
}
