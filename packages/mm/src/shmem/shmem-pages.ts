import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import { failWritepage } from '../page-cache/write-back.ts';
import { PG } from '../physical/mem-map.ts';
import type { SwapCache } from '../swap/swap-cache.ts';
import type { Pfn } from '../types.ts';
import { SGP, ShmemIndex } from './shmem-index.ts';
import { SHMEM_MAX_INDEX, type ShmemInode } from './shmem-inode.ts';
import { SHMEM_SWAP_IN, SHMEM_UNUSE, SHMEM_WRITEPAGE } from './tracepoints.ts';

/** What differs between releases in this room. */
export interface ShmemRules {
  /** 2.4.22: index pages count against the size of the file system. */
  readonly chargesIndexPages: boolean;
  /** 2.4.22: a fault on a page and a read mark it accessed, a write marks it referenced. */
  readonly marksAccessed: boolean;
  /** 2.4.22: a page's block is given back when it leaves the cache; 2.4.20: when somebody counts the file's pages again. */
  readonly returnsBlocksAtOnce: boolean;
  /** 2.4.22: reading a hole leaves it a hole; 2.4.20: it makes the page. */
  readonly readsLeaveHoles: boolean;
  /** 2.4.22: a page that is cut in the middle is brought in before; 2.4.20: afterwards, if it is in swap. */
  readonly truncateHoldsPage: boolean;
  /**
   * 2.4.0: a page moves to swap whoever wants it written, msync too; one that cannot is given back locked, with the result 1.
   * Later only reclaim makes it move.
   */
  readonly movesForAnyone: boolean;
  /** Not 2.4.0: pages can be filled by read-ahead (MADV_WILLNEED). */
  readonly hasReadpage: boolean;
  /** 2.4.0: a full file system is told as out of memory, not as a SIGBUS. */
  readonly fullIsOutOfMemory: boolean;
  /** 2.4.22: swapoff learns whether a file had the entry. */
  readonly unuseAnswers: boolean;
  /** Bytes of a symbolic link's target, with the NUL, that fit into the inode. @linux struct shmem_inode_info */
  readonly inlineLinkBytes: number;
  /** 2.4.22: the size of a mount may be told in percent of RAM. */
  readonly sizeInPercent: boolean;
}

/** {@link ShmemPages.getpage}'s page is not there: look again from the start. */
const REPEAT = 0;

/**
 * The pages of shared-memory files: made, found, moved to swap and back.
 *
 * ```
 *   page cache (mapping, index) --writepage, 1st visit of reclaim--> swap cache (entry in the index)
 *         ^                                                             |  writepage, 2nd visit
 *         |                                                             v
 *         +------- getpage, unuse: entry 0, slot freed, page dirty --- slot
 * ```
 * A page is in the page cache or has an entry, never both; either way its file is charged for it.
 *
 * Reentrancy: {@link getpage} allocates, reads and waits: reclaim may run inside it, but never on the page that it holds
 * locked. {@link writepage} runs inside reclaim and neither allocates nor waits.
 *
 * @linux 2.4.22 mm/shmem.c
 */
export class ShmemPages {
  readonly index: ShmemIndex;
  /** Where pages go; null: a machine without swap. */
  swap: SwapCache | null = null;
  private readonly cache: PageCache;
  private readonly rules: ShmemRules;
  private readonly zeroPage: Pfn;
  // Files that can have swapped pages, in the order in which they are searched. @linux shmem_inodes
  private inodes = new Set<ShmemInode>();

  constructor(cache: PageCache, rules: ShmemRules, zeroPage: Pfn) {
    this.cache = cache;
    this.rules = rules;
    this.zeroPage = zeroPage;
    this.index = new ShmemIndex(cache.memory, cache.allocator, rules.chargesIndexPages, (entry) =>
      this.swapCache().freeSwapAndCache(entry),
    );
  }

  private swapCache(): SwapCache {
    if (this.swap === null) throw new KernelBug('tmpfs: a page is in swap on a machine without swap');
    return this.swap;
  }

  /** A file can have pages from now on. */
  register(inode: ShmemInode): void {
    this.inodes.add(inode);
  }

