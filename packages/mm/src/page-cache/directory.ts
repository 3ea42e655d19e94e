import { Errno } from '../errno.ts';
import type { AddressSpace } from './address-space.ts';
import type { InodeKind } from './inode.ts';
import { FileInode, type InodeOperations } from './open-file.ts';
import type { Dentry, VfsObjects } from './vfs-objects.ts';

/** Who makes a file: it becomes his. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What statfs tells of a file system. @linux struct statfs */
export interface Statfs {
  /** Magic number of its kind. */
  readonly type: number;
  /** Bytes of a block. */
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  /** Longest name. */
  readonly namelen: number;
}

/** A name in a directory. */
export interface Link {
  readonly inode: FileInode;
  readonly dentry: Dentry | null;
}

/** A name that getdents tells. @linux struct linux_dirent64 */
export interface Dirent {
  readonly ino: number;
  readonly name: string;
  /** Absent: it has to be asked for. @linux d_type */
  readonly kind?: InodeKind;
}

/** Neither read nor write work on what is no file. */
export const NO_FILE: InodeOperations = {
  maxBytes: 0,
  mmapKind: null,
  read: () => -Errno.EISDIR,
  write: () => -Errno.EBADF,
};

/** An inode without pages: a directory, or a link whose target fits into the inode. */
export class PagelessInode extends FileInode {
  constructor(
    ino: number,
    dev: number,
    kind: 'directory' | 'symlink',
    mode: number,
    owner: Owner,
    ops: InodeOperations = NO_FILE,
  ) {
    super(ino, dev, kind, mode, ops);
    this.uid = owner.uid;
    this.gid = owner.gid;
    // It has an address_space like every inode, and no page will ever be in it.
    this.mapping = null as unknown as AddressSpace;
  }
}

/** A directory. Its names are in memory, nowhere else. */
export class DirectoryInode extends PagelessInode {
  /** Names, oldest first. */
  readonly links = new Map<string, Link>();
  /** The directory above; the root's is itself. */
  parent: DirectoryInode = this;

  constructor(ino: number, dev: number, mode: number, owner: Owner, ops?: InodeOperations) {
    super(ino, dev, 'directory', mode, owner, ops);
    this.nlink = 2;
  }

  /** What a name names, null = nothing. */
  find(name: string): FileInode | null {
    return this.links.get(name)?.inode ?? null;
  }

  /** All names, as getdents tells them, with `.` and `..`; null: those of {@link links}. */
  names(): readonly Dirent[] | null {
    return null;
  }

  /** By which name it has a directory; null: it has it no more. */
  nameOf(child: DirectoryInode): string | null {
    for (const [name, { inode }] of this.links) if (inode === child) return name;
    return null;
  }

  /** Whether this is `other` or lies below it. */
  isBelow(other: DirectoryInode): boolean {
    for (let at: DirectoryInode = this; ; at = at.parent) {
      if (at === other) return true;
      if (at.parent === at) return false;
    }
  }
}

/** A file system with directories, at a place in the tree. Results < 0 are errnos; names were looked up before. */
export interface MountedFileSystem {
  readonly root: DirectoryInode;
  /** Where the objects of names come from. */
  readonly vfs: VfsObjects;
  /** A new empty file. */
  create(dir: DirectoryInode, name: string, mode: number, owner: Owner): FileInode | number;
  mkdir(dir: DirectoryInode, name: string, mode: number, owner: Owner): DirectoryInode | number;
  symlink(dir: DirectoryInode, name: string, target: string, owner: Owner): FileInode | number;
  /** What a symbolic link points to. */
  readlink(inode: FileInode): string | number;
  /** Gives a file one more name. */
  link(inode: FileInode, dir: DirectoryInode, name: string): number;
  /** Takes a name away that is no directory's. */
  unlink(dir: DirectoryInode, name: string): number;
  rmdir(dir: DirectoryInode, name: string): number;
  /** Moves a name; one that is there already goes. */
  rename(oldDir: DirectoryInode, oldName: string, newDir: DirectoryInode, newName: string): number;
  statfs(): Statfs;
  /** Something is mounted at a directory: it stays in memory until {@link letGo}. Not for those whose names all are in memory. */
  hold?(directory: DirectoryInode): void;
  letGo?(directory: DirectoryInode): void;
  /** A walk along a path is over: what it found may go again. */
  settle?(): void;
  /** Whether somebody uses one of its files. */
  readonly busy: boolean;
  /** Drops everything. */
  destroy(): void;
}
