/**
 * Where the swap entry of each page of a shared-memory file lies.
 *
 * ```
 *   inode: direct[16]                                      pages 0..15
 *          iIndirect -> root page of 1024 pointers
 *                         [0..511]    -> vector            1024 pages each
 *                         [512..1023] -> page -> vector    1024 * 1024 pages each
 * ```
 * Index pages are real frames, taken when the first page of their range is made, whether or not anything is ever swapped
 * out. A place is named by a number: 1..16 the direct entries, above that the index of a word in physical memory.
 */
import { Errno } from '../errno.ts';
import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { GFP_USER } from '../page-allocator/gfp.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import type { Pfn } from '../types.ts';
import { SHMEM_NR_DIRECT, type ShmemInode } from './shmem-inode.ts';

/** How far {@link shmemGetpage} may go. @linux enum sgp_type */
export const SGP = {
  /** Inside the size; a hole stays a hole. */
  read: 0,
  /** Inside the size; makes the page. */
  cache: 1,
  /** Makes the page, beyond the size too. */
  write: 2,
} as const;

const PER_PAGE = 1024;
/** Pages below the second half of the root page. */
const DOUBLE_END = SHMEM_NR_DIRECT + (PER_PAGE / 2) * PER_PAGE;

/** A page's way through the index: slots from the root page on; the last one is in a vector (or the direct array). */
export function shmemPath(index: number): readonly number[] {
  if (index < SHMEM_NR_DIRECT) return [index];
  const offset = (index - SHMEM_NR_DIRECT) % PER_PAGE;
  const vector = Math.floor((index - SHMEM_NR_DIRECT) / PER_PAGE);
  if (vector < PER_PAGE / 2) return [vector, offset];
  const k = vector - PER_PAGE / 2;
  return [PER_PAGE / 2 + Math.floor(k / PER_PAGE), k % PER_PAGE, offset];
}

/** Index pages of shared-memory files. */
export class ShmemIndex {
  private readonly memory: PhysicalMemory;
  private readonly allocator: PageAllocator;
  private readonly charges: boolean;
  private readonly freeSwapAndCache: (entry: number) => void;
  /** Word that should point to the index page which the last {@link find} missed; 0 = the inode's root pointer. */
  private missing = 0;

  /**
   * @param charges whether index pages count against the file system's size (2.4.22; not 2.4.20)
   * @param freeSwapAndCache drops an entry of a page that is cut off
   */
  constructor(
    memory: PhysicalMemory,
    allocator: PageAllocator,
    charges: boolean,
    freeSwapAndCache: (entry: number) => void,
  ) {
    this.freeSwapAndCache = freeSwapAndCache;
    this.memory = memory;
    this.allocator = allocator;
    this.charges = charges;
  }

  /** The place of a page's swap entry, 0 = an index page is missing. @linux 2.4.22 mm/shmem.c shmem_swp_entry() */
  find(inode: ShmemInode, index: number): number {
    if (index < SHMEM_NR_DIRECT) return index + 1;
    const root = inode.iIndirect;
    if (root === 0) {
      this.missing = 0;
      return 0;
    }
    const offset = (index - SHMEM_NR_DIRECT) % PER_PAGE;
    let slot = Math.floor((index - SHMEM_NR_DIRECT) / PER_PAGE);
    let table = root;
    if (slot >= PER_PAGE / 2) {
      const k = slot - PER_PAGE / 2;
      table = this.follow(root, PER_PAGE / 2 + Math.floor(k / PER_PAGE));
      if (table === 0) return 0;
      slot = k % PER_PAGE;
    }
    const vector = this.follow(table, slot);
    return vector === 0 ? 0 : this.memory.base(vector) + offset;
  }

  /** Frame that slot `slot` of an index page points to; 0, with `missing` set, for none. */
  private follow(page: Pfn, slot: number): Pfn {
    const word = this.memory.base(page) + slot;
    const pfn = (this.memory.words[word] as number) >>> 12;
    if (pfn === 0) this.missing = word;
    return pfn;
  }

