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
import { failWritepage } from '../page-cache/write-back.ts';
import { PG } from '../physical/mem-map.ts';
import type { Addr, Pfn } from '../types.ts';
import { DevZero } from './dev-zero.ts';
import { ShmemFiles } from './shmem-file.ts';
import { SGP, ShmemIndex } from './shmem-index.ts';
import { SHMEM_MAX_BYTES, SHMEM_MAX_INDEX, ShmemInode, ShmemSuperblock } from './shmem-inode.ts';

/** What differs between releases in this room. */
export interface ShmemRules {
  /** 2.4.22: index pages count against the size of the file system. */
  readonly chargesIndexPages: boolean;
  /** 2.4.22: a fault on a page marks it accessed. */
  readonly nopageMarksAccessed: boolean;
}

/** What shared memory is made of; handed in at boot. */
export interface ShmemParts {
  readonly cache: PageCache;
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
 * Reentrancy: {@link getpage} allocates, so reclaim may run inside it, but never on the page that it holds locked.
 *
 * @linux 2.4.22 mm/shmem.c
 */
export class Shmem implements InodeMakers {
  readonly cache: PageCache;
  readonly index: ShmemIndex;
  /** The mount that programs use. */
  readonly tmpfs: ShmemSuperblock;
  /** The kernel's own mount, without limits. @linux shm_mnt */
  readonly internal = new ShmemSuperblock(INTERNAL_DEVICE, UNLIMITED, UNLIMITED);
  /** What areas of shared memory do. @linux shmem_vm_ops */
  readonly vmOps: VmOperations;
  private readonly parts: ShmemParts;
  private readonly files: ShmemFiles;
  private readonly mappingOps: AddressSpaceOperations;
  private lastIno = 0;

  constructor(parts: ShmemParts) {
    this.parts = parts;
    this.cache = parts.cache;
    const { memory, allocator } = parts.cache;
    this.index = new ShmemIndex(memory, allocator, parts.rules.chargesIndexPages);
    this.tmpfs = new ShmemSuperblock(TMPFS_DEVICE, parts.tmpfsPages, parts.tmpfsPages);
    this.files = new ShmemFiles(this, parts.zeroPage);
    this.vmOps = { name: 'shmem_vm_ops', nopage: (vma, address) => this.nopage(vma, address) };
    this.mappingOps = {
      readpage: (inode, pfn) => this.readpage(inode as ShmemInode, pfn),
      writepage: (_inode, pfn) => failWritepage(this.cache, pfn),
      removepage: (inode, pfn) => this.removepage(inode as ShmemInode, pfn),
    };
  }

  // ---- inodes

  /** A new empty inode of `superblock`, null when it has no inode left. @linux 2.4.22 mm/shmem.c shmem_get_inode() */
  getInode(
    superblock: ShmemSuperblock,
    ino: number,
    kind: 'regular' | 'shm',
    mode: number,
  ): ShmemInode | null {
    if (superblock.freeInodes === 0) return null;
    superblock.freeInodes--;
    const inode = new ShmemInode(superblock, ino, kind, mode, this.files);
    inode.mapping = this.cache.newMapping(inode, this.mappingOps, GFP_HIGHUSER);
    inode.onUnused = () => evictInode(this.cache, inode);
    return inode;
  }

