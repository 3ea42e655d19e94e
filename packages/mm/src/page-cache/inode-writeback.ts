/**
 * Writing inodes back: an inode that changed hangs on its file system's dirty list; kupdated, sync(2) and fsync(2) take it from
 * there.
 *
 * ```
 *   markDirty ──> sb.dirty ──syncOne──> sb.locked ──> dirty again: sb.dirty
 *                                                     in use:      inUse
 *                                                     else:        unused
 * ```
 */
import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import type { BufferCache } from './buffers/buffer-cache.ts';
import { syncBuffers } from './buffers/flush.ts';
import type { File } from './inode.ts';
import type { InodeLists } from './inode-lists.ts';
import { type FileInode, OpenFile } from './open-file.ts';
import { I, I_DIRTY, type SuperBlock } from './super-block.ts';
import { filemapFdatasync, filemapFdatawait } from './write-back.ts';

/** Write-back of inodes. */
export class InodeWriteback {
  readonly lists: InodeLists;
  private readonly buffers: BufferCache;

  constructor(buffers: BufferCache, lists: InodeLists) {
    this.buffers = buffers;
    this.lists = lists;
  }

  /**
   * Writes an inode's dirty pages, then, unless only pages were dirty, the inode; waits for the pages.
   *
   * @linux 2.4.22 fs/inode.c __sync_one()
   */
  private syncOne(inode: FileInode, sync: boolean): void {
    const { cache } = this.buffers;
    const sb = inode.sb as SuperBlock;
    if ((inode.state & I.lock) !== 0) throw new KernelBug(`inode ${inode.ino} is written twice at a time`);
    inode.moveTo(sb.locked);
    const dirty = inode.state & I_DIRTY;
    inode.state = (inode.state | I.lock) & ~I_DIRTY;
    filemapFdatasync(cache, inode.mapping);
    if ((dirty & (I.dirtySync | I.dirtyDatasync)) !== 0) sb.ops.writeInode?.(inode, sync);
    filemapFdatawait(cache, inode.mapping);
    inode.state &= ~I.lock;
    if ((inode.state & I.freeing) === 0) inode.moveTo(this.listOf(inode));
  }

  /** Where an inode that is not locked belongs. */
  private listOf(inode: FileInode): Set<FileInode> {
    if ((inode.state & I_DIRTY) !== 0) return (inode.sb as SuperBlock).dirty;
    return inode.count > 0 ? this.lists.inUse : this.lists.unused;
  }

  private waitOnInode(inode: FileInode): void {
    if ((inode.state & I.lock) === 0) return;
    this.buffers.block.runTqDisk();
    this.buffers.block.ports.waitUntil(() => (inode.state & I.lock) === 0);
  }

  /** Writes all inodes of a file system, oldest first. @linux 2.4.22 fs/inode.c sync_list() */
  private syncList(sb: SuperBlock): void {
    for (;;) {
      const inode = sb.dirty.values().next().value;
      if (inode === undefined) return;
      this.syncOne(inode, false);
    }
  }

  /** Writes all inodes of a file system and waits for those that others write. @linux sync_inodes_sb() */
  syncInodesSb(sb: SuperBlock): void {
    while (sb.dirty.size > 0 || sb.locked.size > 0) {
      this.syncList(sb);
      const inode = sb.locked.values().next().value;
      if (inode !== undefined) this.waitOnInode(inode);
    }
  }

  /** Writes all dirty inodes: the first half of kupdated's work. @linux 2.4.22 fs/inode.c sync_unlocked_inodes() */
  syncUnlockedInodes(): void {
    for (const sb of [...this.lists.superBlocks]) this.syncList(sb);
  }

  /** Writes dirty inodes that nobody uses, at most as many as there are: then they can be freed. */
  syncUnusedInodes(): void {
    let left = this.lists.nrUnused;
    for (const sb of [...this.lists.superBlocks]) {
      for (let found = true; found && left > 0; ) {
        found = false;
        for (const inode of sb.dirty) {
          if (inode.count !== 0) continue;
          this.syncOne(inode, false);
          left--;
          found = true;
          break;
        }
      }
    }
  }

  /** Puts what file systems know of themselves into buffers. @linux 2.4.22 fs/super.c sync_supers() */
  syncSupers(): void {
    for (const sb of [...this.lists.superBlocks]) if (sb.dirt) sb.ops.writeSuper?.(sb);
  }

  /**
   * Writes an inode at once if it is dirty. @param sync and waits until it is on the device
   * @linux 2.4.22 fs/inode.c write_inode_now()
   */
  writeInodeNow(inode: FileInode, sync: boolean): void {
    if (inode.sb === null) return;
    while ((inode.state & I_DIRTY) !== 0) {
      this.waitOnInode(inode);
      this.syncOne(inode, sync);
    }
    if (sync) this.waitOnInode(inode);
  }

  /** Waits until nobody else writes the inode. */
  settle(inode: FileInode): void {
    this.waitOnInode(inode);
  }

  /** Writes a whole file system and waits. @linux 2.4.22 fs/buffer.c fsync_super() */
  fsyncSuper(sb: SuperBlock): void {
    syncBuffers(this.buffers, sb.dev, false);
    this.syncInodesSb(sb);
    if (sb.dirt) sb.ops.writeSuper?.(sb);
    syncBuffers(this.buffers, sb.dev, true);
  }

  /** Writes everything and waits: sync(2). @linux 2.4.22 fs/buffer.c sys_sync(), fsync_dev() */
  syncAll(): void {
    syncBuffers(this.buffers, null, false);
    for (const sb of [...this.lists.superBlocks]) this.syncInodesSb(sb);
    this.syncSupers();
    syncBuffers(this.buffers, null, true);
  }

  /**
   * Writes a file and waits: fsync(2), fdatasync(2).
   *
   * @param datasync only what is needed to read the data again
   * @returns 0, -EINVAL (nothing that could be synced), -EIO
   * @linux 2.4.22 fs/buffer.c sys_fsync(), do_fdatasync()
   */
  fsync(file: File, datasync: boolean): number {
    if (!(file instanceof OpenFile)) return -Errno.EINVAL;
    const { inode } = file;
    if (inode.ops.fsync === undefined) return -Errno.EINVAL;
    const { cache } = this.buffers;
    const started = filemapFdatasync(cache, inode.mapping);
    const written = inode.ops.fsync(inode, datasync);
    const waited = filemapFdatawait(cache, inode.mapping);
    return started || written || waited;
  }
}
