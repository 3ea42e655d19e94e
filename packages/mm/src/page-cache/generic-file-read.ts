import { Errno } from '../errno.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import { readPage } from './filemap-nopage.ts';
import { type File, FMODE } from './inode.ts';
import { type CopyActor, OpenFile } from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import { beginRead, genericFileReadahead } from './read-ahead.ts';

/**
 * Reads `count` bytes from `position` on: pread.
 * @returns bytes read, 0 at the end of the file, or -EBADF (not open for reading), -EINVAL (`position` or `count`
 *   negative, nothing that can be read), -EFAULT, -EIO, -ENOMEM
 * @linux 2.4.22 fs/read_write.c sys_pread()
 */
export function readFile(file: File, position: number, count: number, actor: CopyActor): number {
  if ((file.mode & FMODE.read) === 0) return -Errno.EBADF;
  if (!(file instanceof OpenFile) || position < 0 || count > 0x7fffffff) return -Errno.EINVAL;
  return file.inode.ops.read(file, position, count, actor);
}

/**
 * Reads a file through the page cache, page by page, with read-ahead. A buffer that turns bad ends the read: what was
 * copied counts, and nothing copied is -EFAULT.
 * @linux 2.4.22 mm/filemap.c generic_file_read(), do_generic_file_read()
 */
export function genericFileRead(
  cache: PageCache,
  file: OpenFile,
  position: number,
  count: number,
  actor: CopyActor,
): number {
  if (count === 0) return 0;
  const inode = file.inode;
  const mapping = inode.mapping;
  let index = Math.floor(position / 4096);
  let offset = position % 4096;
  let read = 0;
  let error = 0;
  const sequential = beginRead(cache, file, index, offset, count);
  while (read < count) {
    const available = bytesInPage(inode.size, index) - offset;
    if (available <= 0) break;
    let pfn = cache.findGetPage(mapping, index);
    if (pfn === 0) {
      pfn = cache.allocator.allocPages(mapping.gfpMask, 0);
      if (pfn === 0) {
        error = -Errno.ENOMEM;
        break;
      }
      if (!cache.addToPageCacheUnique(pfn, mapping, index)) {
        cache.allocator.putPage(pfn);
        continue;
      }
      error = fill(cache, sequential, file, pfn);
    } else {
      genericFileReadahead(cache, sequential, file, pfn);
      if (!cache.testFlags(pfn, PG.uptodate)) {
        cache.stepAside(pfn);
        cache.lockPage(pfn);
        if (cache.mappingOf(pfn) === null) {
          cache.unlockPage(pfn);
          cache.allocator.putPage(pfn);
          continue;
        }
        if (cache.testFlags(pfn, PG.uptodate)) cache.unlockPage(pfn);
        else error = fill(cache, sequential, file, pfn);
      }
    }
    if (error !== 0) {
      cache.allocator.putPage(pfn);
      break;
    }
    // A reader that takes a page in small pieces touches it once.
    if (offset === 0 || file.reada === 0) cache.markPageAccessed(pfn);
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
  inode.ops.accessed?.(inode);
  return read > 0 ? read : error;
}

/** Bytes of page `index` that a file of `size` bytes has. */
export function bytesInPage(size: number, index: number): number {
  return Math.min(4096, size - index * 4096);
}

/** Reads a locked page, with read-ahead while it is under way: 0, -EIO or the error of readpage. */
function fill(cache: PageCache, sequential: boolean, file: OpenFile, pfn: Pfn): number {
  const error = readPage(file.inode.mapping, pfn);
  if (error !== 0) return error;
  if (!cache.testFlags(pfn, PG.uptodate)) genericFileReadahead(cache, sequential, file, pfn);
  cache.stepAside(pfn);
  cache.waitOnPage(pfn);
  return cache.testFlags(pfn, PG.uptodate) ? 0 : -Errno.EIO;
}
