import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { assertKernel, KernelBug } from '../kernel-bug.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import { type MemMap, PG } from '../physical/mem-map.ts';
import type { Trace } from '../trace/trace.ts';
import type { Pfn } from '../types.ts';
import { AddressSpace, type AddressSpaceOperations } from './address-space.ts';
import { HASH_DIVISOR, pageHashOrder, SIZEOF_INODE } from './hash.ts';
import type { Inode } from './inode.ts';
import type { OpenFile } from './open-file.ts';
import { NO_UPPER_ROOMS, type PageCachePorts } from './ports.ts';
import { I } from './super-block.ts';
import {
  MM_FILEMAP_ADD_TO_PAGE_CACHE,
  MM_FILEMAP_DELETE_FROM_PAGE_CACHE,
  MM_LRU_ACTIVATE,
  MM_LRU_INSERTION,
} from './tracepoints.ts';

/** What differs between releases in this room. */
export interface PageCacheRules {
  /** Not 2.4.0: a page of a write whose buffer turned out bad is committed all the same. */
  readonly commitsFailedCopies: boolean;
}

/** As in 2.4.20 and 2.4.22. */
export const PAGE_CACHE_RULES: PageCacheRules = { commitsFailedCopies: true };

/** The rooms below, handed in at boot. */
export interface PageCacheParts {
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly allocator: PageAllocator;
  readonly trace: Trace;
  /** Default: {@link PAGE_CACHE_RULES}. */
  readonly rules?: PageCacheRules;
}

/** Largest block that the allocator has: no table is larger. */
const MAX_TABLE_ORDER = 9;
/** Where inodes would lie in a kernel; only the hash function sees these addresses. */
const INODE_ADDRESS = 0xc1000000;
/** Flags that a page loses when it enters the cache. */
const STALE = PG.uptodate | PG.error | PG.dirty | PG.referenced | PG.arch1 | PG.checked;

/**
 * The page cache and the LRU lists.
 *
 * A page in the cache is found by (mapping, index) through a hash table with chains in `memMap.nextHash`; it hangs on
 * one of its mapping's lists (clean, dirty, locked) and holds one reference for the cache. Pages of user memory and of
 * the cache are also on one of two LRU lists, whose heads are {@link activeList} and {@link inactiveList}.
 *
 * Reentrancy: nothing here allocates or reclaims, except the functions that say so. Reclaim may call every method.
 *
 * @linux 2.4.22 mm/filemap.c, mm/swap.c
 */
export class PageCache {
  readonly memory: PhysicalMemory;
  readonly memMap: MemMap;
  readonly allocator: PageAllocator;
  readonly trace: Trace;
  readonly rules: PageCacheRules;
  /** What upper rooms do for this one; `kernel.ts` sets it. */
  ports: PageCachePorts = NO_UPPER_ROOMS;

  /** Pages in the hash table, those of the swap cache included. Recount: the chains. @linux page_cache_size */
  pageCacheSize = 0;
  /** Pages of block devices that hold buffers. @linux buffermem_pages */
  buffermemPages = 0;
  /** Pages in the swap cache. @linux swapper_space.nrpages */
  swapperPages = 0;
  /** Length of the active list. Recount: the list. */
  nrActivePages = 0;
  /** Length of the inactive list. Recount: the list. */
  nrInactivePages = 0;
  /** Index of the list's head in `memMap.lruNext`. Its `lruNext` is the youngest page. */
  readonly activeList: number;
  readonly inactiveList: number;
  /** Pages that one fault or one read of a cluster brings in, as a power of two. @linux page_cluster */
  pageCluster: number;
  /** Bounds of read-ahead, pages (`vm.min-readahead`, `vm.max-readahead`); settable, without limits. */
  minReadahead = 3;
  maxReadahead = 31;

  private readonly flags: Int32Array;
  private readonly count: Int32Array;
  private readonly mappingOfPage: Int32Array;
  private readonly indexOfPage: Int32Array;
  private readonly nextHash: Int32Array;
  private readonly lruNext: Int32Array;
  private readonly lruPrev: Int32Array;
  private readonly mappings: (AddressSpace | null)[] = [null];
  private readonly freeIds: number[] = [];
  private readonly freeHeads: number[] = [];
  private readonly table: Int32Array;
  private readonly bits: number;

