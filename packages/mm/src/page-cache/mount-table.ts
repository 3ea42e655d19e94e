import { Errno } from '../errno.ts';
import type { DirectoryInode, MountedFileSystem } from './directory.ts';

/** A file system in the tree. @linux struct vfsmount */
export interface Mount {
  /** Where it is, as mount was told. */
  readonly path: string;
  readonly fs: MountedFileSystem;
  /** The directory of another mount that it hides; null = none of any mount. */
  readonly covered: DirectoryInode | null;
  /** Nothing in it may be changed. @linux MS_RDONLY */
  readonly readonly?: boolean;
  /** What is mounted, and of which kind, as /proc/mounts tells: `/dev/hda`, `none`; `ext2`, `tmpfs`. */
  readonly source?: string;
  readonly type?: string;
}

/** What is mounted where. The tree below all mounts has no directories: any absolute path is a place there. */
export class MountTable {
  private readonly mounts: Mount[] = [];

  /** Whether nothing is mounted. */
  get isEmpty(): boolean {
    return this.mounts.length === 0;
  }

  /** All mounts, oldest first. */
  [Symbol.iterator](): Iterator<Mount> {
    return this.mounts[Symbol.iterator]();
  }

  /** The mount at a path of the lowest tree, null = none. */
  at(path: string): Mount | null {
    return this.mounts.find((mount) => mount.covered === null && mount.path === path) ?? null;
  }

  /** The mount that hides a directory, null = none. */
  over(directory: DirectoryInode): Mount | null {
    return this.mounts.find((mount) => mount.covered === directory) ?? null;
  }

  /** Puts a file system at a place. 0, or -EBUSY: there is one. */
  add(mount: Mount): number {
    const taken = mount.covered === null ? this.at(mount.path) : this.over(mount.covered);
    if (taken !== null) return -Errno.EBUSY;
    const { covered } = mount;
    if (covered !== null) this.of(covered)?.hold?.(covered);
    this.mounts.push(mount);
    return 0;
  }

  /** The file system of a directory. */
  private of(directory: DirectoryInode): MountedFileSystem | null {
    return this.mounts.find(({ fs }) => directory.isBelow(fs.root))?.fs ?? null;
  }

  /**
   * Takes a file system away, with all its files: 0, or -EBUSY while one is in use or another mount is below.
   * @linux 2.4.22 fs/namespace.c do_umount()
   */
  remove(mount: Mount): number {
    const below = this.mounts.some(({ covered }) => covered?.isBelow(mount.fs.root));
    if (below || mount.fs.busy) return -Errno.EBUSY;
    this.mounts.splice(this.mounts.indexOf(mount), 1);
    mount.fs.destroy();
    const { covered } = mount;
    if (covered !== null) this.of(covered)?.letGo?.(covered);
    return 0;
  }
}
