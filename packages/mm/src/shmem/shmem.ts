import type { Vma, VmOperations } from '../address-space/vma.ts';
import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import type { AddressSpaceOperations } from '../page-cache/address-space.ts';
import type { InodeMakers } from '../page-cache/file-system.ts';
import { FMODE, type Inode, NOPAGE_OOM, NOPAGE_SIGBUS } from '../page-cache/inode.ts';
import { type FileInode, fput, OpenFile } from '../page-cache/open-file.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import { evictInode } from '../page-cache/truncate.ts';
import type { VfsObjects } from '../page-cache/vfs-objects.ts';
import type { SwapCache } from '../swap/swap-cache.ts';
import type { Addr, Pfn } from '../types.ts';
import { DevZero } from './dev-zero.ts';
import { ShmemFiles } from './shmem-file.ts';
import { SGP } from './shmem-index.ts';
import { SHMEM_MAX_BYTES, ShmemInode, ShmemSuperblock } from './shmem-inode.ts';
import { ShmemPages, type ShmemRules } from './shmem-pages.ts';

export type { ShmemRules } from './shmem-pages.ts';

/** What shared memory is made of; handed in at boot. */
export interface ShmemParts {
  readonly cache: PageCache;
  /** Where the objects of inodes, names and files come from. */
  readonly vfs: VfsObjects;
  /** The reserved page of zeroes that a read of a hole gives. */
  readonly zeroPage: Pfn;
  readonly rules: ShmemRules;
  /** Size limit of the tmpfs that programs use, pages. @linux totalram_pages / 2 */
  readonly tmpfsPages: number;
  /** Fills the running task's memory with zeros for a read of /dev/zero: bytes, or -EFAULT. */
  readonly readZero?: (addr: Addr, count: number) => number;
  /** @linux mm/mmap.c vm_enough_memory() */
  vmEnoughMemory(pages: number): boolean;
}

/** Devices of the two mounts; the internal one is never seen in a directory. */
const INTERNAL_DEVICE = 0x0004;
const TMPFS_DEVICE = 0x0005;
const UNLIMITED = 0xffffffff;

/**
 * Shared memory: files that live in memory. Named ones (tmpfs), nameless ones (shared anonymous mappings, SysV segments).
 *
 * Reentrancy: {@link getpage} allocates and reads, so reclaim may run inside it, but never on the page that it holds locked.
 *
 * @linux 2.4.22 mm/shmem.c
 */
export class Shmem implements InodeMakers {
  readonly cache: PageCache;
  readonly pages: ShmemPages;
  readonly rules: ShmemRules;
  /** Where the objects of inodes, names and files come from. */
  readonly vfs: VfsObjects;
  /** The mount that programs use. */
  readonly tmpfs: ShmemSuperblock;
  /** The kernel's own mount, without limits. @linux shm_mnt */
  readonly internal = new ShmemSuperblock(INTERNAL_DEVICE, UNLIMITED, UNLIMITED);
  /** What areas of shared memory do. @linux shmem_vm_ops */
  readonly vmOps: VmOperations;
  private readonly parts: ShmemParts;
  private readonly files: ShmemFiles;
  private readonly mappingOps: AddressSpaceOperations;
  private readonly mounted = new Set<ShmemSuperblock>();
  private lastIno = 0;

  constructor(parts: ShmemParts) {
    this.parts = parts;
    this.cache = parts.cache;
    this.rules = parts.rules;
    this.vfs = parts.vfs;
    this.pages = new ShmemPages(parts.cache, parts.rules, parts.zeroPage);
    this.tmpfs = new ShmemSuperblock(TMPFS_DEVICE, parts.tmpfsPages, parts.tmpfsPages);
    for (const superblock of [this.tmpfs, this.internal]) {
      // Its root directory.
      superblock.takeInode();
      superblock.otherInodes++;
      this.mounted.add(superblock);
    }
    this.files = new ShmemFiles(this, parts.zeroPage);
    this.vmOps = { name: 'shmem_vm_ops', nopage: (vma, address) => this.nopage(vma, address) };
    this.mappingOps = {
      ...(parts.rules.hasReadpage && {
        readpage: (inode: Inode, pfn: Pfn) => this.pages.readpage(inode as ShmemInode, pfn),
      }),
      writepage: (inode, pfn) => this.pages.writepage(inode as ShmemInode, pfn),
      removepage: (inode, pfn) => this.pages.removepage(inode as ShmemInode, pfn),
    };
  }

  /** Whether an inode is a file in memory: of shared memory or of a tmpfs. */
  owns(inode: Inode): boolean {
    return inode instanceof ShmemInode;
  }

  /** All mounts. */
  superblocks(): Iterable<ShmemSuperblock> {
    return this.mounted;
  }

  /** A new mount's. */
  newSuperblock(maxBlocks: number, maxInodes: number): ShmemSuperblock {
    let dev = TMPFS_DEVICE;
    const used = new Set([...this.mounted].map((superblock) => superblock.dev));
    while (used.has(dev)) dev++;
    const superblock = new ShmemSuperblock(dev, maxBlocks, maxInodes);
    this.mounted.add(superblock);
    return superblock;
  }

  /** A mount has ended. */
  dropSuperblock(superblock: ShmemSuperblock): void {
    this.mounted.delete(superblock);
  }

  /** The next inode number. @linux new_inode() */
  newIno(): number {
    return ++this.lastIno;
  }

  // ---- inodes

