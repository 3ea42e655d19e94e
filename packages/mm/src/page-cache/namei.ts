/**
 * From paths to inodes. A relative path begins at a directory that somebody has open: the task's working directory, or the one of
 * openat and its like.
 *
 * ```
 *   /tmp/a/../b/link/c      '/tmp' is a mount: from its root, name by name
 *                           outside of mounts a path is one plain name: there are no directories
 * ```
 * Permissions are not looked at.
 *
 * @linux 2.4.22 fs/namei.c
 */
import { Errno } from '../errno.ts';
import { DirectoryInode, type Owner, type Statfs } from './directory.ts';
import type { Mount, MountTable } from './mount-table.ts';
import type { FileInode, OpenFile } from './open-file.ts';

/** Longest path with its NUL, longest name. @linux PATH_MAX, NAME_MAX */
const PATH_MAX = 4096;
const NAME_MAX = 255;
/** Links inside links, and links in all, that one walk follows. */
const MAX_NESTED_LINKS = 5;
const MAX_LINKS = 40;

/** A path that begins at an open directory; as a string it begins at the working directory. */
export type Path = string | { readonly from: OpenFile; readonly path: string };

/** A place: an inode of a mount, or a path outside of all mounts. `path` is absolute, without links, `.` and `..`. */
type Place = PlaceInMount | { readonly mount: null; readonly path: string };
interface PlaceInMount {
  readonly mount: Mount;
  readonly inode: FileInode;
  readonly path: string;
}

/** What an open is to open, and under which name. */
export interface Found {
  readonly inode: FileInode;
  readonly path: string;
}

/** The last name of a path, and the directory in which it is looked up. @linux LOOKUP_PARENT */
interface Parent {
  readonly at: Place;
  /** '' when the path has no name: it is the root. */
  readonly last: string;
  /** A slash stands behind it. */
  readonly slash: boolean;
}

/** What the tree outside of mounts does. */
export interface PlainNames {
  lookup(path: string): FileInode | null;
  unlink(path: string): number;
  /** Gives a file the name `to`, and takes `from` away from it if `moves`. */
  link(from: string, to: string, moves: boolean): number;
}

/** Links that a walk has followed. */
interface Walk {
  nested: number;
  total: number;
}

export class Namei {
  /** The running task's working directory; null: the root. @linux current->fs->pwd */
  pwd: () => OpenFile | null = () => null;
  private readonly mounts: MountTable;
  private readonly plain: PlainNames;

  constructor(mounts: MountTable, plain: PlainNames) {
    this.mounts = mounts;
    this.plain = plain;
  }

  /**
   * The inode of a path.
   * @param follow whether a symbolic link at its end is followed
   * @returns the inode, or -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG
   */
  inode(path: Path, follow = true): FileInode | number {
    const place = this.place(path, follow);
    return typeof place === 'number' ? place : this.inodeAt(place);
  }

  /** The inode of a path, and the path without links, `.` and `..`. */
  find(path: Path, follow = true): Found | number {
    const place = this.place(path, follow);
    if (typeof place === 'number') return place;
    const inode = this.inodeAt(place);
    if (typeof inode === 'number') return inode;
    return { inode, path: place.path };
  }

  /** Whether what a path names may be changed; -EROFS: its file system is mounted read-only. */
  writable(path: Path, follow = true): number {
    const place = this.place(path, follow);
    return typeof place !== 'number' && place.mount?.readonly === true ? -Errno.EROFS : 0;
  }

  /** The absolute path of a directory; null: it was removed. @linux 2.4.22 fs/dcache.c __d_path() */
  pathOf(directory: DirectoryInode): string | null {
    let path = '';
    let at = directory;
    for (;;) {
      const mount = this.mountOf(at);
      if (mount === null) return null;
      if (at === mount.fs.root) {
        if (mount.covered === null) return path === '' ? mount.path : joined(mount.path, path.slice(1));
        at = mount.covered;
        continue;
      }
      const name = at.nlink === 0 ? null : at.parent.nameOf(at);
      if (name === null) return null;
      path = `/${name}${path}`;
      at = at.parent;
    }
  }