  /** The swap entry at a place, 0 = the page is not in swap. */
  entryAt(inode: ShmemInode, place: number): number {
    if (place <= SHMEM_NR_DIRECT) return (inode.iDirect[place - 1] as number) >>> 0;
    return (this.memory.words[place] as number) >>> 0;
  }

  /** Sets the swap entry at a place. */
  setEntryAt(inode: ShmemInode, place: number, entry: number): void {
    if (place <= SHMEM_NR_DIRECT) inode.iDirect[place - 1] = entry;
    else this.memory.words[place] = entry;
  }

  /**
   * The page whose swap entry is `entry`, -1 = none of this file.
   * @linux 2.4.22 mm/shmem.c shmem_unuse_inode(), shmem_find_swp()
   */
  indexOf(inode: ShmemInode, entry: number): number {
    const { nextIndex } = inode;
    const direct = inode.iDirect.subarray(0, Math.min(nextIndex, SHMEM_NR_DIRECT)).indexOf(entry | 0);
    if (direct >= 0) return direct;
    const { words } = this.memory;
    for (let first = SHMEM_NR_DIRECT; first < nextIndex; first += PER_PAGE) {
      const place = this.find(inode, first);
      if (place === 0) continue;
      const offset = words.subarray(place, place + Math.min(nextIndex - first, PER_PAGE)).indexOf(entry | 0);
      if (offset >= 0) return first + offset;
    }
    return -1;
  }

  /**
   * The place of a page's swap entry, with missing index pages made. Each may sleep: the file may be shorter afterwards.
   * @returns the place; 0 for a hole (SGP.read only); or -EINVAL beyond the size, -ENOSPC, -ENOMEM
   * @linux 2.4.22 mm/shmem.c shmem_swp_alloc()
   */
  alloc(inode: ShmemInode, index: number, sgp: number): number {
    if (sgp !== SGP.write && index * 4096 >= inode.size) return -Errno.EINVAL;
    for (;;) {
      let place = this.find(inode, index);
      if (place === 0) {
        if (sgp === SGP.read) return 0;
        const fresh = this.newIndexPage(inode);
        if (fresh < 0) return fresh;
        const beyond = sgp !== SGP.write && index * 4096 >= inode.size;
        place = this.find(inode, index);
        if (beyond || place !== 0) {
          if (this.charges) inode.freeBlocks(1);
          this.allocator.putPage(fresh);
          if (beyond) return -Errno.EINVAL;
        } else if (this.missing === 0) {
          inode.iIndirect = fresh;
        } else {
          this.memory.words[this.missing] = fresh << 12;
        }
      }
      if (inode.nextIndex <= index) inode.nextIndex = index + 1;
      if (place !== 0) return place;
    }
  }

  /** A zeroed, charged page, or -ENOSPC, -ENOMEM. */
  private newIndexPage(inode: ShmemInode): Pfn {
    if (this.charges) {
      // One block must remain for the page itself.
      if (inode.superblock.freeBlocks <= 1) return -Errno.ENOSPC;
      inode.chargeBlock();
    }
    const pfn = this.allocator.allocPages(GFP_USER, 0);
    if (pfn === 0) {
      if (this.charges) inode.freeBlocks(1);
      return -Errno.ENOMEM;
    }
    this.memory.clear(pfn);
    return pfn;
  }

  /**
   * Frees the swap entries of the pages from `index` on, and the index pages that only serve those, the last block first.
   * @returns blocks that the file need not be charged for any more
   * @linux 2.4.22 mm/shmem.c shmem_truncate()
   */
  truncate(inode: ShmemInode, index: number): number {
    let freed = 0;
    while (index < inode.nextIndex) freed += this.truncateBlock(inode, index);
    return freed;
  }