  /** A file ends: its pages have left the cache, now its entries and index pages go. */
  unregister(inode: ShmemInode): void {
    this.inodes.delete(inode);
    this.truncate(inode, 0);
  }

  /** Drops entries and index pages from page `index` on. @linux 2.4.22 mm/shmem.c shmem_truncate() */
  truncate(inode: ShmemInode, index: number): void {
    const freed = this.index.truncate(inode, index);
    if (!this.rules.returnsBlocksAtOnce) this.recalc(inode);
    else if (freed !== 0) inode.freeBlocks(freed);
  }

  /**
   * A file was cut in the middle of a page that lies in swap: it comes in, and its end becomes zeroes.
   * @linux 2.4.20 mm/shmem.c shmem_truncate()
   */
  cutSwappedPage(inode: ShmemInode): void {
    const idx = Math.floor(inode.size / 4096);
    const place = this.index.find(inode, idx);
    if (place === 0 || this.index.entryAt(inode, place) === 0) return;
    const pfn = this.getpage(inode, idx, SGP.write);
    if (pfn < 0) return;
    const { memory, allocator } = this.cache;
    if (!memory.contentFree) {
      const base = memory.base(pfn) * 4;
      memory.bytes.fill(0, base + (inode.size % 4096), base + 4096);
    }
    allocator.putPage(pfn);
  }

  /** Gives the blocks of pages back that are gone by now. @linux 2.4.20 mm/shmem.c shmem_recalc_inode() */
  private recalc(inode: ShmemInode): void {
    const gone = inode.blocks / 8 - inode.mapping.nrpages - inode.swapped;
    if (gone !== 0) inode.freeBlocks(gone);
  }

  /**
   * The page `idx` of a file, with a reference.
   *
   * @param sgp {@link SGP}
   * @param given a locked page that is in the cache there already and may need its contents: it stays locked, and no
   *   reference is taken
   * @returns a frame (the zero page for a hole that is only read); or -EFBIG beyond what a file can have, -EINVAL beyond
   *   the size, -ENOSPC over the file system's limit, -ENOMEM, -EIO (it could not be read from swap)
   * @linux 2.4.22 mm/shmem.c shmem_getpage()
   */
  getpage(inode: ShmemInode, idx: number, sgp: number, given: Pfn = 0): Pfn {
    if (idx >= SHMEM_MAX_INDEX) return -Errno.EFBIG;
    const { cache, index } = this;
    let pfn = given;
    for (;;) {
      if (pfn === 0) pfn = cache.findLockPage(inode.mapping, idx);
      if (pfn !== 0 && cache.testFlags(pfn, PG.uptodate)) return this.found(pfn, given);
      if (!this.rules.returnsBlocksAtOnce) this.recalc(inode);
      const place = index.alloc(inode, idx, sgp);
      if (place < 0) return this.failed(pfn, given, place);
      const entry = place === 0 ? 0 : index.entryAt(inode, place);
      let result: number;
      if (entry !== 0) {
        result = this.swapIn(inode, idx, sgp, pfn, place, entry);
      } else if (sgp === SGP.read && pfn === 0) {
        result = this.zeroPage;
      } else {
        result = this.makePage(inode, idx, sgp, pfn);
      }
      if (result < 0) return this.failed(pfn, given, result);
      if (result === this.zeroPage) return result;
      if (result !== REPEAT) return this.found(result, given);
    }
  }

  private found(pfn: Pfn, given: Pfn): Pfn {
    if (given === 0) this.cache.unlockPage(pfn);
    return pfn;
  }

  private failed(pfn: Pfn, given: Pfn, error: number): number {
    if (pfn !== given) {
      this.cache.unlockPage(pfn);
      this.cache.allocator.putPage(pfn);
    }
    return error;
  }

