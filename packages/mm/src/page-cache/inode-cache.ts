/**
 * Inodes of disks, kept when nobody uses them.
 *
 * ```
 *   find ──> in use ──last reference──> unused ──prune──> gone
 *                         └── no link left ──> its blocks are freed, gone
 * ```
 * An inode with pages is not pruned: its pages would go with it. @linux 2.4.22 fs/inode.c
 */
import { KernelBug } from '../kernel-bug.ts';
import { invalidateInodeBuffers } from './buffers/flush.ts';
import type { InodeWriteback } from './inode-writeback.ts';
import type { FileInode, InodeKeeper } from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import { I, I_DIRTY, type SuperBlock } from './super-block.ts';
import { MM_INODE_EVICT, MM_SHRINK_ICACHE } from './tracepoints.ts';
import { truncateInodePages } from './truncate.ts';

/** What the cache asks of rooms above. */
export interface InodeCachePorts {
  /** Later, when it may wait: writes dirty inodes that nobody uses. @linux unused_inodes_flush_task */
  scheduleFlush(): void;
  /** Gives empty slabs of inodes back. @linux kmem_cache_shrink(inode_cachep) */
  shrinkSlabs(): void;
}

export class InodeCache implements InodeKeeper {
  readonly writeback: InodeWriteback;
  ports: InodeCachePorts = { scheduleFlush: () => {}, shrinkSlabs: () => {} };
  private readonly cache: PageCache;
  private readonly hashed = new Map<SuperBlock, Map<number, FileInode>>();

  constructor(cache: PageCache, writeback: InodeWriteback) {
    this.cache = cache;
    this.writeback = writeback;
  }

  /** The inode in memory, with a reference for the caller; null: there is none. @linux iget4() as far as it finds one */
  find(sb: SuperBlock, ino: number): FileInode | null {
    const inode = this.hashed.get(sb)?.get(ino) ?? null;
    if (inode === null) return null;
    if (inode.count === 0) {
      this.lists.nrUnused--;
      if ((inode.state & (I_DIRTY | I.lock)) === 0) inode.moveTo(this.lists.inUse);
    }
    inode.held++;
    this.writeback.settle(inode);
    return inode;
  }

  private get lists() {
    return this.writeback.lists;
  }

  /** Makes an inode one of the cache's: hashed, in use, with one reference. */
  add(inode: FileInode): void {
    const sb = inode.sb as SuperBlock;
    let inodes = this.hashed.get(sb);
    if (inodes === undefined) {
      inodes = new Map();
      this.hashed.set(sb, inodes);
    }
    if (inodes.has(inode.ino)) throw new KernelBug(`inode ${inode.ino} is in memory twice`);
    inodes.set(inode.ino, inode);
    inode.keeper = this;
    inode.held++;
    inode.moveTo(this.lists.inUse);
  }

  /** Drops a reference. @linux iput() */
  put(inode: FileInode): void {
    if (--inode.held < 0) throw new KernelBug(`inode ${inode.ino} is given back too often`);
    inode.put();
  }

  /** @linux 2.4.22 fs/inode.c iput(): the last reference */
  unused(inode: FileInode): void {
    const sb = inode.sb as SuperBlock;
    if ((inode.state & I.freeing) !== 0) return;
    if (inode.nlink === 0) {
      inode.state |= I.freeing;
      inode.moveTo(null);
      truncateInodePages(this.cache, inode.mapping, 0);
      sb.ops.deleteInode?.(inode);
      this.destroy(inode);
      return;
    }
    if ((inode.state & (I_DIRTY | I.lock)) === 0) inode.moveTo(this.lists.unused);
    this.lists.nrUnused++;
    if (sb.active) return;
    this.writeback.writeInodeNow(inode, true);
    this.lists.nrUnused--;
    this.dispose(inode);
  }

  /** An inode that can be read again. @linux dispose_list() */
  private dispose(inode: FileInode): void {
    inode.state |= I.freeing;
    inode.moveTo(null);
    truncateInodePages(this.cache, inode.mapping, 0);
    this.destroy(inode);
  }

  /** @linux clear_inode(), destroy_inode() */
  private destroy(inode: FileInode): void {
    invalidateInodeBuffers(inode.dirtyBuffers);
    invalidateInodeBuffers(inode.dirtyDataBuffers);
    this.writeback.settle(inode);
    inode.moveTo(null);
    this.hashed.get(inode.sb as SuperBlock)?.delete(inode.ino);
    this.cache.freeMapping(inode.mapping);
    inode.state = I.clear;
    if (this.cache.trace.on) this.cache.trace.emit(MM_INODE_EVICT, inode.dev, inode.ino, inode.nlink);
    inode.free();
  }

  /**
   * Frees inodes that nobody uses and that have no pages, the oldest first.
   *
   * @param goal how many; 0: all
   * @linux 2.4.22 fs/inode.c prune_icache()
   */
  prune(goal: number): void {
    const { lists } = this;
    const victims: FileInode[] = [];
    let left = goal;
    for (const inode of lists.unused) {
      if (inode.state !== 0 || inode.mapping.nrpages > 0 || inode.count > 0) continue;
      if (inode.dirtyBuffers.size > 0 || inode.dirtyDataBuffers.size > 0) continue;
      victims.push(inode);
      if (--left === 0) break;
    }
    lists.nrUnused -= victims.length;
    for (const inode of victims) {
      inode.state |= I.freeing;
      inode.moveTo(null);
    }
    for (const inode of victims) this.destroy(inode);
    if (left !== 0) this.ports.scheduleFlush();
  }

  /** Reclaim's share: nrUnused / priority. @linux 2.4.22 fs/inode.c shrink_icache_memory() */
  shrink(priority: number): void {
    const { nrUnused } = this.lists;
    const count = Math.floor(nrUnused / priority);
    if (this.cache.trace.on) this.cache.trace.emit(MM_SHRINK_ICACHE, priority, nrUnused, count);
    this.prune(count);
    this.ports.shrinkSlabs();
  }

  /** Whether somebody has one of a file system's inodes open, or swaps to it. */
  hasUsers(sb: SuperBlock): boolean {
    for (const inode of this.hashed.get(sb)?.values() ?? []) if (inode.users > 0) return true;
    return false;
  }

  /** Forgets all inodes of a file system that is unmounted; false: one is in use. @linux invalidate_inodes() */
  invalidate(sb: SuperBlock): boolean {
    for (const inode of [...(this.hashed.get(sb)?.values() ?? [])]) {
      if (inode.count > 0) continue;
      this.lists.nrUnused--;
      this.dispose(inode);
    }
    return (this.hashed.get(sb)?.size ?? 0) === 0;
  }
}