  constructor(parts: PageCacheParts) {
    this.memory = parts.memory;
    this.memMap = parts.memMap;
    this.allocator = parts.allocator;
    this.trace = parts.trace;
    this.rules = parts.rules ?? PAGE_CACHE_RULES;
    const memMap = parts.memMap;
    this.flags = memMap.flags;
    this.count = memMap.count;
    this.mappingOfPage = memMap.mapping;
    this.indexOfPage = memMap.index;
    this.nextHash = memMap.nextHash;
    this.lruNext = memMap.lruNext;
    this.lruPrev = memMap.lruPrev;
    this.activeList = memMap.newListHead();
    this.inactiveList = memMap.newListHead();
    this.pageCluster = memMap.frames < 16 * 256 ? 2 : 3;
    this.bits = 10 + Math.min(pageHashOrder(memMap.frames), MAX_TABLE_ORDER);
    this.table = new Int32Array(2 ** this.bits);
  }

  /** Buckets of the hash table, as a power of two. @linux page_hash_bits */
  get pageHashBits(): number {
    return this.bits;
  }

  /** First page of a bucket's chain, 0 = empty. For checks and displays. */
  bucketHead(bucket: number): Pfn {
    return this.table[bucket] as number;
  }

  // ---- mappings

  /**
   * A new mapping without pages.
   *
   * @param host its inode; null for the swap cache
   * @param gfpMask how its pages are allocated
   */
  newMapping(host: Inode | null, ops: AddressSpaceOperations, gfpMask: number): AddressSpace {
    const id = this.freeIds.pop() ?? this.mappings.length;
    const newHead = () => this.freeHeads.pop() ?? this.memMap.newListHead();
    const mapping = new AddressSpace(id, host, ops, newHead, gfpMask);
    this.mappings[id] = mapping;
    return mapping;
  }

  /** Whether {@link newMapping} can be called once more: every mapping has three lists, and their heads are limited. */
  get hasRoomForMapping(): boolean {
    return this.freeHeads.length >= 3 || this.memMap.listHeadsLeft >= 3;
  }

  /** Gives up a mapping that has no page any more: its number is used again. */
  freeMapping(mapping: AddressSpace): void {
    assertKernel(mapping.nrpages === 0, `mapping ${mapping.id} is freed with ${mapping.nrpages} pages`);
    this.mappings[mapping.id] = null;
    this.freeIds.push(mapping.id);
    this.freeHeads.push(mapping.lockedPages, mapping.dirtyPages, mapping.cleanPages);
  }

  /** The mapping with this number. */
  mapping(id: number): AddressSpace {
    const mapping = this.mappings[id];
    if (!mapping) throw new KernelBug(`there is no mapping ${id}`);
    return mapping;
  }

  /** The mapping that a page belongs to, null for none. @linux page->mapping */
  mappingOf(pfn: Pfn): AddressSpace | null {
    return this.mappings[this.mappingOfPage[pfn] as number] as AddressSpace | null;
  }

  /** Calls `visit` for every mapping in use, in order of their numbers. */
  forEachMapping(visit: (mapping: AddressSpace) => void): void {
    for (const mapping of this.mappings) if (mapping !== null) visit(mapping);
  }

  // ---- insert, find, remove

  /** Bucket of a page of the mapping with number `id`. @linux page_hash() */
  bucketOf(id: number, index: number): number {
    // In whole numbers of 32 bits throughout, as the kernel has it: five times a page that is swapped in and out.
    const x = (INODE_ADDRESS / HASH_DIVISOR + Math.imul(id, SIZEOF_INODE / HASH_DIVISOR) + index) | 0;
    return (x + (x >>> this.bits)) & (this.table.length - 1);
  }

  /** The cache's page for (mapping, index), 0 = none; takes no reference. @linux __find_page_nolock() */
  findPage(mapping: AddressSpace, index: number): Pfn {
    return this.peekPage(mapping, index);
  }