  /**
   * The last block: one second-half page with its vectors, or the first half with the root, or the direct entries.
   * @returns blocks to give back
   * @linux 2.4.22 mm/shmem.c shmem_truncate_indirect()
   */
  private truncateBlock(inode: ShmemInode, index: number): number {
    const length = inode.nextIndex;
    if (length <= SHMEM_NR_DIRECT) {
      inode.nextIndex = index;
      return inode.swapped === 0 ? 0 : this.freeEntries(inode, inode.iDirect, index, length);
    }
    const second = length > DOUBLE_END;
    const block = second ? Math.floor((length - DOUBLE_END - 1) / PER_PAGE ** 2) : 0;
    const base = second ? DOUBLE_END + block * PER_PAGE ** 2 : SHMEM_NR_DIRECT;
    const start = Math.max(index - base, 0);
    inode.nextIndex = Math.max(index, base);
    if (inode.iIndirect === 0) return 0;
    const slot = this.memory.base(inode.iIndirect) + PER_PAGE / 2 + block;
    const table = second ? (this.memory.words[slot] as number) >>> 12 : inode.iIndirect;
    if (table === 0) return 0;
    let freed = this.freeVectors(inode, table, start, length - base);
    if (start === 0) {
      if (second) this.memory.words[slot] = 0;
      else inode.iIndirect = 0;
      this.allocator.putPage(table);
      if (this.charges) freed++;
    }
    return freed;
  }

  /**
   * The vectors of an index page, of the first `length` pages: entries from its page `start` on go, and the vectors that begin
   * there or behind.
   * @linux 2.4.22 mm/shmem.c shmem_truncate_direct()
   */
  private freeVectors(inode: ShmemInode, table: Pfn, start: number, length: number): number {
    const { words } = this.memory;
    const base = this.memory.base(table);
    let freed = 0;
    let offset = start % PER_PAGE;
    for (let slot = Math.floor(start / PER_PAGE); slot < Math.ceil(length / PER_PAGE); slot++) {
      const pfn = (words[base + slot] as number) >>> 12;
      if (pfn !== 0) {
        if (inode.swapped !== 0) {
          const vector = this.memory.base(pfn);
          freed += this.freeEntries(inode, words, vector + offset, vector + PER_PAGE);
        }
        if (offset === 0) {
          words[base + slot] = 0;
          this.allocator.putPage(pfn);
          if (this.charges) freed++;
        }
      }
      offset = 0;
    }
    return freed;
  }

  /** @linux 2.4.22 mm/shmem.c shmem_free_swp() */
  private freeEntries(inode: ShmemInode, entries: Int32Array, from: number, to: number): number {
    let freed = 0;
    for (let at = from; at < to; at++) {
      const entry = (entries[at] as number) >>> 0;
      if (entry === 0) continue;
      this.freeSwapAndCache(entry);
      entries[at] = 0;
      freed++;
    }
    inode.swapped -= freed;
    return freed;
  }

  /** Calls `visit` with each swap entry of a file, and the page that it is of. */
  forEachEntry(inode: ShmemInode, visit: (entry: number, index: number) => void): void {
    inode.iDirect.forEach((entry, index) => {
      if (entry !== 0) visit(entry >>> 0, index);
    });
    for (let first = SHMEM_NR_DIRECT; first < inode.nextIndex; first += PER_PAGE) {
      const place = this.find(inode, first);
      if (place === 0) continue;
      for (let i = 0; i < PER_PAGE; i++) {
        const entry = (this.memory.words[place + i] as number) >>> 0;
        if (entry !== 0) visit(entry, first + i);
      }
    }
  }

  /** Calls `visit` with each index page of a file. */
  forEachIndexPage(inode: ShmemInode, visit: (pfn: Pfn) => void): void {
    if (inode.iIndirect === 0) return;
    visit(inode.iIndirect);
    const root = this.memory.base(inode.iIndirect);
    for (let slot = 0; slot < PER_PAGE; slot++) {
      const pfn = (this.memory.words[root + slot] as number) >>> 12;
      if (pfn === 0) continue;
      visit(pfn);
      if (slot < PER_PAGE / 2) continue;
      const table = this.memory.base(pfn);
      for (let i = 0; i < PER_PAGE; i++) {
        const vector = (this.memory.words[table + i] as number) >>> 12;
        if (vector !== 0) visit(vector);
      }
    }
  }
}
