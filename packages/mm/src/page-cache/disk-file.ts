/**
 * Files that are read and written through the generic functions of the page cache.
 *
 * Pages that lie on the "disk" come from outside when they are first read. What they contain is told by the host: bytes, a
 * function, or nothing (zeroes). Changes stay in the cache, as there is no device to write them to. A file without
 * anything on the disk is one of ramfs: what is not in the cache is a hole.
 */
import { Errno } from '../errno.ts';
import { GFP_HIGHUSER } from '../page-allocator/gfp.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpaceOperations } from './address-space.ts';
import { genericFileRead } from './generic-file-read.ts';
import { genericFileWrite, type PageWriter } from './generic-file-write.ts';
import type { Inode } from './inode.ts';
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

/**
 * Fills page `index` of a file: `words` are the 1024 words of its frame, zero before. False: the device cannot read it.
 */
export type PageSource = (index: number, words: Int32Array) => boolean;

/** A source that reads `bytes`, zeroes behind them. */
export function bytesSource(bytes: Uint8Array): PageSource {
  return (index, words) => {
    const page = bytes.subarray(index * 4096, (index + 1) * 4096);
    new Uint8Array(words.buffer, words.byteOffset, 4096).set(page);
    return true;
  };
}

/** All such files. */
export class DiskFiles implements InodeOperations, PageWriter {
  /** 2^31 pages less one byte. @linux MAX_LFS_FILESIZE */
  readonly maxBytes = 0x7ff_ffff_ffff;
  readonly mmapKind = 'file';
  private readonly cache: PageCache;
  private readonly vfs: VfsObjects;
  private readonly mappingOps: AddressSpaceOperations = {
    readpage: (inode, pfn) => this.readpage(inode, pfn),
    writepage: (_inode, pfn) => failWritepage(this.cache, pfn),
  };

  constructor(cache: PageCache, vfs: VfsObjects) {
    this.cache = cache;
    this.vfs = vfs;
  }

  /** A new empty file; null = no memory. */
  newInode(ino: number, dev: number, mode: number): DiskInode | null {
    const inode = new DiskInode(ino, dev, mode, this);
    if (!inode.charge(this.vfs)) return null;
    inode.mapping = this.cache.newMapping(inode, this.mappingOps, GFP_HIGHUSER);
    return inode;
  }

  /** Puts contents on the disk of an empty file. `source` null: `size` zeroes, which are read from the disk all the same. */
  setSource(inode: DiskInode, size: number, source: PageSource | null): void {
    inode.size = size;
    inode.source = source;
    inode.sourceSize = size;
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

  /** What was cut off does not come back when the file grows again. */
  truncate(inode: FileInode): void {
    const disk = inode as DiskInode;
    disk.sourceSize = Math.min(disk.sourceSize, inode.size);
  }

  prepareWrite(pfn: Pfn, from: number, to: number): number {
    const { cache } = this;
    if (cache.testFlags(pfn, PG.uptodate) || (from === 0 && to === 4096)) return 0;
    if (!this.fill(pfn)) return -Errno.EIO;
    cache.setFlags(pfn, PG.uptodate);
    return 0;
  }

  commitWrite(pfn: Pfn, _from: number, to: number): number {
    const inode = this.inodeOf(pfn);
    const end = this.cache.memMap.index[pfn] as number;
    inode.size = Math.max(inode.size, (end >>> 0) * 4096 + to);
    this.cache.setFlags(pfn, PG.uptodate | PG.dirty);
    return 0;
  }

  /** Starts to read a page. A hole needs no disk: it is there at once. */
  private readpage(inode: Inode, pfn: Pfn): number {
    const { cache } = this;
    const index = (cache.memMap.index[pfn] as number) >>> 0;
    if (index * 4096 < (inode as DiskInode).sourceSize) {
      cache.diskReads.submit(pfn, this.filler);
      return 0;
    }
    cache.memory.clearUser(pfn);
    cache.setFlags(pfn, PG.uptodate);
    cache.unlockPage(pfn);
    return 0;
  }

  private readonly filler = (pfn: Pfn): boolean => this.fill(pfn);

  private inodeOf(pfn: Pfn): DiskInode {
    return this.cache.mappingOf(pfn)?.host as DiskInode;
  }

  /** Puts the source's contents of a page into its frame; zeroes beyond the source. */
  private fill(pfn: Pfn): boolean {
    const { memory, memMap } = this.cache;
    if (memory.contentFree) return true;
    memory.clear(pfn);
    const { source, sourceSize } = this.inodeOf(pfn);
    const index = (memMap.index[pfn] as number) >>> 0;
    const bytes = sourceSize - index * 4096;
    if (source === null || bytes <= 0) return true;
    const base = memory.base(pfn);
    const good = source(index, memory.words.subarray(base, base + 1024));
    if (bytes < 4096) memory.bytes.fill(0, base * 4 + bytes, base * 4 + 4096);
    return good;
  }
}

/** A file of a disk. */
export class DiskInode extends FileInode {
  source: PageSource | null = null;
  /** Bytes that the source may be asked for. */
  sourceSize = 0;

  constructor(ino: number, dev: number, mode: number, ops: InodeOperations) {
    super(ino, dev, 'regular', mode, ops);
  }
}
