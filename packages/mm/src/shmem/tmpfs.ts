import { Errno } from '../errno.ts';
import { DirectoryInode, type Owner, type PagelessInode, type Statfs } from '../page-cache/directory.ts';
import { NamesInMemory, utf8Bytes } from '../page-cache/names-in-memory.ts';
import type { FileInode } from '../page-cache/open-file.ts';
import { InlineLink } from '../page-cache/ram-fs.ts';
import { PG } from '../physical/mem-map.ts';
import type { Shmem } from './shmem.ts';
import { SGP } from './shmem-index.ts';
import type { ShmemInode, ShmemSuperblock } from './shmem-inode.ts';
import type { TmpfsOptions } from './tmpfs-options.ts';

/** @linux TMPFS_MAGIC */
export const TMPFS_MAGIC = 0x01021994;
/** Bytes that each name adds to its directory's size: a made-up number. @linux BOGO_DIRENT_SIZE */
const BOGO_DIRENT_SIZE = 20;
const NAME_MAX = 255;

/**
 * A mounted tmpfs: directories in memory, files in the page cache and in swap.
 *
 * Its limits count pages (data, and in 2.4.22 the pages of the indexes) and inodes, directories and links among them. A
 * symbolic link that fits into the inode costs no page.
 *
 * @linux 2.4.22 mm/shmem.c shmem_dir_inode_operations
 */
export class Tmpfs extends NamesInMemory {
  readonly superblock: ShmemSuperblock;
  private readonly shmem: Shmem;

  private constructor(shmem: Shmem, superblock: ShmemSuperblock, root: DirectoryInode) {
    super(shmem.vfs, root, BOGO_DIRENT_SIZE);
    this.shmem = shmem;
    this.superblock = superblock;
  }

  /**
   * A new, empty file system; null: there is not even an inode for its root.
   * @linux 2.4.22 mm/shmem.c shmem_read_super()
   */
  static mount(shmem: Shmem, options: TmpfsOptions): Tmpfs | null {
    const superblock = shmem.newSuperblock(options.blocks, options.inodes);
    const root = takePageless(shmem, superblock, (ino) => {
      return new DirectoryInode(ino, superblock.dev, options.mode, options);
    });
    if (root === null) {
      shmem.dropSuperblock(superblock);
      return null;
    }
    return new Tmpfs(shmem, superblock, root);
  }

  protected newFile(mode: number, owner: Owner): FileInode | number {
    const inode = this.shmem.getInode(this.superblock, this.shmem.newIno(), 'regular', mode);
    if (inode === null) return -Errno.ENOSPC;
    inode.uid = owner.uid;
    inode.gid = owner.gid;
    return inode;
  }

  protected newDirectory(mode: number, owner: Owner): DirectoryInode | number {
    const { dev } = this.superblock;
    const made = takePageless(
      this.shmem,
      this.superblock,
      (ino) => new DirectoryInode(ino, dev, mode, owner),
    );
    return made ?? -Errno.ENOSPC;
  }

  /** A target that does not fit into the inode takes a page. @linux 2.4.22 mm/shmem.c shmem_symlink() */
  protected newLink(target: string, owner: Owner): FileInode | number {
    const { shmem, superblock } = this;
    if (utf8Bytes(target) + 1 > shmem.rules.inlineLinkBytes) return this.longLink(target, owner);
    const { dev } = superblock;
    const link = takePageless(shmem, superblock, (ino) => new InlineLink(ino, dev, owner, target));
    return link ?? -Errno.ENOSPC;
  }

  private longLink(target: string, owner: Owner): ShmemInode | number {
    const { shmem } = this;
    const inode = shmem.getInode(this.superblock, shmem.newIno(), 'symlink', 0o777);
    if (inode === null) return -Errno.ENOSPC;
    inode.uid = owner.uid;
    inode.gid = owner.gid;
    inode.size = utf8Bytes(target);
    const pfn = shmem.getpage(inode, 0, SGP.write);
    if (pfn < 0) {
      inode.nlink = 0;
      inode.put();
      return pfn;
    }
    const { memory } = shmem.cache;
    inode.target = target;
    if (!memory.contentFree) {
      memory.bytes.set(new TextEncoder().encode(`${target}\0`), memory.base(pfn) * 4);
    }
    shmem.cache.setFlags(pfn, PG.dirty);
    shmem.cache.allocator.putPage(pfn);
    return inode;
  }

  /** @returns the target; or, of a link with a page, -ENOMEM, -EIO. @linux 2.4.22 mm/shmem.c shmem_readlink() */
  readlink(inode: FileInode): string | number {
    if (inode instanceof InlineLink) return inode.target;
    const { shmem } = this;
    const link = inode as ShmemInode;
    const pfn = shmem.getpage(link, 0, SGP.read);
    if (pfn < 0) return pfn;
    const { memory } = shmem.cache;
    const start = memory.base(pfn) * 4;
    const target = memory.contentFree
      ? link.target
      : new TextDecoder().decode(memory.bytes.slice(start, start + inode.size));
    if (shmem.rules.marksAccessed) shmem.cache.markPageAccessed(pfn);
    shmem.cache.allocator.putPage(pfn);
    return target;
  }

  /** @linux 2.4.22 mm/shmem.c shmem_statfs() */
  statfs(): Statfs {
    const { maxBlocks, freeBlocks, maxInodes, freeInodes } = this.superblock;
    return {
      type: TMPFS_MAGIC,
      bsize: 4096,
      blocks: maxBlocks,
      bfree: freeBlocks,
      bavail: freeBlocks,
      files: maxInodes,
      ffree: freeInodes,
      namelen: NAME_MAX,
    };
  }

  override destroy(): void {
    super.destroy();
    this.shmem.dropSuperblock(this.superblock);
  }
}

/** An inode without pages; null when the mount has none left, or there is no memory. */
function takePageless<T extends PagelessInode>(
  shmem: Shmem,
  superblock: ShmemSuperblock,
  make: (ino: number) => T,
): T | null {
  if (!superblock.takeInode()) return null;
  const inode = make(shmem.newIno());
  if (!inode.charge(shmem.vfs)) {
    superblock.freeInodes++;
    return null;
  }
  superblock.otherInodes++;
  inode.onUnused = () => {
    superblock.otherInodes--;
    superblock.freeInodes++;
    inode.free();
  };
  return inode;
}
