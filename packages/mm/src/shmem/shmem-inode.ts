import type { Vma } from '../address-space/vma.ts';
import { KernelBug } from '../kernel-bug.ts';
import type { InodeKind } from '../page-cache/inode.ts';
import { FileInode, type InodeOperations } from '../page-cache/open-file.ts';
import type { Pfn } from '../types.ts';

/** Index places inside the inode. @linux SHMEM_NR_DIRECT */
export const SHMEM_NR_DIRECT = 16;
/** Pages that a file can have. @linux SHMEM_MAX_INDEX */
export const SHMEM_MAX_INDEX = SHMEM_NR_DIRECT + (2 ** 20 / 2) * (1024 + 1);
/** Bytes that a file can have. @linux SHMEM_MAX_BYTES */
export const SHMEM_MAX_BYTES = SHMEM_MAX_INDEX * 4096;

/** What a mounted tmpfs may hold. Blocks are pages. @linux struct shmem_sb_info */
export class ShmemSuperblock {
  readonly dev: number;
  maxBlocks: number;
  freeBlocks: number;
  maxInodes: number;
  /** The root directory is an inode too. */
  freeInodes: number;
  /** Inodes that are no files with pages: directories, and links that fit into the inode. */
  otherInodes = 0;

  constructor(dev: number, maxBlocks: number, maxInodes: number) {
    this.dev = dev;
    this.maxBlocks = maxBlocks;
    this.freeBlocks = maxBlocks;
    this.maxInodes = maxInodes;
    this.freeInodes = maxInodes;
  }

  /** Takes an inode; false: there is none left. */
  takeInode(): boolean {
    if (this.freeInodes === 0) return false;
    this.freeInodes--;
    return true;
  }

  /** Changes the limits (remount): false if more is in use. @linux 2.4.22 mm/shmem.c shmem_set_size() */
  setSize(maxBlocks: number, maxInodes: number): boolean {
    const blocks = this.maxBlocks - this.freeBlocks;
    const inodes = this.maxInodes - this.freeInodes;
    if (maxBlocks < blocks || maxInodes < inodes) return false;
    this.maxBlocks = maxBlocks;
    this.freeBlocks = maxBlocks - blocks;
    this.maxInodes = maxInodes;
    this.freeInodes = maxInodes - inodes;
    return true;
  }
}

/** A file in memory. @linux struct inode, struct shmem_inode_info */
export class ShmemInode extends FileInode {
  readonly superblock: ShmemSuperblock;
  /** Swap entries of the first 16 pages, 0 = not swapped out. */
  readonly iDirect = new Int32Array(SHMEM_NR_DIRECT);
  /** Frame of the root index page, 0 = none. */
  iIndirect: Pfn = 0;
  /** One more than the highest index that has a place. */
  nextIndex = 0;
  /** Pages in swap: entries of the index that are not 0. */
  swapped = 0;
  /** Its pages stay in memory (SHM_LOCK). */
  locked = false;
  /** Blocks of 512 bytes that it is charged for. @linux i_blocks */
  blocks = 0;
  /** What a symbolic link points to, for a machine without contents. */
  target = '';
  /** mmap by an owner other than tmpfs (a SysV segment). */
  onMmap: ((vma: Vma) => number) | null = null;

  constructor(superblock: ShmemSuperblock, ino: number, kind: InodeKind, mode: number, ops: InodeOperations) {
    super(ino, superblock.dev, kind, mode, ops);
    this.superblock = superblock;
  }

  /** Charges a page to the file; the caller saw that there is room. */
  chargeBlock(): void {
    if (this.superblock.freeBlocks <= 0) throw new KernelBug('tmpfs: a page is charged beyond the limit');
    this.superblock.freeBlocks--;
    this.blocks += 8;
  }

  /** Gives pages back. @linux 2.4.22 mm/shmem.c shmem_free_block() */
  freeBlocks(pages: number): void {
    this.superblock.freeBlocks += pages;
    this.blocks -= pages * 8;
  }
}