  /**
   * Takes a page back from swap.
   *
   * @param pfn a locked page that is in the cache in its place and gets a copy; 0: none
   * @returns the locked page, {@link REPEAT}, -ENOMEM, -EIO or what the index says
   */
  private swapIn(
    inode: ShmemInode,
    idx: number,
    sgp: number,
    pfn: Pfn,
    place: number,
    entry: number,
  ): number {
    const { cache, index } = this;
    const { allocator } = cache;
    const swap = this.swapCache();
    let page = swap.lookup(entry);
    if (page === 0) {
      swap.readahead(entry);
      page = swap.readAsync(entry);
      if (page === 0) {
        const again = index.alloc(inode, idx, sgp);
        if (again < 0) return again;
        return again !== 0 && index.entryAt(inode, again) === entry ? -Errno.ENOMEM : REPEAT;
      }
      if (pfn === 0 && sgp === SGP.cache) cache.stepAside(page);
      cache.waitOnPage(page);
      allocator.putPage(page);
      return REPEAT;
    }
    if (!cache.tryLockPage(page)) {
      if (pfn === 0 && sgp === SGP.cache) cache.stepAside(page);
      cache.waitOnPage(page);
      allocator.putPage(page);
      return REPEAT;
    }
    if (!cache.testFlags(page, PG.uptodate)) {
      cache.unlockPage(page);
      allocator.putPage(page);
      return -Errno.EIO;
    }
    swap.delete(page);
    index.setEntryAt(inode, place, 0);
    inode.swapped--;
    let result = pfn;
    if (pfn === 0) {
      // Nobody can have put a page there: the place was looked up, and nothing slept since.
      if (!cache.addToPageCacheUnique(page, inode.mapping, idx)) {
        throw new KernelBug(`tmpfs: page ${idx} of inode ${inode.ino} is in the cache and in swap`);
      }
      result = page;
    } else {
      cache.memory.copyUser(pfn, page);
      cache.unlockPage(page);
      allocator.putPage(page);
    }
    cache.setFlags(result, PG.uptodate | PG.dirty);
    swap.areas.swapFree(entry);
    if (cache.trace.on) cache.trace.emit(SHMEM_SWAP_IN, inode.ino, idx, result, entry, inode.swapped);
    return result;
  }

  /**
   * A fresh page of zeroes, or zeroes for the locked page `pfn`.
   *
   * @returns the locked page, {@link REPEAT}, -ENOSPC, -ENOMEM or what the index says
   */
  private makePage(inode: ShmemInode, idx: number, sgp: number, pfn: Pfn): number {
    const { cache, index } = this;
    if (inode.superblock.freeBlocks === 0) return -Errno.ENOSPC;
    inode.chargeBlock();
    let page = pfn;
    if (page === 0) {
      page = cache.allocator.allocPages(inode.mapping.gfpMask, 0);
      if (page === 0) {
        inode.freeBlocks(1);
        return -Errno.ENOMEM;
      }
      // Reclaim may have run: somebody may have made the page, swapped it out even, or cut the file short.
      const again = index.alloc(inode, idx, sgp);
      const taken = again > 0 && index.entryAt(inode, again) !== 0;
      if (again < 0 || taken || !cache.addToPageCacheUnique(page, inode.mapping, idx)) {
        cache.allocator.putPage(page);
        inode.freeBlocks(1);
        return again < 0 ? again : REPEAT;
      }
    }
    cache.memory.clearUser(page);
    cache.setFlags(page, PG.uptodate);
    return page;
  }

  /**
   * Fills a page that read-ahead (MADV_WILLNEED) has put into the cache. One that tmpfs has no room for leaves the cache at
   * once: the kernel keeps it there uncharged, and counts a block too many when it goes.
   * @linux 2.4.22 mm/shmem.c shmem_readpage()
   */
  readpage(inode: ShmemInode, pfn: Pfn): number {
    const { cache } = this;
    const index = (cache.memMap.index[pfn] as number) >>> 0;
    const result = this.getpage(inode, index, SGP.cache, pfn);
    if (result < 0) {
      cache.lruCacheDel(pfn);
      // Makes good in advance what removepage gives back.
      if (this.rules.returnsBlocksAtOnce) inode.freeBlocks(-1);
      cache.removeInodePage(pfn);
      cache.allocator.putPage(pfn);
    }
    cache.unlockPage(pfn);
    return Math.min(result, 0);
  }

  /** A page leaves the cache for good, unless it moves to swap. @linux 2.4.22 mm/shmem.c shmem_removepage() */
  removepage(inode: ShmemInode, pfn: Pfn): void {
    if (this.rules.returnsBlocksAtOnce && !this.cache.testFlags(pfn, PG.launder)) inode.freeBlocks(1);
  }