  /** The inode's end: index pages and its place in the file system go. @linux 2.4.22 mm/shmem.c shmem_delete_inode() */
  deleteInode(inode: ShmemInode): void {
    inode.size = 0;
    this.index.truncate(inode, 0);
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

  /**
   * The page `idx` of a file, with a reference.
   * @param sgp {@link SGP}
   * @returns a frame (the zero page for a hole that is only read); or -EFBIG beyond what a file can have, -EINVAL beyond
   *   the size, -ENOSPC over the file system's limit, -ENOMEM
   * @linux 2.4.22 mm/shmem.c shmem_getpage()
   */
  getpage(inode: ShmemInode, idx: number, sgp: number): Pfn {
    if (idx >= SHMEM_MAX_INDEX) return -Errno.EFBIG;
    const { cache } = this;
    const { allocator } = cache;
    for (;;) {
      const found = cache.findLockPage(inode.mapping, idx);
      if (found !== 0) {
        const error = cache.testFlags(found, PG.uptodate) ? 0 : this.makeUptodate(inode, found, idx, sgp);
        cache.unlockPage(found);
        if (error === 0) return found;
        allocator.putPage(found);
        return error;
      }
      const place = this.index.alloc(inode, idx, sgp);
      if (place < 0) return place;
      this.refuseSwapped(inode, place);
      if (sgp === SGP.read) return this.parts.zeroPage;
      if (inode.superblock.freeBlocks === 0) return -Errno.ENOSPC;
      inode.chargeBlock();
      const pfn = allocator.allocPages(inode.mapping.gfpMask, 0);
      if (pfn === 0) {
        inode.freeBlocks(1);
        return -Errno.ENOMEM;
      }
      // Reclaim may have run: somebody may have made the page, or cut the file short.
      const again = this.index.alloc(inode, idx, sgp);
      if (again < 0 || !cache.addToPageCacheUnique(pfn, inode.mapping, idx)) {
        allocator.putPage(pfn);
        inode.freeBlocks(1);
        if (again < 0) return again;
        continue;
      }
      cache.memory.clearUser(pfn);
      cache.setFlags(pfn, PG.uptodate);
      cache.unlockPage(pfn);
      return pfn;
    }
  }

  /** Gives a locked page that was put into the cache by somebody else its contents and its charge: 0 or -errno. */
  private makeUptodate(inode: ShmemInode, pfn: Pfn, idx: number, sgp: number): number {
    const place = this.index.alloc(inode, idx, sgp);
    if (place < 0) return place;
    this.refuseSwapped(inode, place);
    if (inode.superblock.freeBlocks === 0) return -Errno.ENOSPC;
    inode.chargeBlock();
    this.cache.memory.clearUser(pfn);
    this.cache.setFlags(pfn, PG.uptodate);
    return 0;
  }

  private refuseSwapped(inode: ShmemInode, place: number): void {
    if (place !== 0 && this.index.entryAt(inode, place) !== 0) {
      throw new KernelBug(
        `tmpfs: inode ${inode.ino} has a page in swap, and nothing swaps shared memory out`,
      );
    }
  }

  /**
   * Fills a page that read-ahead (MADV_WILLNEED) has put into the cache. One that tmpfs has no room for leaves the cache at
   * once: the kernel keeps it there uncharged, and counts a block too many when it goes.
   * @linux 2.4.22 mm/shmem.c shmem_readpage()
   */
  private readpage(inode: ShmemInode, pfn: Pfn): number {
    const { cache } = this;
    const index = (cache.memMap.index[pfn] as number) >>> 0;
    const error = this.makeUptodate(inode, pfn, index, SGP.cache);
    if (error !== 0) {
      cache.lruCacheDel(pfn);
      // Makes good in advance what removepage gives back.
      inode.freeBlocks(-1);
      cache.removeInodePage(pfn);
      cache.allocator.putPage(pfn);
    }
    cache.unlockPage(pfn);
    return error;
  }

  /** A page leaves the cache for good, unless it moves to swap. @linux 2.4.22 mm/shmem.c shmem_removepage() */
  private removepage(inode: ShmemInode, pfn: Pfn): void {
    if (!this.cache.testFlags(pfn, PG.launder)) inode.freeBlocks(1);
  }

  /** The page of an area for a fault. @linux 2.4.22 mm/shmem.c shmem_nopage() */
  nopage(vma: Vma, address: Addr): Pfn {
    const inode = (vma.vmFile as { inode: Inode }).inode as ShmemInode;
    const idx = (((address - vma.vmStart) >>> 12) + vma.vmPgoff) >>> 0;
    const pfn = this.getpage(inode, idx, SGP.cache);
    if (pfn < 0) return pfn === -Errno.ENOMEM ? NOPAGE_OOM : NOPAGE_SIGBUS;
    if (this.parts.rules.nopageMarksAccessed) this.cache.markPageAccessed(pfn);
    return pfn;
  }

  // ---- files without a name

  /**
   * An open, already deleted file of `size` bytes.
   * @param name what /proc/PID/maps shows behind the slash
   * @returns the file, or -EINVAL (too large), -ENOMEM (overcommit), -ENFILE, -ENOSPC
   * @linux 2.4.22 mm/shmem.c shmem_file_setup()
   */
  fileSetup(name: string, size: number): OpenFile | number {
    if (size > SHMEM_MAX_BYTES) return -Errno.EINVAL;
    if (!this.parts.vmEnoughMemory(Math.ceil(size / 4096))) return -Errno.ENOMEM;
    // The kernel runs out of file structures here, we out of mappings.
    if (!this.cache.hasRoomForMapping) return -Errno.ENFILE;
    const inode = this.getInode(this.internal, ++this.lastIno, 'shm', 0o777);
    if (inode === null) return -Errno.ENOSPC;
    inode.size = size;
    inode.nlink = 0;
    return new OpenFile(inode, `/${name}`, FMODE.read | FMODE.write, false, true);
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
