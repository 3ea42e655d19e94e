/**
 * /proc as a file system: what is in it is made when it is asked for.
 *
 * A file's text is made anew by a read at its beginning, so that who goes back there sees what is true now; the rest of it is what
 * was true then. Names, inodes and texts cost no memory here, though open files do.
 *
 * @linux 2.4.22 fs/proc/generic.c, fs/proc/inode.c
 */
import { copyFromUser, copyToUser } from '../address-space/uaccess.ts';
import type { Vm } from '../address-space/vm.ts';
import { Errno } from '../errno.ts';
import type { Mmu } from '../hardware/mmu.ts';
import type { AddressSpace } from '../page-cache/address-space.ts';
import {
  DirectoryInode,
  type Dirent,
  type MountedFileSystem,
  PagelessInode,
  type Statfs,
} from '../page-cache/directory.ts';
import type { InodeKind } from '../page-cache/inode.ts';
import { FileInode, type InodeOperations, type OpenFile } from '../page-cache/open-file.ts';
import type { VfsObjects } from '../page-cache/vfs-objects.ts';

/** @linux PROC_SUPER_MAGIC */
const PROC_SUPER_MAGIC = 0x9fa0;
const NAME_MAX = 255;
/** What is written at once to a file. */
const WRITE_MOST = 4096;
const ROOT = { uid: 0, gid: 0 };

/** A file of /proc. */
export interface ProcFile {
  readonly kind: 'file';
  readonly ino: number;
  /** Permission bits, default 0444. */
  readonly mode?: number;
  /** Its text or bytes now, or -errno. */
  read(): string | Uint8Array | number;
  /** What was written: 0 or -errno. Absent: it cannot be written. */
  write?(text: string): number;
}
export interface ProcLink {
  readonly kind: 'link';
  readonly ino: number;
  /** Where it leads, or -errno. */
  target(): string | number;
}
export interface ProcDirectory {
  readonly kind: 'directory';
  readonly ino: number;
  /** Permission bits, default 0555. */
  readonly mode?: number;
  names(): Iterable<string>;
  find(name: string): ProcNode | null;
}
export type ProcNode = ProcFile | ProcLink | ProcDirectory;

/** A directory whose entries are known. */
export function procDirectory(ino: number, entries: Readonly<Record<string, ProcNode>>): ProcDirectory {
  return {
    kind: 'directory',
    ino,
    names: () => Object.keys(entries),
    find: (name) => (Object.hasOwn(entries, name) ? (entries[name] as ProcNode) : null),
  };
}

/** What {@link ProcFs} needs of the machine. */
export interface ProcFsParts {
  readonly vm: Vm;
  readonly vfs: VfsObjects;
  readonly dev: number;
  mmu(): Mmu;
}

class ProcInode extends FileInode {
  readonly node: ProcFile;

  constructor(node: ProcFile, dev: number, ops: InodeOperations) {
    super(node.ino, dev, 'regular', node.mode ?? 0o444, ops);
    this.node = node;
    // It has an address_space like every inode, and no page will ever be in it.
    this.mapping = null as unknown as AddressSpace;
  }
}

class ProcLinkInode extends PagelessInode {
  readonly node: ProcLink;

  constructor(node: ProcLink, dev: number) {
    super(node.ino, dev, 'symlink', 0o777, ROOT);
    this.node = node;
  }
}

class ProcDirectoryInode extends DirectoryInode {
  readonly node: ProcDirectory;
  private readonly fs: ProcFs;

  constructor(node: ProcDirectory, dev: number, fs: ProcFs) {
    super(node.ino, dev, node.mode ?? 0o555, ROOT);
    this.node = node;
    this.fs = fs;
  }

  override find(name: string): FileInode | null {
    const node = this.node.find(name);
    return node === null ? null : this.fs.inodeOf(node, this);
  }

  override names(): readonly Dirent[] {
    const names: Dirent[] = [
      { name: '.', ino: this.ino, kind: 'directory' },
      { name: '..', ino: this.parent.ino, kind: 'directory' },
    ];
    for (const name of this.node.names()) {
      const node = this.node.find(name);
      if (node !== null) names.push({ name, ino: node.ino, kind: KINDS[node.kind] });
    }
    return names;
  }