  private inodeAt(place: Place): FileInode | number {
    if (place.mount !== null) return place.inode;
    return this.plain.lookup(place.path) ?? -Errno.ENOENT;
  }

  private place(where: Path, follow: boolean): Place | number {
    const path = textOf(where);
    const checked = checkPath(path);
    if (checked !== 0) return checked;
    const start = this.start(where);
    return typeof start === 'number' ? start : this.walk(start, path, follow, { nested: 0, total: 0 });
  }

  /** Where a path begins: a relative one at the working directory, and outside of mounts it is a plain name. */
  private start(path: Path): Place | number {
    if (textOf(path).startsWith('/')) return this.enter('/');
    const from = typeof path === 'string' ? this.pwd() : path.from;
    if (from === null) return this.mounts.at('/') === null ? { mount: null, path: '' } : this.enter('/');
    const { inode } = from;
    const mount = inode instanceof DirectoryInode ? this.mountOf(inode) : null;
    if (mount === null) return -Errno.ENOTDIR;
    return { mount, inode, path: this.pathOf(inode as DirectoryInode) ?? from.path };
  }

  /** A path outside of mounts, or the root of what is mounted there. */
  private enter(path: string): Place {
    const mount = this.mounts.at(path);
    return mount === null ? { mount: null, path } : this.uncover({ mount, inode: mount.fs.root, path });
  }

  /** The root of the mount that hides a directory. */
  private uncover({ mount, inode, path }: PlaceInMount): Place {
    while (inode instanceof DirectoryInode) {
      const above = this.mounts.over(inode);
      if (above === null) break;
      mount = above;
      inode = above.fs.root;
    }
    return { mount, inode, path };
  }

  /** Goes along `path` from a place. */
  private walk(from: Place, path: string, follow: boolean, walk: Walk): Place | number {
    let at: Place = from;
    const names = path.split('/').filter((name) => name !== '');
    const mustBeDirectory = path.endsWith('/');
    for (const [i, name] of names.entries()) {
      const next = this.step(at, name);
      if (typeof next === 'number') return next;
      const last = i === names.length - 1;
      const followed = !last || follow || mustBeDirectory ? this.followLink(at, next, walk) : next;
      if (typeof followed === 'number') return followed;
      at = followed;
    }
    if (mustBeDirectory && !this.isDirectory(at)) return -Errno.ENOTDIR;
    return at;
  }

  private isDirectory(place: Place): boolean {
    return place.mount === null ? this.plain.lookup(place.path) === null : place.inode.kind === 'directory';
  }

  /** One name. */
  private step(at: Place, name: string): Place | number {
    if (name.length > NAME_MAX) return -Errno.ENAMETOOLONG;
    if (!this.isDirectory(at)) return -Errno.ENOTDIR;
    if (name === '.') return at;
    if (at.mount === null) {
      if (name === '..') return this.enter(dirname(at.path));
      return this.enter(at.path === '/' ? `/${name}` : at.path === '' ? name : `${at.path}/${name}`);
    }
    const { mount } = at;
    const dir = at.inode as DirectoryInode;
    if (name === '..') {
      const path = dirname(at.path);
      if (dir !== mount.fs.root) return { mount, inode: dir.parent, path };
      const { covered } = mount;
      const under = covered === null ? null : this.mountOf(covered);
      if (covered === null || under === null) return this.enter(dirname(mount.path));
      return { mount: under, inode: covered.parent, path };
    }
    const inode = dir.find(name);
    if (inode === null) return -Errno.ENOENT;
    return this.uncover({ mount, inode, path: joined(at.path, name) });
  }

  private mountOf(directory: DirectoryInode): Mount | null {
    for (const mount of this.mounts) if (directory.isBelow(mount.fs.root)) return mount;
    return null;
  }

  /** What a symbolic link, found in the directory `dir`, leads to; anything else is itself. @linux do_follow_link() */
  private followLink(dir: Place, place: Place, walk: Walk): Place | number {
    if (place.mount === null || place.inode.kind !== 'symlink') return place;
    if (walk.nested >= MAX_NESTED_LINKS || walk.total >= MAX_LINKS) return -Errno.ELOOP;
    const target = place.mount.fs.readlink(place.inode);
    if (typeof target === 'number') return target;
    walk.nested++;
    walk.total++;
    const result = this.walk(target.startsWith('/') ? this.enter('/') : dir, target, true, walk);
    walk.nested--;
    return result;
  }