  /**
   * Reclaim wants a dirty page to be written: it moves from the page cache to the swap cache, where the next visit finds it
   * dirty and writes it. Outside of reclaim (not in 2.4.0), for a locked file, and when swap is full, it stays.
   *
   * @returns 0; 2.4.0: 1 when it stays, still locked
   * @linux 2.4.22 mm/shmem.c shmem_writepage()
   */
  writepage(inode: ShmemInode, pfn: Pfn): number {
    const { cache, index } = this;
    const idx = (cache.memMap.index[pfn] as number) >>> 0;
    const { movesForAnyone } = this.rules;
    const launder = movesForAnyone || cache.testFlags(pfn, PG.launder);
    const wanted = launder && !inode.locked && this.swap !== null;
    const entry = wanted ? this.swapCache().areas.getSwapPage() : 0;
    if (cache.trace.on) {
      const [asked, locked] = [launder ? 1 : 0, inode.locked ? 1 : 0];
      cache.trace.emit(SHMEM_WRITEPAGE, inode.ino, idx, pfn, asked, locked, entry, entry !== 0 ? 1 : 0);
    }
    if (entry === 0) return movesForAnyone ? 1 : failWritepage(cache, pfn);
    const place = index.find(inode, idx);
    if (idx >= inode.nextIndex || place === 0 || index.entryAt(inode, place) !== 0) {
      throw new KernelBug(`tmpfs: page ${idx} of inode ${inode.ino} has no place for its swap entry`);
    }
    if (!this.rules.returnsBlocksAtOnce) this.recalc(inode);
    // 2.4.0 looks at references and age again when the page enters the swap cache.
    if (movesForAnyone) cache.lruCacheDel(pfn);
    cache.removeInodePage(pfn);
    if (!movesForAnyone) cache.allocator.putPage(pfn);
    if (this.swapCache().add(pfn, entry) !== 0) {
      throw new KernelBug(`swap entry ${entry.toString(16)} is new and has a page`);
    }
    if (movesForAnyone) cache.allocator.putPage(pfn);
    index.setEntryAt(inode, place, entry);
    inode.swapped++;
    cache.setFlags(pfn, PG.uptodate);
    cache.setPageDirty(pfn);
    cache.unlockPage(pfn);
    return 0;
  }

  /**
   * swapoff has a locked page of the swap cache: the file that has its entry gets it back. One that has
   * another page in its place keeps the entry, and is found again later.
   *
   * @returns whether a file had the entry
   * @linux 2.4.22 mm/shmem.c shmem_unuse()
   */
  unuse(entry: number, pfn: Pfn): boolean {
    for (const inode of this.inodes) {
      if (inode.swapped === 0) continue;
      const idx = this.index.indexOf(inode, entry);
      if (idx < 0) continue;
      this.unusePage(inode, idx, entry, pfn);
      this.searchFrom(inode);
      return this.rules.unuseAnswers;
    }
    return false;
  }

  private unusePage(inode: ShmemInode, idx: number, entry: number, pfn: Pfn): void {
    const { cache } = this;
    const swap = this.swapCache();
    swap.delete(pfn);
    const beyond = idx >= Math.ceil(inode.size / 4096);
    const moved = beyond || cache.addToPageCacheUnique(pfn, inode.mapping, idx);
    if (moved) {
      this.index.setEntryAt(inode, this.index.find(inode, idx), 0);
      inode.swapped--;
    } else if (swap.add(pfn, entry) !== 0) {
      throw new KernelBug(`swap entry ${entry.toString(16)} has got another page`);
    }
    cache.setFlags(pfn, PG.uptodate);
    if (cache.trace.on) cache.trace.emit(SHMEM_UNUSE, inode.ino, idx, pfn, entry, moved ? 1 : 0);
    swap.areas.swapFree(entry);
  }

  /** The next search begins with this file. */
  private searchFrom(inode: ShmemInode): void {
    const order = [...this.inodes];
    const at = order.indexOf(inode);
    if (at > 0) this.inodes = new Set([...order.slice(at), ...order.slice(0, at)]);
  }
}