  /** The same for who only looks on: being found leaves no trace on the page, in no release. */
  peekPage(mapping: AddressSpace, index: number): Pfn {
    const id = mapping.id;
    const { mappingOfPage, indexOfPage, nextHash } = this;
    let pfn = this.table[this.bucketOf(id, index)] as number;
    while (pfn !== 0) {
      if (mappingOfPage[pfn] === id && indexOfPage[pfn] === (index | 0)) return pfn;
      pfn = nextHash[pfn] as number;
    }
    return 0;
  }

  /** The same with a reference for the caller. @linux find_get_page() */
  findGetPage(mapping: AddressSpace, index: number): Pfn {
    const pfn = this.findPage(mapping, index);
    if (pfn !== 0) this.count[pfn] = (this.count[pfn] as number) + 1;
    return pfn;
  }

  /** The same, with a reference and locked. @linux find_lock_page() */
  findLockPage(mapping: AddressSpace, index: number): Pfn {
    for (;;) {
      const pfn = this.findGetPage(mapping, index);
      if (pfn === 0) return 0;
      this.lockPage(pfn);
      // The wait for the lock may have seen the page truncated.
      if (this.mappingOfPage[pfn] === mapping.id && this.indexOfPage[pfn] === (index | 0)) return pfn;
      this.unlockPage(pfn);
      this.allocator.putPage(pfn);
    }
  }

  /**
   * Makes a fresh page the cache's page for (mapping, index): locked, with one more reference, inactive. There must be
   * no other. @linux add_to_page_cache()
   */
  addToPageCache(pfn: Pfn, mapping: AddressSpace, index: number): void {
    this.flags[pfn] = ((this.flags[pfn] as number) & ~STALE) | PG.locked;
    this.insert(pfn, mapping, index);
    this.lruCacheAdd(pfn);
  }

  /** The same unless there is one already. True when `pfn` is in. @linux add_to_page_cache_unique() */
  addToPageCacheUnique(pfn: Pfn, mapping: AddressSpace, index: number): boolean {
    if (this.findPage(mapping, index) !== 0) return false;
    this.addToPageCache(pfn, mapping, index);
    return true;
  }

  private insert(pfn: Pfn, mapping: AddressSpace, index: number): void {
    if (this.mappingOfPage[pfn] !== 0) throw new KernelBug(`page ${pfn} is in the page cache already`);
    this.count[pfn] = (this.count[pfn] as number) + 1;
    this.indexOfPage[pfn] = index;
    this.memMap.listAdd(pfn, mapping.cleanPages);
    mapping.nrpages++;
    this.mappingOfPage[pfn] = mapping.id;
    const bucket = this.bucketOf(mapping.id, index);
    this.nextHash[pfn] = this.table[bucket] as number;
    this.table[bucket] = pfn;
    this.pageCacheSize++;
    if (this.trace.on) this.traceChange(MM_FILEMAP_ADD_TO_PAGE_CACHE, pfn, mapping);
  }

  /**
   * Takes a locked page out of the cache; the cache's reference and the LRU lists are the caller's business.
   * @linux remove_inode_page()
   */
  removeInodePage(pfn: Pfn): void {
    if (((this.flags[pfn] as number) & PG.locked) === 0) throw new KernelBug(`page ${pfn} is not locked`);
    this.removeFromPageCache(pfn);
  }

  /** The same without asking for the lock. @linux __remove_inode_page() */
  removeFromPageCache(pfn: Pfn): void {
    const mapping = this.mapping(this.mappingOfPage[pfn] as number);
    if (this.trace.on) this.traceChange(MM_FILEMAP_DELETE_FROM_PAGE_CACHE, pfn, mapping);
    if (mapping.ops.removepage !== undefined) mapping.ops.removepage(mapping.host as Inode, pfn);
    this.memMap.listDel(pfn);
    this.mappingOfPage[pfn] = 0;
    mapping.nrpages--;
    this.unhash(pfn, this.bucketOf(mapping.id, this.indexOfPage[pfn] as number));
    this.pageCacheSize--;
  }

