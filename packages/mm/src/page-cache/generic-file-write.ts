import { Errno } from '../errno.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpace } from './address-space.ts';
import { type File, FMODE } from './inode.ts';
import { type CopyActor, OpenFile, type Prefault } from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import type { FileSizeLimit } from './ports.ts';
import { MAX_NON_LFS, vmtruncate } from './truncate.ts';

const RLIM_INFINITY = 0xffffffff;

/** Where a write goes and how much of it: filled by {@link precheckFileWrite}. */
export interface WriteRange {
  position: number;
  count: number;
}

/**
 * Writes `count` bytes at `position`: pwrite. With O_APPEND the position is the file's end.
 * @returns bytes written, or -EBADF (not open for writing), -EINVAL, -EFAULT, -EFBIG, -ENOSPC, -ENOMEM
 * @linux 2.4.22 fs/read_write.c sys_pwrite()
 */
export function writeFile(
  file: File,
  position: number,
  count: number,
  actor: CopyActor,
  limit: FileSizeLimit,
  prefault: Prefault | null = null,
): number {
  if ((file.mode & FMODE.write) === 0) return -Errno.EBADF;
  if (!(file instanceof OpenFile) || position < 0 || count > 0x7fffffff) return -Errno.EINVAL;
  return file.inode.ops.write(file, position, count, actor, limit, prefault);
}

/**
 * Applies O_APPEND and the size limits to a write: what goes over a limit is cut off, and a write that begins there is
 * refused with -EFBIG and SIGXFSZ. 0 = go on with `range`.
 * @linux 2.4.22 mm/filemap.c precheck_file_write()
 */
export function precheckFileWrite(file: OpenFile, range: WriteRange, limit: FileSizeLimit): number {
  if (range.position < 0) return -Errno.EINVAL;
  if (file.append) range.position = file.inode.size;
  if (limit.fsizeLimit !== RLIM_INFINITY) {
    if (range.position >= limit.fsizeLimit) return tooLarge(limit);
    range.count = Math.min(range.count, limit.fsizeLimit - range.position);
  }
  if (!file.largefile && range.position + range.count > MAX_NON_LFS) {
    if (range.position >= MAX_NON_LFS) return tooLarge(limit);
    range.count = MAX_NON_LFS - range.position;
  }
  const maxBytes = file.inode.ops.maxBytes;
  if (range.position >= maxBytes && (range.count > 0 || range.position > maxBytes)) return tooLarge(limit);
  range.count = Math.min(range.count, maxBytes - range.position);
  return 0;
}

function tooLarge(limit: FileSizeLimit): number {
  limit.sendSigxfsz();
  return -Errno.EFBIG;
}

/** What a file system does before and after the copy into a locked page; < 0 = errno. */
export interface PageWriter {
  /** Makes the page valid around the bytes [from, to). @linux prepare_write */
  prepareWrite(pfn: Pfn, from: number, to: number): number;
  /** Makes the file as long as the write and the page dirty. @linux commit_write */
  commitWrite(pfn: Pfn, from: number, to: number): number;
}

/**
 * Writes into the page cache, page by page. The caller's buffer is touched first, for it may be the very page that is
 * locked for the write. A buffer that turns bad ends the write with what was written, or -EFAULT; the file is longer all
 * the same, for the page was committed whole. (2.4.0 commits nothing of that page, whose contents are read again, as far as
 * its buffers do not have them.)
 * @linux 2.4.22 mm/filemap.c do_generic_file_write()
 */
export function genericFileWrite(
  cache: PageCache,
  writer: PageWriter,
  file: OpenFile,
  position: number,
  count: number,
  actor: CopyActor,
  limit: FileSizeLimit,
  prefault: Prefault | null,
): number {
  const range: WriteRange = { position, count };
  const refused = precheckFileWrite(file, range, limit);
  if (refused !== 0 || range.count === 0) return refused;
  const { inode } = file;
  const { mapping } = inode;
  inode.ops.modified?.(inode);
  let written = 0;
  let error = 0;
  while (written < range.count && error === 0) {
    const at = range.position + written;
    const offset = at % 4096;
    const index = Math.floor(at / 4096);
    const bytes = Math.min(4096 - offset, range.count - written);
    prefault?.(written, bytes);
    const pfn = grabCachePage(cache, mapping, index);
    if (pfn === 0) {
      error = -Errno.ENOMEM;
      break;
    }
    error = writer.prepareWrite(pfn, offset, offset + bytes);
    if (error === 0) {
      const missing = actor(pfn, offset, bytes, written);
      if (missing === 0 || cache.rules.commitsFailedCopies) {
        error = writer.commitWrite(pfn, offset, offset + bytes);
      } else {
        cache.clearFlags(pfn, PG.uptodate);
      }
      if (missing !== 0) error = -Errno.EFAULT;
      if (error === 0) written += bytes;
      cache.setFlags(pfn, PG.referenced);
    }
    const unprepared = error !== 0 && error !== -Errno.EFAULT;
    cache.unlockPage(pfn);
    cache.pageWritten(pfn, offset + bytes === 4096);
    cache.allocator.putPage(pfn);
    // A file system may have given the page blocks that now lie behind the end of the file.
    if (unprepared && at + bytes > inode.size) vmtruncate(cache, inode, inode.size, limit);
  }
  if (error === 0 && file.sync) error = inode.ops.osync?.(inode) ?? 0;
  return written > 0 ? written : error;
}

/** The cache's page, made if it is missing: locked, with a reference; 0 = no memory. @linux grab_cache_page() */
export function grabCachePage(
  cache: PageCache,
  mapping: AddressSpace,
  index: number,
  gfp = mapping.gfpMask,
): Pfn {
  for (;;) {
    const found = cache.findLockPage(mapping, index);
    if (found !== 0) return found;
    const pfn = cache.allocator.allocPages(gfp, 0);
    if (pfn === 0) return 0;
    if (cache.addToPageCacheUnique(pfn, mapping, index)) return pfn;
    cache.allocator.putPage(pfn);
  }
}
