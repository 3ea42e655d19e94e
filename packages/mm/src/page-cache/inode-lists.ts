import type { FileInode } from './open-file.ts';
import type { SuperBlock } from './super-block.ts';

/** Where the inodes of file systems on disks hang: on one of these lists, or on one of their {@link SuperBlock}. */
export class InodeLists {
  /** Mounted file systems, in the order in which they were mounted. @linux super_blocks */
  readonly superBlocks: SuperBlock[] = [];
  /** Clean, with users. @linux inode_in_use */
  readonly inUse = new Set<FileInode>();
  /** Clean, without users: the oldest first, which the kernel has at the list's tail. @linux inode_unused */
  readonly unused = new Set<FileInode>();
  /** Inodes without users, dirty ones included. @linux inodes_stat.nr_unused */
  nrUnused = 0;
}
