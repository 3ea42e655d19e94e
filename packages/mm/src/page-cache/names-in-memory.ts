import { Errno } from '../errno.ts';
import { DirectoryInode, type Link, type MountedFileSystem, type Owner, type Statfs } from './directory.ts';
import type { FileInode } from './open-file.ts';
import type { VfsObjects } from './vfs-objects.ts';

/**
 * A file system whose names are in memory and nowhere else: what tmpfs and ramfs have in common. A name pins its inode.
 *
 * @linux 2.4.22 mm/shmem.c shmem_dir_inode_operations, fs/ramfs/inode.c ramfs_dir_inode_operations
 */
export abstract class NamesInMemory implements MountedFileSystem {
  readonly root: DirectoryInode;
  readonly vfs: VfsObjects;
  /** Bytes that each name adds to its directory's size: a made-up number. @linux BOGO_DIRENT_SIZE */
  protected readonly entrySize: number;

  /** @param root is new: it gets its times and size here */
  protected constructor(vfs: VfsObjects, root: DirectoryInode, entrySize: number) {
    this.vfs = vfs;
    this.root = root;
    this.entrySize = entrySize;
    root.size = 2 * entrySize;
    this.stamp(root);
  }

  /** A new file without a name, or -errno. */
  protected abstract newFile(mode: number, owner: Owner): FileInode | number;
  /** A new directory without a name, or -errno. */
  protected abstract newDirectory(mode: number, owner: Owner): DirectoryInode | number;
  /** A new symbolic link without a name, or -errno. */
  protected abstract newLink(target: string, owner: Owner): FileInode | number;
  abstract readlink(inode: FileInode): string | number;
  abstract statfs(): Statfs;

  create(dir: DirectoryInode, name: string, mode: number, owner: Owner): FileInode | number {
    return this.add(dir, name, () => this.newFile(mode, owner));
  }

  mkdir(dir: DirectoryInode, name: string, mode: number, owner: Owner): DirectoryInode | number {
    const made = this.add(dir, name, () => this.newDirectory(mode, owner));
    if (typeof made === 'number') return made;
    const directory = made as DirectoryInode;
    directory.size = 2 * this.entrySize;
    directory.parent = dir;
    dir.nlink++;
    return directory;
  }

  symlink(dir: DirectoryInode, name: string, target: string, owner: Owner): FileInode | number {
    if (utf8Bytes(target) + 1 > 4096) return -Errno.ENAMETOOLONG;
    return this.add(dir, name, () => this.newLink(target, owner));
  }

  link(inode: FileInode, dir: DirectoryInode, name: string): number {
    const dentry = this.vfs.allocDentry(name);
    if (dentry === null) return -Errno.ENOMEM;
    inode.nlink++;
    inode.ctime = this.vfs.now();
    this.enter(dir, name, { inode, dentry });
    return 0;
  }

  unlink(dir: DirectoryInode, name: string): number {
    const link = dir.links.get(name);
    if (link === undefined) return -Errno.EPERM;
    this.leave(dir, name);
    const { inode, dentry } = link;
    inode.nlink--;
    inode.ctime = this.vfs.now();
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
    const link = oldDir.links.get(oldName);
    if (link === undefined) return -Errno.EPERM;
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
    this.leave(oldDir, oldName);
    if (link.dentry !== null) this.vfs.freeDentry(link.dentry);
    this.enter(newDir, newName, { inode: link.inode, dentry });
    link.inode.ctime = this.vfs.now();
    if (link.inode instanceof DirectoryInode) link.inode.parent = newDir;
    return 0;
  }

  get busy(): boolean {
    return this.root.users > 0 || hasUsers(this.root);
  }

  destroy(): void {
    this.drop(this.root);
    this.root.nlink = 0;
    this.root.put();
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
    this.stamp(inode);
    this.enter(dir, name, { inode, dentry });
    return inode;
  }

  private enter(dir: DirectoryInode, name: string, link: Link): void {
    dir.size += this.entrySize;
    dir.links.set(name, link);
    dir.mtime = dir.ctime = this.vfs.now();
  }

  private leave(dir: DirectoryInode, name: string): void {
    dir.size -= this.entrySize;
    dir.links.delete(name);
    dir.mtime = dir.ctime = this.vfs.now();
  }

  private stamp(inode: FileInode): void {
    inode.atime = inode.mtime = inode.ctime = this.vfs.now();
  }
}

function hasUsers(directory: DirectoryInode): boolean {
  for (const { inode } of directory.links.values()) {
    if (inode.users > 0) return true;
    if (inode instanceof DirectoryInode && hasUsers(inode)) return true;
  }
  return false;
}

/** Bytes of a text as file systems store it. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
