import type { FileInode } from './open-file.ts';

/**
 * What is to be written of an inode, and what is going on with it. @linux I_DIRTY_SYNC, I_DIRTY_DATASYNC, I_DIRTY_PAGES,
 * I_LOCK, I_FREEING, I_CLEAR
 */
export const I = {
  /** Times and the like: fdatasync leaves it. */
  dirtySync: 1,
  /** What is needed to find the data again: size, blocks. */
  dirtyDatasync: 2,
  /** Pages that were changed through mappings. */
  dirtyPages: 4,
  /** Just being written. */
  lock: 8,
  freeing: 16,
  clear: 32,
} as const;
/** Any of the three. @linux I_DIRTY */
export const I_DIRTY = I.dirtySync | I.dirtyDatasync | I.dirtyPages;

/** What a file system does for its inodes and itself. @linux struct super_operations */
export interface SuperOperations {
  /** Puts an inode into its buffer; with `sync`, on the device. */
  writeInode?(inode: FileInode, sync: boolean): void;
  /** An inode without links and users, and without pages: gives back its blocks and itself. */
  deleteInode?(inode: FileInode): void;
  /** Puts what the file system knows of itself into buffers. Clears {@link SuperBlock.dirt}. */
  writeSuper?(sb: SuperBlock): void;
}

/** A mounted file system. @linux struct super_block */
export class SuperBlock {
  readonly dev: number;
  readonly ops: SuperOperations;
  /** Inodes to be written, the oldest first. The kernel's list has it at its tail. @linux s_dirty */
  readonly dirty = new Set<FileInode>();
  /** Inodes being written. @linux s_locked_inodes */
  readonly locked = new Set<FileInode>();
  /** Whether {@link SuperOperations.writeSuper} has something to do. @linux s_dirt */
  dirt = false;
  /** False while it is unmounted: then no inode is kept. @linux MS_ACTIVE */
  active = true;

  constructor(dev: number, ops: SuperOperations) {
    this.dev = dev;
    this.ops = ops;
  }
}
