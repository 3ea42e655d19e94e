/** Files that live in the page cache alone: what is not in it is a hole. @linux 2.4.22 fs/ramfs/inode.c */
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpaceOperations } from './address-space.ts';
import { genericFileRead } from './generic-file-read.ts';
import { genericFileWrite, type PageWriter } from './generic-file-write.ts';
import {
  type CopyActor,
  FileInode,
  type InodeOperations,
  type OpenFile,
  type Prefault,
} from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import type { FileSizeLimit } from './ports.ts';
import type { VfsObjects } from './vfs-objects.ts';
import { failWritepage } from './write-back.ts';

/** Bytes beyond which no file of the page cache reaches: 2^31 pages less one byte. @linux MAX_LFS_FILESIZE */
export const MAX_LFS_FILESIZE = 0x7ff_ffff_ffff;

/** All such files. */
export class RamFiles implements InodeOperations, PageWriter {
  readonly maxBytes = MAX_LFS_FILESIZE;
  readonly mmapKind = 'file';
  private readonly cache: PageCache;
  private readonly vfs: VfsObjects;
  private readonly mappingOps: AddressSpaceOperations = {
    readpage: (_inode, pfn) => this.readpage(pfn),
    writepage: (_inode, pfn) => failWritepage(this.cache, pfn),
  };

  constructor(cache: PageCache, vfs: VfsObjects) {
    this.cache = cache;
    this.vfs = vfs;
  }

  /** A new empty file; null = no memory. */
  newInode(ino: number, dev: number, mode: number): FileInode | null {
    const inode = new FileInode(ino, dev, 'regular', mode, this);
    if (!inode.charge(this.vfs)) return null;
    inode.atime = inode.mtime = inode.ctime = this.vfs.now();
    inode.mapping = this.cache.newMapping(inode, this.mappingOps, GFP_HIGHUSER);
    return inode;
  }

  read(file: OpenFile, position: number, count: number, actor: CopyActor): number {
    return genericFileRead(this.cache, file, position, count, actor);
  }

  write(
    file: OpenFile,
    position: number,
    count: number,
    actor: CopyActor,
    limit: FileSizeLimit,
    prefault: Prefault | null,
  ): number {
    return genericFileWrite(this.cache, this, file, position, count, actor, limit, prefault);
  }

  /** There is nothing to write to. @linux 2.4.22 fs/ramfs/inode.c ramfs_sync_file() */
  fsync(): number {
    return 0;
  }

  prepareWrite(pfn: Pfn, from: number, to: number): number {
    const { cache } = this;
    if (cache.testFlags(pfn, PG.uptodate) || (from === 0 && to === 4096)) return 0;
    if (!cache.memory.contentFree) cache.memory.clear(pfn);
    cache.setFlags(pfn, PG.uptodate);
    return 0;
  }

  accessed(inode: FileInode): void {
    inode.atime = this.vfs.now();
  }

  modified(inode: FileInode): void {
    inode.mtime = this.vfs.now();
    inode.ctime = inode.mtime;
  }

  truncate(inode: FileInode): void {
    this.modified(inode);
  }

  commitWrite(pfn: Pfn, _from: number, to: number): number {
    const inode = this.cache.mappingOf(pfn)?.host as FileInode;
    const index = (this.cache.memMap.index[pfn] as number) >>> 0;
    inode.size = Math.max(inode.size, index * 4096 + to);
    this.cache.setFlags(pfn, PG.uptodate | PG.dirty);
    return 0;
  }

  private readpage(pfn: Pfn): number {
    const { cache } = this;
    cache.memory.clearUser(pfn);
    cache.setFlags(pfn, PG.uptodate);
    cache.unlockPage(pfn);
    return 0;
  }
}
