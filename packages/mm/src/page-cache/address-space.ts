import type { Pfn } from '../types.ts';
import type { Inode } from './inode.ts';

/** A mapping's view of an area that maps it: what truncate needs. The address space room's areas have these fields. */
export interface MappedArea {
  readonly vmStart: number;
  readonly vmEnd: number;
  readonly vmPgoff: number;
}

/**
 * What a file system does for a mapping's pages. @linux struct address_space_operations
 * A result < 0 is an errno.
 */
export interface AddressSpaceOperations {
  /** Fills a locked page and unlocks it. */
  readonly readpage?: (inode: Inode, pfn: Pfn) => number;
  /** Writes a locked page back and unlocks it. Without it a shared writable mapping is refused (-EINVAL). */
  readonly writepage?: (inode: Inode, pfn: Pfn) => number;
  /**
   * Makes the buffers of a locked page forget their blocks from byte `offset` on, as the file was cut there; from 0 on, frees
   * them. False: the page keeps buffers. @linux flushpage
   */
  readonly flushpage?: (pfn: Pfn, offset: number) => boolean;
  /** Told when a page leaves the cache. @linux 2.4.22 removepage */
  readonly removepage?: (inode: Inode, pfn: Pfn) => void;
}

/**
 * The pages of one file (or of the swap cache). @linux struct address_space
 * Page lists are heads in `MemMap.next`.
 */
export class AddressSpace {
  /** Number that `MemMap.mapping` holds for its pages, >= 1. */
  readonly id: number;
  readonly host: Inode | null;
  readonly ops: AddressSpaceOperations;
  readonly cleanPages: number;
  readonly dirtyPages: number;
  readonly lockedPages: number;
  nrpages = 0;
  /** Areas that map it privately, newest first. @linux i_mmap */
  readonly iMmap: MappedArea[] = [];
  /** Areas that share it (VM_SHARED), newest first. @linux i_mmap_shared */
  readonly iMmapShared: MappedArea[] = [];
  /** GFP mask of its pages. */
  readonly gfpMask: number;

  constructor(
    id: number,
    host: Inode | null,
    ops: AddressSpaceOperations,
    newListHead: () => number,
    gfpMask: number,
  ) {
    this.id = id;
    this.host = host;
    this.ops = ops;
    this.cleanPages = newListHead();
    this.dirtyPages = newListHead();
    this.lockedPages = newListHead();
    this.gfpMask = gfpMask;
  }
}