  /** The directory of a path's last name. @linux path_lookup() with LOOKUP_PARENT */
  private parent(where: Path): Parent | number {
    const path = textOf(where);
    const checked = checkPath(path);
    if (checked !== 0) return checked;
    const start = this.start(where);
    if (typeof start === 'number') return start;
    const trimmed = path.replace(/\/+$/, '');
    const cut = trimmed.lastIndexOf('/');
    const last = trimmed.slice(cut + 1);
    const above = trimmed.slice(0, cut + 1);
    const at = this.walk(start, above, true, { nested: 0, total: 0 });
    if (typeof at === 'number') return at;
    if (!this.isDirectory(at)) return -Errno.ENOTDIR;
    if (last.length > NAME_MAX) return -Errno.ENAMETOOLONG;
    return { at, last, slash: trimmed !== path };
  }

  /** Whether the directory of a path's last name is outside of all mounts. */
  isPlain(path: Path): boolean {
    const parent = this.parent(path);
    return typeof parent === 'number' ? this.mounts.at(textOf(path)) === null : parent.at.mount === null;
  }

  // ---- system calls

  /**
   * The file that O_CREAT opens: the one that is there, or a new one.
   *
   * @param makePlain makes one outside of mounts
   * @param follow whether a symbolic link at the end is followed; else -ELOOP
   * @linux 2.4.22 fs/namei.c open_namei()
   */
  openCreate(
    path: Path,
    mode: number,
    owner: Owner,
    exclusive: boolean,
    makePlain: (path: string) => FileInode | number,
    follow = true,
  ): Found | number {
    let wanted = path;
    for (let links = 0; ; links++) {
      const parent = this.parent(wanted);
      if (typeof parent === 'number') return parent;
      const { at, last } = parent;
      if (!isName(last) || parent.slash) return -Errno.EISDIR;
      const place = this.step(at, last);
      if (typeof place === 'number' && place !== -Errno.ENOENT) return place;
      const found = typeof place === 'number' ? place : this.inodeAt(place);
      if (typeof found === 'number') {
        const made = this.createAt(at, last, mode, owner, makePlain);
        return typeof made === 'number' ? made : { inode: made, path: joined(at.path, last) };
      }
      if (exclusive) return -Errno.EEXIST;
      if (found.kind === 'directory') return -Errno.EISDIR;
      if (found.kind !== 'symlink' || at.mount === null) return { inode: found, path: (place as Place).path };
      if (!follow || links >= MAX_NESTED_LINKS) return -Errno.ELOOP;
      const target = at.mount.fs.readlink(found);
      if (typeof target === 'number') return target;
      wanted = target.startsWith('/') ? target : joined(at.path, target);
    }
  }

  private createAt(
    at: Place,
    name: string,
    mode: number,
    owner: Owner,
    makePlain: (path: string) => FileInode | number,
  ): FileInode | number {
    if (at.mount === null) return makePlain(joined(at.path, name));
    if (at.mount.readonly) return -Errno.EROFS;
    const dir = at.inode as DirectoryInode;
    return dir.nlink === 0 ? -Errno.ENOENT : at.mount.fs.create(dir, name, mode, owner);
  }

  /** A place for a new name: its directory; or -EEXIST, -ENOENT (a slash behind it), -EPERM (there are no directories). */
  private newPlace(
    parent: Parent,
    isDir: boolean,
  ): { readonly mount: Mount; readonly dir: DirectoryInode } | number {
    if (!isName(parent.last)) return -Errno.EEXIST;
    const found = this.step(parent.at, parent.last);
    const exists = typeof found !== 'number' && typeof this.inodeAt(found) !== 'number';
    if (typeof found === 'number' && found !== -Errno.ENOENT) return found;
    if (!isDir && parent.slash && !exists) return -Errno.ENOENT;
    if (exists) return -Errno.EEXIST;
    const { at } = parent;
    if (at.mount === null) return -Errno.EPERM;
    if (at.mount.readonly) return -Errno.EROFS;
    const dir = at.inode as DirectoryInode;
    return dir.nlink === 0 ? -Errno.ENOENT : { mount: at.mount, dir };
  }

