import { Errno } from '../errno.ts';
import { bytesInPage } from '../page-cache/generic-file-read.ts';
import { precheckFileWrite, type WriteRange } from '../page-cache/generic-file-write.ts';
import type { CopyActor, FileInode, InodeOperations, OpenFile } from '../page-cache/open-file.ts';
import type { FileSizeLimit } from '../page-cache/ports.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { Shmem } from './shmem.ts';
import { SGP } from './shmem-index.ts';
import { SHMEM_MAX_BYTES, type ShmemInode } from './shmem-inode.ts';

/** read, write and truncate of files in shared memory. @linux 2.4.22 mm/shmem.c shmem_file_operations */
export class ShmemFiles implements InodeOperations {
  readonly maxBytes = SHMEM_MAX_BYTES;
  readonly mmapKind = 'shmem';
  private readonly shmem: Shmem;
  private readonly zeroPage: Pfn;

  constructor(shmem: Shmem, zeroPage: Pfn) {
    this.shmem = shmem;
    this.zeroPage = zeroPage;
  }

  /** There is nothing to write to. @linux 2.4.22 mm/shmem.c shmem_sync_file() */
  fsync(): number {
    return 0;
  }

  /** A hole reads as the zero page and stays a hole (2.4.20: becomes a page). @linux 2.4.22 mm/shmem.c do_shmem_file_read() */
  read(file: OpenFile, position: number, count: number, actor: CopyActor): number {
    if (count === 0) return 0;
    const { cache, rules } = this.shmem;
    const sgp = rules.readsLeaveHoles ? SGP.read : SGP.cache;
    const inode = file.inode as ShmemInode;
    let index = Math.floor(position / 4096);
    let offset = position % 4096;
    let read = 0;
    let error = 0;
    while (read < count) {
      if (bytesInPage(inode.size, index) <= offset) break;
      const pfn = this.shmem.getpage(inode, index, sgp);
      if (pfn < 0) {
        if (pfn !== -Errno.EINVAL) error = pfn;
        break;
      }
      // Finding the page may have slept, and the file may be shorter now.
      const available = bytesInPage(inode.size, index) - offset;
      if (available <= 0) {
        cache.allocator.putPage(pfn);
        break;
      }
      const begins = offset === 0 || file.reada === 0;
      if (rules.marksAccessed && pfn !== this.zeroPage && begins) cache.markPageAccessed(pfn);
      const wanted = Math.min(available, count - read);
      const missing = actor(pfn, offset, wanted, read);
      cache.allocator.putPage(pfn);
      read += wanted - missing;
      offset += wanted - missing;
      index += offset >>> 12;
      offset &= 4095;
      if (missing !== 0) {
        error = -Errno.EFAULT;
        break;
      }
    }
    file.reada = 1;
    inode.atime = this.shmem.vfs.now();
    return read > 0 ? read : error;
  }

  /**
   * The page is not locked during the copy, so that its own mapping may be the buffer. The size grows by what was to be
   * copied into the page, before it is known whether the buffer was good.
   * @linux 2.4.22 mm/shmem.c shmem_file_write()
   */
  write(file: OpenFile, position: number, count: number, actor: CopyActor, limit: FileSizeLimit): number {
    const { cache, rules } = this.shmem;
    const inode = file.inode as ShmemInode;
    const range: WriteRange = { position, count };
    const refused = precheckFileWrite(file, range, limit);
    if (refused !== 0 || range.count === 0) return refused;
    inode.mtime = inode.ctime = this.shmem.vfs.now();
    let written = 0;
    let error = 0;
    while (written < range.count) {
      const at = range.position + written;
      const offset = at % 4096;
      const bytes = Math.min(4096 - offset, range.count - written);
      const pfn = this.shmem.getpage(inode, Math.floor(at / 4096), SGP.write);
      if (pfn < 0) {
        error = pfn;
        break;
      }
      const missing = actor(pfn, offset, bytes, written);
      if (at + bytes > inode.size) inode.size = at + bytes;
      cache.setFlags(pfn, rules.marksAccessed ? PG.dirty | PG.referenced : PG.dirty);
      cache.allocator.putPage(pfn);
      written += bytes - missing;
      if (missing !== 0) {
        error = -Errno.EFAULT;
        break;
      }
    }
    return written > 0 ? written : error;
  }

  blocks(inode: FileInode): number {
    return (inode as ShmemInode).blocks;
  }

  /**
   * A page that the new end cuts is held in memory meanwhile, so that it cannot go to swap before its end is made zeroes.
   * @linux 2.4.22 mm/shmem.c shmem_notify_change()
   */
  setSize(inode: FileInode, size: number, change: () => number): number {
    const { cache, rules } = this.shmem;
    if (!rules.truncateHoldsPage || size >= inode.size || size % 4096 === 0) return change();
    const pfn = this.shmem.getpage(inode as ShmemInode, Math.floor(size / 4096), SGP.read);
    const result = change();
    if (pfn > 0) cache.allocator.putPage(pfn);
    return result;
  }

  /** @linux 2.4.22 mm/shmem.c shmem_truncate() */
  truncate(inode: FileInode): void {
    const { rules, pages } = this.shmem;
    if (!rules.truncateHoldsPage && inode.size % 4096 !== 0) pages.cutSwappedPage(inode as ShmemInode);
    pages.truncate(inode as ShmemInode, Math.ceil(inode.size / 4096));
  }

  deleteInode(inode: FileInode): void {
    this.shmem.deleteInode(inode as ShmemInode);
  }
}