  private unhash(pfn: Pfn, bucket: number): void {
    const { nextHash, table } = this;
    const after = nextHash[pfn] as number;
    nextHash[pfn] = 0;
    let at = table[bucket] as number;
    if (at === pfn) {
      table[bucket] = after;
      return;
    }
    while (nextHash[at] !== pfn) {
      if (at === 0) throw new KernelBug(`page ${pfn} is not in its hash bucket`);
      at = nextHash[at] as number;
    }
    nextHash[at] = after;
  }

  private traceChange(id: number, pfn: Pfn, mapping: AddressSpace): void {
    const host = mapping.host;
    const index = (this.indexOfPage[pfn] as number) >>> 0;
    this.trace.emit(id, pfn, host === null ? 0 : host.dev, host === null ? 0 : host.ino, index);
  }

  // ---- flags and the page lock

  /**
   * Marks a page as changed through a mapping or by reclaim, and moves it to its mapping's dirty list. (A write to a tmpfs
   * file sets the flag alone.) @linux set_page_dirty()
   */
  setPageDirty(pfn: Pfn): void {
    const flags = this.flags[pfn] as number;
    if ((flags & PG.dirty) !== 0) return;
    this.flags[pfn] = flags | PG.dirty;
    const mapping = this.mappingOf(pfn);
    if (mapping === null) return;
    this.memMap.listDel(pfn);
    this.memMap.listAdd(pfn, mapping.dirtyPages);
    mapping.host?.markDirty?.(I.dirtyPages);
  }

  /** Sets flags of a page. @linux SetPageUptodate() and its like */
  setFlags(pfn: Pfn, bits: number): void {
    this.flags[pfn] = (this.flags[pfn] as number) | bits;
  }

  /** Clears flags of a page. @linux ClearPageDirty() and its like */
  clearFlags(pfn: Pfn, bits: number): void {
    this.flags[pfn] = (this.flags[pfn] as number) & ~bits;
  }

  /** Whether one of `bits` is set. @linux PageDirty() and its like */
  testFlags(pfn: Pfn, bits: number): boolean {
    return ((this.flags[pfn] as number) & bits) !== 0;
  }

  /** Locks a page unless it is locked. True = the caller has the lock. @linux TryLockPage() with the result reversed */
  tryLockPage(pfn: Pfn): boolean {
    const flags = this.flags[pfn] as number;
    if ((flags & PG.locked) !== 0) return false;
    this.flags[pfn] = flags | PG.locked;
    return true;
  }

  /** Locks a page, waiting for its I/O. @linux lock_page() */
  lockPage(pfn: Pfn): void {
    while (!this.tryLockPage(pfn)) this.waitOnPage(pfn);
  }

  /** @linux unlock_page() */
  unlockPage(pfn: Pfn): void {
    const flags = this.flags[pfn] as number;
    if ((flags & PG.locked) === 0) throw new KernelBug(`page ${pfn} is unlocked but was not locked`);
    this.flags[pfn] = flags & ~(PG.locked | PG.launder);
  }

  /**
   * Waits for a page as the outermost of a fault or a read: the task has a reference to it, and holds nothing else that another address
   * space could want. Other tasks run meanwhile. What may have changed is for the caller to look at again.
   */
  stepAside(pfn: Pfn): void {
    if (((this.flags[pfn] as number) & PG.locked) !== 0) this.ports.stepAside(pfn);
  }

  /** Waits until a page's I/O is over. @linux wait_on_page() */
  waitOnPage(pfn: Pfn): void {
    if (((this.flags[pfn] as number) & PG.locked) === 0) return;
    this.ports.waitForIo(pfn);
    if (((this.flags[pfn] as number) & PG.locked) !== 0) {
      throw new KernelBug(`page ${pfn} stays locked: nobody is left who would unlock it`);
    }
  }

  // ---- LRU lists

  /** Puts a page on the inactive list's head unless it is on a list. @linux lru_cache_add() */
  lruCacheAdd(pfn: Pfn): void {
    const flags = this.flags[pfn] as number;
    if ((flags & PG.lru) !== 0) return;
    this.flags[pfn] = flags | PG.lru;
    this.lruAdd(pfn, this.inactiveList);
    this.nrInactivePages++;
    if (this.trace.on) this.trace.emit(MM_LRU_INSERTION, pfn);
  }

