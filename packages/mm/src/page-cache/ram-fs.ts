import { Errno } from '../errno.ts';
import { DirectoryInode, NO_FILE, type Owner, PagelessInode, type Statfs } from './directory.ts';
import { NamesInMemory, utf8Bytes } from './names-in-memory.ts';
import type { FileInode } from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import { RamFiles } from './ram-file.ts';
import { evictInode } from './truncate.ts';
import type { VfsObjects } from './vfs-objects.ts';

/** @linux RAMFS_MAGIC */
export const RAMFS_MAGIC = 0x858458f6;
const NAME_MAX = 255;

/** A link whose target lies in the inode. */
export class InlineLink extends PagelessInode {
  readonly target: string;

  constructor(ino: number, dev: number, owner: Owner, target: string) {
    super(ino, dev, 'symlink', 0o777, owner, NO_FILE);
    this.target = target;
    this.size = utf8Bytes(target);
  }
}

/** The rooms of a {@link RamFs}. */
export interface RamFsParts {
  readonly cache: PageCache;
  readonly vfs: VfsObjects;
  /** Device that its files show, major << 8 | minor. */
  readonly dev: number;
  /** Its root; absent: an ordinary directory of root's with mode 0755. */
  readonly root?: DirectoryInode;
}

/**
 * A file system in the page cache: its files' pages are never written anywhere, and stay until the file goes. It has no limits.
 * What real ramfs keeps in a page, the target of a symbolic link, is in the inode here.
 *
 * @linux 2.4.22 fs/ramfs/inode.c
 */
export class RamFs extends NamesInMemory {
  private readonly files: RamFiles;
  private readonly cache: PageCache;
  private readonly dev: number;
  private nextIno = 2;

  private constructor({ cache, vfs, dev }: RamFsParts, root: DirectoryInode) {
    super(vfs, root, 0);
    this.cache = cache;
    this.files = new RamFiles(cache, vfs);
    this.dev = dev;
  }

  /** A new, empty file system; null: there is no memory for its root's inode. */
  static mount(parts: RamFsParts): RamFs | null {
    const root = parts.root ?? new DirectoryInode(1, parts.dev, 0o755, { uid: 0, gid: 0 });
    if (!root.charge(parts.vfs)) return null;
    root.onUnused = (inode) => inode.free();
    return new RamFs(parts, root);
  }

  protected newFile(mode: number, owner: Owner): FileInode | number {
    const inode = this.files.newInode(this.nextIno++, this.dev, mode);
    if (inode === null) return -Errno.ENOSPC;
    inode.uid = owner.uid;
    inode.gid = owner.gid;
    inode.onUnused = (unused) => {
      evictInode(this.cache, unused);
      unused.free();
    };
    return inode;
  }

  protected newDirectory(mode: number, owner: Owner): DirectoryInode | number {
    return this.charged(new DirectoryInode(this.nextIno++, this.dev, mode, owner));
  }

  protected newLink(target: string, owner: Owner): FileInode | number {
    return this.charged(new InlineLink(this.nextIno++, this.dev, owner, target));
  }

  private charged<T extends FileInode>(inode: T): T | number {
    if (!inode.charge(this.vfs)) return -Errno.ENOSPC;
    inode.onUnused = (unused) => unused.free();
    return inode;
  }

  readlink(inode: FileInode): string {
    return (inode as InlineLink).target;
  }

  /** @linux 2.4.22 fs/ramfs/inode.c ramfs_statfs() */
  statfs(): Statfs {
    const none = { blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
    return { type: RAMFS_MAGIC, bsize: 4096, ...none, namelen: NAME_MAX };
  }
}
