/**
 * Names of disks that were looked up, kept when nobody uses them; also names that are not there.
 *
 * A name holds its inode and the name of its directory, so that a directory stays as long as one of its names does.
 * @linux 2.4.22 fs/dcache.c
 */

import type { Trace } from '../trace/trace.ts';
import type { InodeCache } from './inode-cache.ts';
import type { FileInode } from './open-file.ts';
import { MM_SHRINK_DCACHE } from './tracepoints.ts';
import type { Dentry, VfsObjects } from './vfs-objects.ts';

/** sizeof(struct dentry), bytes. */
export const SIZEOF_DENTRY = 108;

/** A name. @linux struct dentry */
export class CachedName {
  readonly parent: CachedName | null;
  readonly name: string;
  /** null: there is no such file. */
  inode: FileInode | null;
  /** Users; each name below is one. @linux d_count */
  count = 1;
  /** It was found since prune last came by. @linux DCACHE_REFERENCED */
  referenced = false;
  /** Whether it is found by its name. @linux d_hash */
  hashed = true;
  /** Names in this directory. */
  readonly children = new Map<string, CachedName>();
  /** @internal its objects */
  readonly object: Dentry;

  constructor(parent: CachedName | null, name: string, inode: FileInode | null, object: Dentry) {
    this.parent = parent;
    this.name = name;
    this.inode = inode;
    this.object = object;
  }
}

export class DentryCache {
  /** Names without users: the oldest first, which the kernel has at the list's tail. @linux dentry_unused */
  readonly unused = new Set<CachedName>();
  /** Gives empty slabs of names back. @linux kmem_cache_shrink(dentry_cache) */
  shrinkSlabs: () => void = () => {};
  private readonly vfs: VfsObjects;
  private readonly inodes: InodeCache;
  private readonly trace: Trace;

  constructor(vfs: VfsObjects, inodes: InodeCache, trace: Trace) {
    this.vfs = vfs;
    this.inodes = inodes;
    this.trace = trace;
  }

  /** Names without users. @linux dentry_stat.nr_unused */
  get nrUnused(): number {
    return this.unused.size;
  }

  /** A name in a directory, with a reference; null: it is not in memory. @linux d_lookup() */
  lookup(parent: CachedName, name: string): CachedName | null {
    const found = parent.children.get(name) ?? null;
    if (found === null) return null;
    this.get(found);
    found.referenced = true;
    return found;
  }

  /** One more reference. @linux dget() */
  get(name: CachedName): CachedName {
    if (name.count++ === 0) this.unused.delete(name);
    return name;
  }

  /**
   * A new name with a reference; it takes over the caller's reference to the inode. null: no memory. @linux d_alloc(), d_add()
   */
  add(parent: CachedName | null, name: string, inode: FileInode | null): CachedName | null {
    const object = this.vfs.allocDentry(name);
    if (object === null) return null;
    const made = new CachedName(parent, name, inode, object);
    if (parent !== null) {
      this.get(parent);
      parent.children.set(name, made);
    }
    return made;
  }

  /** Drops a reference. @linux dput() */
  put(name: CachedName): void {
    let at: CachedName | null = name;
    while (at !== null && --at.count === 0) {
      if (at.hashed) {
        this.unused.add(at);
        return;
      }
      at = this.kill(at);
    }
  }

  /** Frees a name without users: its directory, which has lost a user. */
  private kill(name: CachedName): CachedName | null {
    this.unhash(name);
    const { inode } = name;
    name.inode = null;
    if (inode !== null) this.inodes.put(inode);
    this.vfs.freeDentry(name.object);
    return name.parent;
  }

  /** From now on the name is not found. @linux d_drop() */
  unhash(name: CachedName): void {
    if (!name.hashed) return;
    name.hashed = false;
    name.parent?.children.delete(name.name);
  }

  /**
   * Frees names without users, the oldest first; one that was found lately goes to the end instead, once.
   *
   * @param count how many; 0: all
   * @linux 2.4.22 fs/dcache.c prune_dcache()
   */
  prune(count: number): void {
    let left = count;
    for (;;) {
      const name = this.unused.values().next().value;
      if (name === undefined) return;
      this.unused.delete(name);
      if (name.referenced) {
        name.referenced = false;
        this.unused.add(name);
        continue;
      }
      this.free(name);
      if (--left === 0) return;
    }
  }

  /** Frees a name that is off the list. @linux prune_one_dentry() */
  private free(name: CachedName): void {
    const parent = this.kill(name);
    if (parent !== null) this.put(parent);
  }

  /** Reclaim's share: nrUnused / priority. @linux 2.4.22 fs/dcache.c shrink_dcache_memory() */
  shrink(priority: number): void {
    const count = Math.floor(this.nrUnused / priority);
    if (this.trace.on) this.trace.emit(MM_SHRINK_DCACHE, priority, this.nrUnused, count);
    this.prune(count);
    this.shrinkSlabs();
  }

  /** Frees all names below a directory that nobody uses. @linux shrink_dcache_parent() */
  shrinkBelow(root: CachedName): void {
    for (let found = true; found; ) {
      found = false;
      for (const name of [...this.unused]) {
        if (name === root || !isBelow(name, root) || !this.unused.delete(name)) continue;
        this.free(name);
        found = true;
      }
    }
  }
}

function isBelow(name: CachedName, root: CachedName): boolean {
  for (let at: CachedName | null = name; at !== null; at = at.parent) if (at === root) return true;
  return false;
}