  /** 0, or -EEXIST, -ENOENT, -ENOTDIR, -EPERM (outside of mounts), or what the file system says. @linux sys_mkdir() */
  mkdir(path: Path, mode: number, owner: Owner): number {
    const parent = this.parent(path);
    if (typeof parent === 'number') return parent;
    const place = this.newPlace(parent, true);
    if (typeof place === 'number') return place;
    const made = place.mount.fs.mkdir(place.dir, parent.last, mode, owner);
    return typeof made === 'number' ? made : 0;
  }

  /** @linux sys_symlink() */
  symlink(target: string, path: Path, owner: Owner): number {
    const checked = checkPath(target);
    if (checked !== 0) return checked;
    const parent = this.parent(path);
    if (typeof parent === 'number') return parent;
    const place = this.newPlace(parent, false);
    if (typeof place === 'number') return place;
    const made = place.mount.fs.symlink(place.dir, parent.last, target, owner);
    return typeof made === 'number' ? made : 0;
  }

  /** What a symbolic link says, or -EINVAL for anything else. @linux sys_readlink() */
  readlink(path: Path): string | number {
    const place = this.place(path, false);
    if (typeof place === 'number') return place;
    const inode = this.inodeAt(place);
    if (typeof inode === 'number') return inode;
    if (place.mount === null || inode.kind !== 'symlink') return -Errno.EINVAL;
    return place.mount.fs.readlink(inode);
  }

  /** @linux sys_rmdir() */
  rmdir(path: Path): number {
    const parent = this.parent(path);
    if (typeof parent === 'number') return parent;
    const { at, last } = parent;
    if (last === '') return -Errno.EBUSY;
    if (last === '.') return -Errno.EINVAL;
    if (last === '..') return -Errno.ENOTEMPTY;
    if (at.mount === null) {
      if (this.mounts.at(joined(at.path, last)) !== null) return -Errno.EBUSY;
      return this.plain.lookup(joined(at.path, last)) === null ? -Errno.ENOENT : -Errno.ENOTDIR;
    }
    const dir = at.inode as DirectoryInode;
    const inode = dir.find(last);
    if (inode === null) return -Errno.ENOENT;
    if (at.mount.readonly) return -Errno.EROFS;
    if (!(inode instanceof DirectoryInode)) return -Errno.ENOTDIR;
    if (this.mounts.over(inode) !== null) return -Errno.EBUSY;
    return at.mount.fs.rmdir(dir, last);
  }

  /** @linux sys_unlink() */
  unlink(path: Path): number {
    const parent = this.parent(path);
    if (typeof parent === 'number') return parent;
    const { at, last, slash } = parent;
    if (!isName(last)) return -Errno.EISDIR;
    if (at.mount === null) {
      const plain = joined(at.path, last);
      if (this.mounts.at(plain) !== null) return -Errno.EISDIR;
      if (slash) return this.plain.lookup(plain) === null ? -Errno.ENOENT : -Errno.ENOTDIR;
      return this.plain.unlink(plain);
    }
    const dir = at.inode as DirectoryInode;
    const inode = dir.find(last);
    if (inode === null) return -Errno.ENOENT;
    if (at.mount.readonly) return -Errno.EROFS;
    if (inode.kind === 'directory') return -Errno.EISDIR;
    return slash ? -Errno.ENOTDIR : at.mount.fs.unlink(dir, last);
  }

  /** A second name for a file; a symbolic link is followed first. @linux sys_link() of 2.4 */
  link(oldPath: Path, newPath: Path, follow = true): number {
    const old = this.place(oldPath, follow);
    if (typeof old === 'number') return old;
    const inode = this.inodeAt(old);
    if (typeof inode === 'number') return inode;
    const parent = this.parent(newPath);
    if (typeof parent === 'number') return parent;
    const { at, last } = parent;
    if (at.mount !== old.mount) return -Errno.EXDEV;
    const place = this.newPlace(parent, false);
    if (old.mount === null) {
      if (typeof place === 'number' && place !== -Errno.EPERM) return place;
      return this.plain.link(old.path, joined((at as { path: string }).path, last), false);
    }
    if (typeof place === 'number') return place;
    if (inode.kind === 'directory') return -Errno.EPERM;
    return place.mount.fs.link(inode, place.dir, last);
  }