  override nameOf(child: DirectoryInode): string | null {
    const { node } = child as ProcDirectoryInode;
    for (const name of this.node.names()) if (this.node.find(name) === node) return name;
    return null;
  }
}

const KINDS: Readonly<Record<ProcNode['kind'], InodeKind>> = {
  file: 'regular',
  link: 'symlink',
  directory: 'directory',
};

export class ProcFs implements MountedFileSystem, InodeOperations {
  readonly root: DirectoryInode;
  readonly vfs: VfsObjects;
  readonly maxBytes = 0x7fffffff;
  readonly mmapKind = null;
  private readonly parts: ProcFsParts;
  private readonly inodes = new WeakMap<ProcNode, FileInode>();
  private readonly texts = new WeakMap<OpenFile, Uint8Array>();

  constructor(parts: ProcFsParts, root: ProcDirectory) {
    this.parts = parts;
    this.vfs = parts.vfs;
    this.root = new ProcDirectoryInode(root, parts.dev, this);
    this.stamp(this.root);
  }

  /** The inode that a node has. */
  inodeOf(node: ProcNode, parent: DirectoryInode): FileInode {
    const known = this.inodes.get(node);
    if (known !== undefined) return known;
    const inode = this.newInode(node);
    if (inode instanceof DirectoryInode) inode.parent = parent;
    this.stamp(inode);
    this.inodes.set(node, inode);
    return inode;
  }

  private newInode(node: ProcNode): FileInode {
    const { dev } = this.parts;
    if (node.kind === 'directory') return new ProcDirectoryInode(node, dev, this);
    return node.kind === 'link' ? new ProcLinkInode(node, dev) : new ProcInode(node, dev, this);
  }

  private stamp(inode: FileInode): void {
    inode.vfs = this.vfs;
    inode.atime = inode.mtime = inode.ctime = this.vfs.now();
  }

  // ---- files

  readUser(file: OpenFile, addr: number, count: number, position: number): number {
    const { node } = file.inode as ProcInode;
    let text = this.texts.get(file);
    if (text === undefined || position === 0) {
      const made = node.read();
      if (typeof made === 'number') return made;
      text = typeof made === 'string' ? new TextEncoder().encode(made) : made;
      this.texts.set(file, text);
    }
    const piece = text.subarray(position, position + count);
    const left = copyToUser(this.parts.vm, this.parts.mmu(), addr, piece);
    return left > 0 && left === piece.length ? -Errno.EFAULT : piece.length - left;
  }

  writeUser(file: OpenFile, addr: number, count: number): number {
    const { node } = file.inode as ProcInode;
    if (node.write === undefined) return -Errno.EINVAL;
    const bytes = new Uint8Array(Math.min(count, WRITE_MOST));
    if (copyFromUser(this.parts.vm, this.parts.mmu(), bytes, addr) !== 0) return -Errno.EFAULT;
    const error = node.write(new TextDecoder().decode(bytes));
    return error < 0 ? error : bytes.length;
  }

  /** Only programs read it. */
  read(): number {
    return -Errno.EINVAL;
  }
  write(): number {
    return -Errno.EINVAL;
  }

  // ---- names: nobody makes any

  readlink(inode: FileInode): string | number {
    return (inode as ProcLinkInode).node.target();
  }
  create(): number {
    return -Errno.EACCES;
  }
  mkdir(): number {
    return -Errno.EPERM;
  }
  symlink(): number {
    return -Errno.EPERM;
  }
  link(): number {
    return -Errno.EPERM;
  }
  unlink(): number {
    return -Errno.EPERM;
  }
  rmdir(): number {
    return -Errno.EPERM;
  }
  rename(): number {
    return -Errno.EPERM;
  }

  /** @linux 2.4.22 fs/proc/inode.c proc_statfs() */
  statfs(): Statfs {
    const none = { blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
    return { type: PROC_SUPER_MAGIC, bsize: 1024, ...none, namelen: NAME_MAX };
  }

  get busy(): boolean {
    return this.root.users > 0;
  }

  destroy(): void {}
}
