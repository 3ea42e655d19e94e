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
  /** Word that should point to the index page which the last {@link find} missed; 0 = the inode's root pointer. */
  private missing = 0;

  /** @param charges whether index pages count against the file system's size (2.4.22; not 2.4.20) */
  constructor(memory: PhysicalMemory, allocator: PageAllocator, charges: boolean) {
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

  /** The swap entry at a place. */
  entryAt(inode: ShmemInode, place: number): number {
    if (place <= SHMEM_NR_DIRECT) return inode.iDirect[place - 1] as number;
    return this.memory.words[place] as number;
  }

  /**
   * The place of a page's swap entry, with missing index pages made.
   * @returns the place; 0 for a hole (SGP.read only); or -EINVAL beyond the size, -ENOSPC, -ENOMEM
   * @linux 2.4.22 mm/shmem.c shmem_swp_alloc()
   */
  alloc(inode: ShmemInode, index: number, sgp: number): number {
    if (sgp !== SGP.write && index * 4096 >= inode.size) return -Errno.EINVAL;
    let place = this.find(inode, index);
    while (place === 0) {
      if (sgp === SGP.read) return 0;
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
      if (this.missing === 0) inode.iIndirect = pfn;
      else this.memory.words[this.missing] = pfn << 12;
      if (inode.nextIndex <= index) inode.nextIndex = index + 1;
      place = this.find(inode, index);
    }
    if (inode.nextIndex <= index) inode.nextIndex = index + 1;
    return place;
  }

  /**
   * Frees the index pages that only serve pages from `index` on, the last block first.
   * @linux 2.4.22 mm/shmem.c shmem_truncate()
   */
  truncate(inode: ShmemInode, index: number): void {
    if (index >= inode.nextIndex) return;
    let freed = 0;
    while (index < inode.nextIndex) freed += this.truncateBlock(inode, index);
    if (this.charges) inode.freeBlocks(freed);
  }

  /** The last block: one second-half page with its vectors, or the first half with the root, or the direct entries. */
  private truncateBlock(inode: ShmemInode, index: number): number {
    const length = inode.nextIndex;
    if (length <= SHMEM_NR_DIRECT) {
      inode.nextIndex = index;
      return 0;
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
    let freed = this.freeVectors(table, start, length - base);
    if (start === 0) {
      if (second) this.memory.words[slot] = 0;
      else inode.iIndirect = 0;
      this.allocator.putPage(table);
      freed++;
    }
    return freed;
  }

  /** Frees the vectors of an index page that begin at or behind its page `start`, of the first `length` pages. */
  private freeVectors(table: Pfn, start: number, length: number): number {
    const { words } = this.memory;
    const base = this.memory.base(table);
    let freed = 0;
    for (let slot = Math.ceil(start / PER_PAGE); slot < Math.ceil(length / PER_PAGE); slot++) {
      const pfn = (words[base + slot] as number) >>> 12;
      if (pfn === 0) continue;
      words[base + slot] = 0;
      this.allocator.putPage(pfn);
      freed++;
    }
    return freed;
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
