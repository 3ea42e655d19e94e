/**
 * Read-ahead of sequential readers. Each open file carries a window:
 *
 * ```
 *        rawin                 what the last two read-aheads covered
 *   |<------------------->|
 *   |         |<- ralen ->|    what the last one covered
 *   +---------+-----------+
 *                         ^ raend    first page beyond
 * ```
 * A read inside the window is taken as sequential, and the next window (up to `ramax` pages) is started as soon as the
 * reader enters the last one: doubled each time up to vm.max-readahead. A read outside resets everything.
 */
import { Errno } from '../errno.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import { pageCacheRead } from './filemap-nopage.ts';
import type { File } from './inode.ts';
import type { OpenFile } from './open-file.ts';
import type { PageCache } from './page-cache.ts';

/**
 * Fits the file's window to a read of `count` bytes at page `index`, byte `offset`: whether it looks sequential.
 * @linux 2.4.22 mm/filemap.c do_generic_file_read(), its first part
 */
export function beginRead(
  cache: PageCache,
  file: OpenFile,
  index: number,
  offset: number,
  count: number,
): boolean {
  let sequential = true;
  if (index > file.raend || index + file.rawin < file.raend) {
    sequential = false;
    file.raend = 0;
    file.ralen = 0;
    file.ramax = 0;
    file.rawin = 0;
  }
  if (index === 0 && offset + count <= 2048) {
    // A look at the header: most such files are never read further.
    file.ramax = 0;
    return sequential;
  }
  const needed = Math.floor((offset + count) / 4096) + 1;
  if (file.ramax < needed) file.ramax = needed;
  if (sequential && file.ramax < cache.minReadahead) file.ramax = cache.minReadahead;
  if (file.ramax > cache.maxReadahead) file.ramax = cache.maxReadahead;
  return sequential;
}

/**
 * Starts the reads that the page `index` calls for. A locked page is being read just now, so that the reader will wait
 * (synchronous read-ahead); one that is there begins the next window early (asynchronous).
 * @linux 2.4.22 mm/filemap.c generic_file_readahead()
 */
export function genericFileReadahead(cache: PageCache, sequential: boolean, file: OpenFile, pfn: Pfn): void {
  const index = (cache.memMap.index[pfn] as number) >>> 0;
  const endIndex = Math.floor(file.inode.size / 4096);
  let raend = file.raend;
  let maxAhead = 0;
  if (cache.testFlags(pfn, PG.locked)) {
    if (file.ralen === 0 || index >= raend || index + file.rawin < raend) {
      raend = index;
      if (raend < endIndex) maxAhead = file.ramax;
      file.rawin = 0;
      file.ralen = 1;
      if (maxAhead === 0) {
        file.raend = index + file.ralen;
        file.rawin += file.ralen;
      }
    }
  } else if (sequential && file.ramax > 0 && raend >= 1 && index <= raend && index + file.ralen >= raend) {
    // One page back and one page more, so that the loop below is the same for both.
    raend--;
    if (raend < endIndex) maxAhead = file.ramax + 1;
    if (maxAhead > 0) {
      file.rawin = file.ralen;
      file.ralen = 0;
    }
  }
  let ahead = 0;
  while (ahead < maxAhead) {
    ahead++;
    if (raend + ahead >= endIndex) break;
    if (pageCacheRead(cache, file.inode.mapping, raend + ahead) < 0) break;
  }
  if (ahead === 0) return;
  file.ralen += ahead;
  file.rawin += file.ralen;
  file.raend = raend + ahead + 1;
  file.ramax = Math.min(2 * file.ramax, cache.maxReadahead);
  cache.dropBehind(file, index);
}

/**
 * Starts to read `count` pages from `index` on, as far as the file goes, but no more than half of the inactive pages. What
 * becomes of the reads is not told.
 *
 * @returns 0, -EINVAL: nothing that could be read
 * @linux 2.4.22 mm/filemap.c do_readahead()
 */
export function doReadahead(cache: PageCache, file: File, index: number, count: number): number {
  const { mapping, size } = file.inode;
  if (mapping?.ops.readpage === undefined) return -Errno.EINVAL;
  const pages = Math.ceil(size / 4096);
  if (index > pages) return 0;
  const limit = Math.min(count, pages - index, Math.floor(cache.nrInactivePages / 2));
  for (let i = 0; i < limit; i++) pageCacheRead(cache, mapping, index + i);
  return 0;
}
