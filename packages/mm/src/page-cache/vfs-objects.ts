/**
 * What the virtual file system pays for files: an object each for an inode, a name and an open file.
 *
 * ```
 *   descriptor, area -> file (filp) -> dentry (dentry_cache, a long name in a size-N cache) -> inode (inode_cache)
 * ```
 * Files live in memory here, so that a name and its inode stay as long as the file exists, as ramfs pins them; directories, and
 * names that were looked up in vain, have none.
 */
import { GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { KernelCaches } from '../slab/kernel-caches.ts';
import type { SlabAllocator } from '../slab/slab-allocator.ts';
import type { Addr } from '../types.ts';

/** Free file structs that only root may use up. @linux NR_RESERVED_FILES */
const NR_RESERVED_FILES = 10;
/** Fewest open files that a machine allows. @linux NR_FILE */
const NR_FILE = 8192;
/** Bytes of a name that fit into its dentry, with the NUL. @linux DNAME_INLINE_LEN */
const DNAME_INLINE_LEN = 16;

/** A name of a file. @linux struct dentry */
export interface Dentry {
  /** Its object in `dentry_cache`. */
  readonly slabAddr: Addr;
  /** Where its name lies when that is long, 0 = in the object. */
  readonly name: Addr;
}

/** What is needed to know of the machine. */
export interface VfsParts {
  readonly slab: SlabAllocator;
  readonly caches: KernelCaches;
  /** Page frames of RAM: they decide how many files may be open. */
  readonly mempages: number;
  /** Effective user of the running task. */
  euid(): number;
  /** Seconds since 1970. */
  now(): number;
}

/** Maker and keeper of the objects. */
export class VfsObjects {
  /** Most file structs that there may be. @linux files_stat.max_files */
  maxFiles: number;
  /** File structs that there are, free ones too. @linux files_stat.nr_files */
  nrFiles = 0;
  /** Names that there are. */
  nrDentries = 0;
  /** Inodes that there are. */
  nrInodes = 0;
  private readonly parts: VfsParts;
  // Closed files: a file struct never goes back to its cache. The last one is used first.
  private readonly freeFiles: Addr[] = [];

  constructor(parts: VfsParts) {
    this.parts = parts;
    this.maxFiles = Math.max(NR_FILE, Math.floor((parts.mempages * 4) / 10));
  }

  /** The time that files get, seconds since 1970. @linux CURRENT_TIME */
  now(): number {
    return this.parts.now();
  }

  /** File structs that wait for the next open. @linux files_stat.nr_free_files */
  get nrFreeFiles(): number {
    return this.freeFiles.length;
  }

  /**
   * A file struct: its kernel address; 0 = no memory, or too many open files.
   * @linux 2.4.22 fs/file_table.c get_empty_filp()
   */
  getEmptyFilp(): Addr {
    const { slab, caches } = this.parts;
    const free = this.freeFiles;
    if (free.length > NR_RESERVED_FILES || (free.length > 0 && this.parts.euid() === 0)) {
      return free.pop() as Addr;
    }
    if (this.nrFiles >= this.maxFiles) return 0;
    const filp = slab.kmemCacheAlloc(caches.filp, GFP_KERNEL);
    if (filp !== 0) this.nrFiles++;
    return filp;
  }

  /** Keeps a file struct for the next open. @linux 2.4.22 fs/file_table.c fput(), put_filp() */
  putFilp(filp: Addr): void {
    this.freeFiles.push(filp);
  }

  /** A name; null = no memory. @linux 2.4.22 fs/dcache.c d_alloc() */
  allocDentry(name: string): Dentry | null {
    const { slab, caches } = this.parts;
    const slabAddr = slab.kmemCacheAlloc(caches.dentry, GFP_KERNEL);
    if (slabAddr === 0) return null;
    let long = 0;
    if (name.length > DNAME_INLINE_LEN - 1) {
      long = slab.kmalloc((name.length + DNAME_INLINE_LEN) & ~(DNAME_INLINE_LEN - 1), GFP_KERNEL);
      if (long === 0) {
        slab.kmemCacheFree(caches.dentry, slabAddr);
        return null;
      }
    }
    this.nrDentries++;
    return { slabAddr, name: long };
  }

  /** @linux 2.4.22 fs/dcache.c d_free() */
  freeDentry(dentry: Dentry): void {
    const { slab, caches } = this.parts;
    if (dentry.name !== 0) slab.kfree(dentry.name);
    slab.kmemCacheFree(caches.dentry, dentry.slabAddr);
    this.nrDentries--;
  }

  /** The object of an inode: its address, 0 = no memory. @linux 2.4.22 fs/inode.c alloc_inode() */
  allocInode(): Addr {
    const inode = this.parts.slab.kmemCacheAlloc(this.parts.caches.inode, GFP_KERNEL);
    if (inode !== 0) this.nrInodes++;
    return inode;
  }

  /** @linux 2.4.22 fs/inode.c destroy_inode() */
  freeInode(inode: Addr): void {
    this.parts.slab.kmemCacheFree(this.parts.caches.inode, inode);
    this.nrInodes--;
  }
}
