import { Errno } from '../errno.ts';
import {
  DirectoryInode,
  type Link,
  type MountedFileSystem,
  type Owner,
  PagelessInode,
  type Statfs,
} from '../page-cache/directory.ts';
import type { FileInode } from '../page-cache/open-file.ts';
import type { VfsObjects } from '../page-cache/vfs-objects.ts';
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

/** A short link: what it points to lies in the inode. */
class InlineLink extends PagelessInode {
  readonly target: string;

  constructor(ino: number, dev: number, owner: Owner, target: string) {
    super(ino, dev, 'symlink', 0o777, owner);
    this.target = target;
    this.size = byteLength(target);
  }
}

/**
 * A mounted tmpfs: directories in memory, files in the page cache and in swap.
 *
 * Its limits count pages (data, and in 2.4.22 the pages of the indexes) and inodes, directories and links among them. A
 * symbolic link that fits into the inode costs no page.
 *
 * @linux 2.4.22 mm/shmem.c shmem_dir_inode_operations
 */
export class Tmpfs implements MountedFileSystem {
  readonly root: DirectoryInode;
  readonly superblock: ShmemSuperblock;
  readonly vfs: VfsObjects;
  private readonly shmem: Shmem;

  private constructor(shmem: Shmem, superblock: ShmemSuperblock, root: DirectoryInode) {
    this.shmem = shmem;
    this.superblock = superblock;
    this.vfs = shmem.vfs;
    this.root = root;
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
    root.size = 2 * BOGO_DIRENT_SIZE;
    return new Tmpfs(shmem, superblock, root);
  }

  create(dir: DirectoryInode, name: string, mode: number, owner: Owner): FileInode | number {
    return this.add(dir, name, () => {
      const inode = this.shmem.getInode(this.superblock, this.shmem.newIno(), 'regular', mode);
      if (inode === null) return -Errno.ENOSPC;
      inode.uid = owner.uid;
      inode.gid = owner.gid;
      return inode;
    });
  }

  mkdir(dir: DirectoryInode, name: string, mode: number, owner: Owner): DirectoryInode | number {
    const made = this.add(dir, name, () => {
      const directory = takePageless(this.shmem, this.superblock, (ino) => {
        return new DirectoryInode(ino, this.superblock.dev, mode, owner);
      });
      return directory ?? -Errno.ENOSPC;
    });
    if (typeof made === 'number') return made;
    const directory = made as DirectoryInode;
    directory.size = 2 * BOGO_DIRENT_SIZE;
    directory.parent = dir;
    dir.nlink++;
    return directory;
  }

  /** A target that does not fit into the inode takes a page. @linux 2.4.22 mm/shmem.c shmem_symlink() */
  symlink(dir: DirectoryInode, name: string, target: string, owner: Owner): FileInode | number {
    const bytes = byteLength(target) + 1;
    if (bytes > 4096) return -Errno.ENAMETOOLONG;
    return this.add(dir, name, () => {
      if (bytes > this.shmem.rules.inlineLinkBytes) return this.longLink(target, owner);
      const { dev } = this.superblock;
      const link = takePageless(
        this.shmem,
        this.superblock,
        (ino) => new InlineLink(ino, dev, owner, target),
      );
      return link ?? -Errno.ENOSPC;
    });
  }

  private longLink(target: string, owner: Owner): ShmemInode | number {
    const { shmem } = this;
    const inode = shmem.getInode(this.superblock, shmem.newIno(), 'symlink', 0o777);
    if (inode === null) return -Errno.ENOSPC;
    inode.uid = owner.uid;
    inode.gid = owner.gid;
    inode.size = byteLength(target);
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

  link(inode: FileInode, dir: DirectoryInode, name: string): number {
    const dentry = this.vfs.allocDentry(name);
    if (dentry === null) return -Errno.ENOMEM;
    dir.size += BOGO_DIRENT_SIZE;
    inode.nlink++;
    dir.links.set(name, { inode, dentry });
    return 0;
  }

  unlink(dir: DirectoryInode, name: string): number {
    const link = dir.links.get(name) as Link;
    dir.size -= BOGO_DIRENT_SIZE;
    dir.links.delete(name);
    const { inode, dentry } = link;
    inode.nlink--;
    // An open file holds its name, too.
    if (dentry !== null) {
      if (inode.users > 0 && inode.dentry === null) inode.dentry = dentry;
      else this.vfs.freeDentry(dentry);
    }
    inode.put();
    return 0;
  }

  rmdir(dir: DirectoryInode, name: string): number {
    const directory = dir.find(name) as DirectoryInode;
    if (directory.links.size > 0) return -Errno.ENOTEMPTY;
    dir.nlink--;
    directory.nlink = 1;
    return this.unlink(dir, name);
  }

  rename(oldDir: DirectoryInode, oldName: string, newDir: DirectoryInode, newName: string): number {
    const link = oldDir.links.get(oldName) as Link;
    const target = newDir.find(newName);
    if (target instanceof DirectoryInode && target.links.size > 0) return -Errno.ENOTEMPTY;
    const moves = link.inode instanceof DirectoryInode;
    const dentry = this.vfs.allocDentry(newName);
    if (dentry === null) return -Errno.ENOMEM;
    if (target !== null) {
      if (target instanceof DirectoryInode) target.nlink = 1;
      this.unlink(newDir, newName);
      if (moves) oldDir.nlink--;
    } else if (moves) {
      oldDir.nlink--;
      newDir.nlink++;
    }
    oldDir.size -= BOGO_DIRENT_SIZE;
    newDir.size += BOGO_DIRENT_SIZE;
    oldDir.links.delete(oldName);
    if (link.dentry !== null) this.vfs.freeDentry(link.dentry);
    newDir.links.set(newName, { inode: link.inode, dentry });
    if (link.inode instanceof DirectoryInode) link.inode.parent = newDir;
    return 0;
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

  get busy(): boolean {
    return this.root.users > 0 || hasUsers(this.root);
  }

  destroy(): void {
    this.drop(this.root);
    this.root.nlink = 0;
    this.root.put();
    this.shmem.dropSuperblock(this.superblock);
  }

  private drop(directory: DirectoryInode): void {
    for (const [name, { inode }] of directory.links) {
      if (inode instanceof DirectoryInode) {
        this.drop(inode);
        this.rmdir(directory, name);
      } else {
        this.unlink(directory, name);
      }
    }
  }

  /** A new name for what `make` gives; nothing is left behind when that fails. */
  private add(dir: DirectoryInode, name: string, make: () => FileInode | number): FileInode | number {
    const dentry = this.vfs.allocDentry(name);
    if (dentry === null) return -Errno.ENOMEM;
    const inode = make();
    if (typeof inode === 'number') {
      this.vfs.freeDentry(dentry);
      return inode;
    }
    dir.size += BOGO_DIRENT_SIZE;
    dir.links.set(name, { inode, dentry });
    return inode;
  }
}

function hasUsers(directory: DirectoryInode): boolean {
  for (const { inode } of directory.links.values()) {
    if (inode.users > 0) return true;
    if (inode instanceof DirectoryInode && hasUsers(inode)) return true;
  }
  return false;
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

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