  /** Takes a page off its LRU list; nothing if it is on none. @linux lru_cache_del() */
  lruCacheDel(pfn: Pfn): void {
    const flags = this.flags[pfn] as number;
    if ((flags & PG.lru) === 0) return;
    this.lruUnlink(pfn);
    if ((flags & PG.active) !== 0) this.nrActivePages--;
    else this.nrInactivePages--;
    this.flags[pfn] = flags & ~(PG.lru | PG.active);
  }

  /** Moves an inactive page to the active list's head. @linux activate_page() */
  activatePage(pfn: Pfn): void {
    const flags = this.flags[pfn] as number;
    if ((flags & (PG.lru | PG.active)) !== PG.lru) return;
    this.lruUnlink(pfn);
    this.nrInactivePages--;
    this.lruAdd(pfn, this.activeList);
    this.nrActivePages++;
    this.flags[pfn] = flags | PG.active;
    if (this.trace.on) this.trace.emit(MM_LRU_ACTIVATE, pfn);
  }

  /**
   * Notes a use of a page: the first sets PG_referenced, the second takes an inactive page to the active list.
   *
   * ```
   *   inactive, untouched -> inactive, referenced -> active, untouched -> active, referenced
   * ```
   * @linux mark_page_accessed()
   */
  markPageAccessed(pfn: Pfn): void {
    const flags = this.flags[pfn] as number;
    if ((flags & (PG.active | PG.referenced)) !== PG.referenced) {
      this.flags[pfn] = flags | PG.referenced;
      return;
    }
    this.activatePage(pfn);
    this.flags[pfn] = (this.flags[pfn] as number) & ~PG.referenced;
  }

  // ---- what another generation of page lists does otherwise

  /** Pages in use, and those that are not: as /proc/meminfo tells. */
  get activePages(): number {
    return this.nrActivePages;
  }

  get inactivePages(): number {
    return this.nrInactivePages;
  }

  /** A buffer of the page was used. @linux touch_buffer() */
  touchBuffer(pfn: Pfn): void {
    this.markPageAccessed(pfn);
  }

  /** A write to the page is done; `toItsEnd`: the next one will be to another page. */
  pageWritten(_pfn: Pfn, _toItsEnd: boolean): void {}

  /** Read-ahead went on; what lies before the page `index` will hardly be read again. */
  dropBehind(_file: OpenFile, _index: number): void {}

  /** Inserts at a list's head. Reclaim uses it together with {@link lruUnlink}; the counters are the caller's. */
  lruAdd(pfn: Pfn, head: number): void {
    const { lruNext, lruPrev } = this;
    const first = lruNext[head] as number;
    lruPrev[first] = pfn;
    lruNext[pfn] = first;
    lruPrev[pfn] = head;
    lruNext[head] = pfn;
  }

  /**
   * Makes a page of an LRU list its first, and those behind it, in their order, the next ones: what comes of moving the list's
   * last page to its head until it is this one.
   *
   * ```
   *   head -> a -> b -> pfn -> c -> d      the pages stand in a ring, it is the head that moves:
   *   head -> pfn -> c -> d -> a -> b
   * ```
   */
  lruRotate(pfn: Pfn, head: number): void {
    const { lruNext, lruPrev } = this;
    const last = lruPrev[head] as number;
    const first = lruNext[head] as number;
    lruNext[last] = first;
    lruPrev[first] = last;
    const before = lruPrev[pfn] as number;
    lruNext[before] = head;
    lruPrev[head] = before;
    lruNext[head] = pfn;
    lruPrev[pfn] = head;
  }

  /** Unlinks a page from whichever LRU list it is on; flags and counters are the caller's. */
  lruUnlink(pfn: Pfn): void {
    const { lruNext, lruPrev } = this;
    const next = lruNext[pfn] as number;
    const prev = lruPrev[pfn] as number;
    lruNext[prev] = next;
    lruPrev[next] = prev;
  }
}