  /**
   * A new empty inode of `superblock`, null when it has no inode left or there is no memory. (2.4 forgets to give the inode
   * back to the mount in the second case.)
   * @linux 2.4.22 mm/shmem.c shmem_get_inode()
   */
  getInode(
    superblock: ShmemSuperblock,
    ino: number,
    kind: 'regular' | 'shm' | 'symlink',
    mode: number,
  ): ShmemInode | null {
    if (!superblock.takeInode()) return null;
    const inode = new ShmemInode(superblock, ino, kind, mode, this.files);
    if (!inode.charge(this.parts.vfs)) {
      superblock.freeInodes++;
      return null;
    }
    inode.mapping = this.cache.newMapping(inode, this.mappingOps, GFP_HIGHUSER);
    inode.onUnused = () => {
      evictInode(this.cache, inode);
      inode.free();
    };
    this.pages.register(inode);
    return inode;
  }

  /** The inode's end: index pages and its place in the file system go. @linux 2.4.22 mm/shmem.c shmem_delete_inode() */
  deleteInode(inode: ShmemInode): void {
    inode.size = 0;
    this.pages.unregister(inode);
    if (inode.blocks !== 0) throw new KernelBug(`tmpfs: inode ${inode.ino} ends with ${inode.blocks} blocks`);
    inode.superblock.freeInodes++;
  }

  newTmpfsInode(ino: number, _dev: number, mode: number): FileInode | number {
    return this.getInode(this.tmpfs, ino, 'regular', mode) ?? -Errno.ENOSPC;
  }

  newDevZero(ino: number, dev: number): FileInode {
    return new DevZero(this.cache, this.parts.zeroPage, this.parts.readZero).newInode(ino, dev);
  }

  // ---- pages

  /** See {@link ShmemPages.getpage}. */
  getpage(inode: ShmemInode, idx: number, sgp: number): Pfn {
    return this.pages.getpage(inode, idx, sgp);
  }

  /** Where pages go when memory is short; null: a machine without swap. */
  get swap(): SwapCache | null {
    return this.pages.swap;
  }
  set swap(swap: SwapCache | null) {
    this.pages.swap = swap;
  }

  /** See {@link ShmemPages.unuse}. */
  unuse(entry: number, pfn: Pfn): boolean {
    return this.pages.unuse(entry, pfn);
  }

  /** The page of an area for a fault. @linux 2.4.22 mm/shmem.c shmem_nopage() */
  nopage(vma: Vma, address: Addr): Pfn {
    const inode = (vma.vmFile as { inode: Inode }).inode as ShmemInode;
    const idx = (((address - vma.vmStart) >>> 12) + vma.vmPgoff) >>> 0;
    const pfn = this.getpage(inode, idx, SGP.cache);
    if (pfn < 0) return this.nopageError(pfn);
    if (this.parts.rules.marksAccessed) this.cache.markPageAccessed(pfn);
    return pfn;
  }

  private nopageError(error: number): Pfn {
    const full = error === -Errno.ENOSPC && this.rules.fullIsOutOfMemory;
    return error === -Errno.ENOMEM || full ? NOPAGE_OOM : NOPAGE_SIGBUS;
  }

  // ---- files without a name

  /**
   * An open, already deleted file of `size` bytes.
   * @param name what /proc/PID/maps shows behind the slash
   * @returns the file, or -EINVAL (too large), -ENOMEM (overcommit, or none for a name), -ENFILE (too many files, or no
   *   memory for one more), -ENOSPC (no memory for an inode)
   * @linux 2.4.22 mm/shmem.c shmem_file_setup()
   */
  fileSetup(name: string, size: number): OpenFile | number {
    if (size > SHMEM_MAX_BYTES) return -Errno.EINVAL;
    if (!this.parts.vmEnoughMemory(Math.ceil(size / 4096))) return -Errno.ENOMEM;
    const { vfs } = this.parts;
    const dentry = vfs.allocDentry(name);
    if (dentry === null) return -Errno.ENOMEM;
    // Mappings of ours may run out before the kernel's file structs do.
    const filp = this.cache.hasRoomForMapping ? vfs.getEmptyFilp() : 0;
    const inode = filp === 0 ? null : this.getInode(this.internal, ++this.lastIno, 'shm', 0o777);
    if (inode === null) {
      if (filp !== 0) vfs.putFilp(filp);
      vfs.freeDentry(dentry);
      return filp === 0 ? -Errno.ENFILE : -Errno.ENOSPC;
    }
    inode.dentry = dentry;
    inode.size = size;
    inode.nlink = 0;
    return new OpenFile(inode, `/${name}`, FMODE.read | FMODE.write, false, true, false, filp);
  }

  /**
   * Backs an area with a new file of its size: MAP_SHARED of anonymous memory or of /dev/zero. 0 or -errno.
   * @linux 2.4.22 mm/shmem.c shmem_zero_setup()
   */
  zeroSetup(vma: Vma): number {
    const file = this.fileSetup('dev/zero', vma.vmEnd - vma.vmStart);
    if (typeof file === 'number') return file;
    if (vma.vmFile !== null) fput(vma.vmFile);
    vma.vmFile = file;
    vma.vmOps = this.vmOps;
    return 0;
  }

  /** mmap of a file of shared memory: 0. @linux 2.4.22 mm/shmem.c shmem_mmap(), ipc/shm.c shm_mmap() */
  mmap(vma: Vma): number {
    const inode = (vma.vmFile as { inode: Inode }).inode as ShmemInode;
    if (inode.onMmap !== null) return inode.onMmap(vma);
    vma.vmOps = this.vmOps;
    return 0;
  }

  /** Keeps a file's pages in memory, or lets them go. @linux 2.4.22 mm/shmem.c shmem_lock() */
  lock(file: OpenFile, locked: boolean): void {
    (file.inode as ShmemInode).locked = locked;
  }
}