  /** @linux sys_rename() */
  rename(oldPath: Path, newPath: Path): number {
    const from = this.parent(oldPath);
    if (typeof from === 'number') return from;
    const to = this.parent(newPath);
    if (typeof to === 'number') return to;
    if (from.at.mount !== to.at.mount) return -Errno.EXDEV;
    if (!isName(from.last) || !isName(to.last)) return -Errno.EBUSY;
    if (from.at.mount === null || to.at.mount === null) return this.renamePlain(from, to);
    const oldDir = from.at.inode as DirectoryInode;
    const newDir = to.at.inode as DirectoryInode;
    const inode = oldDir.find(from.last);
    if (inode === null) return -Errno.ENOENT;
    if (from.at.mount.readonly) return -Errno.EROFS;
    const target = newDir.find(to.last);
    if (!(inode instanceof DirectoryInode)) {
      if (from.slash || to.slash) return -Errno.ENOTDIR;
      if (inode === target) return 0;
      if (target?.kind === 'directory') return -Errno.EISDIR;
      return from.at.mount.fs.rename(oldDir, from.last, newDir, to.last);
    }
    if (inode === target) return 0;
    if (target !== null && !(target instanceof DirectoryInode)) return -Errno.ENOTDIR;
    if (newDir.isBelow(inode) || oldDir === target) return -Errno.EINVAL;
    if (this.mounts.over(inode) !== null) return -Errno.EBUSY;
    if (target !== null && this.mounts.over(target) !== null) return -Errno.EBUSY;
    return from.at.mount.fs.rename(oldDir, from.last, newDir, to.last);
  }

  private renamePlain(from: Parent, to: Parent): number {
    const [oldName, newName] = [from, to].map(({ at, last }) => joined((at as { path: string }).path, last));
    if (this.mounts.at(oldName as string) !== null || this.mounts.at(newName as string) !== null) {
      return -Errno.EBUSY;
    }
    if (this.plain.lookup(oldName as string) === null) return -Errno.ENOENT;
    if (from.slash || to.slash) return -Errno.ENOTDIR;
    return this.plain.link(oldName as string, newName as string, true);
  }

  /** Of the file system of a path, or -errno; -ENOSYS outside of mounts. @linux sys_statfs() */
  statfs(path: Path): Statfs | number {
    const place = this.place(path, true);
    if (typeof place === 'number') return place;
    if (place.mount !== null) return place.mount.fs.statfs();
    const inode = this.inodeAt(place);
    return typeof inode === 'number' ? inode : -Errno.ENOSYS;
  }

  /** Where something is to be mounted: the directory that it hides, null outside of mounts; or -errno. */
  mountPoint(path: Path): { readonly covered: DirectoryInode | null; readonly path: string } | number {
    const place = this.place(path, true);
    if (typeof place === 'number') return place;
    if (!this.isDirectory(place)) return -Errno.ENOTDIR;
    const { path: at } = place;
    return { covered: place.mount === null ? null : (place.inode as DirectoryInode), path: at };
  }

  /** The mount whose root a path is, or -EINVAL. */
  mountAt(path: Path): Mount | number {
    const place = this.place(path, true);
    if (typeof place === 'number') return place;
    if (place.mount === null || place.inode !== place.mount.fs.root) return -Errno.EINVAL;
    return place.mount;
  }
}

function textOf(path: Path): string {
  return typeof path === 'string' ? path : path.path;
}

/** @linux getname() */
function checkPath(path: string): number {
  if (path === '') return -Errno.ENOENT;
  return path.length >= PATH_MAX ? -Errno.ENAMETOOLONG : 0;
}

/** Whether this is an ordinary name. @linux LAST_NORM */
function isName(last: string): boolean {
  return last !== '' && last !== '.' && last !== '..';
}

function dirname(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

function joined(directory: string, name: string): string {
  if (directory === '') return name;
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}
