import type { AddressSpace } from './address-space.ts';

/** Kinds of file that memory cares about. */
export type InodeKind = 'regular' | 'chardev' | 'blockdev' | 'shm' | 'directory' | 'symlink';

/** A file's identity, size and pages. @linux struct inode */
export interface Inode {
  /** Inode number as /proc/PID/maps prints it. */
  readonly ino: number;
  /** Device as maps prints it: major << 8 | minor. */
  readonly dev: number;
  readonly kind: InodeKind;
  /** Bytes. @linux i_size */
  size: number;
  /** Links from directories; 0 = deleted, maps prints " (deleted)". */
  nlink: number;
  /** > 0 writers, < 0 mappings with VM_DENYWRITE. @linux i_writecount */
  writecount: number;
  readonly mapping: AddressSpace;
  /** Told when a page was changed through a mapping. @linux mark_inode_dirty_pages() */
  markDirty?(flags: number): void;
}

/** f_mode bits. */
export const FMODE = { read: 1, write: 2 } as const;

/** Reads the page of an area that a fault needs; a pfn with a reference held, or one of {@link NOPAGE_SIGBUS}, {@link NOPAGE_OOM}. */
export const NOPAGE_SIGBUS = 0;
export const NOPAGE_OOM = -1;

/** An open file. @linux struct file */
export interface File {
  readonly inode: Inode;
  /** {@link FMODE} bits. */
  readonly mode: number;
  /** O_APPEND */
  readonly append: boolean;
  /** Path as maps prints it (without " (deleted)"). */
  readonly path: string;
  /** References: descriptors and areas. @linux f_count */
  count: number;
  /** What mmap does with it; `device`: its driver does it; null = -ENODEV. */
  readonly mmapKind: 'file' | 'shmem' | 'devzero' | 'device' | null;
}
