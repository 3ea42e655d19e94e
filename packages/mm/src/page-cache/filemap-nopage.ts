/**
 * Page faults in mapped files, and the reads that they start.
 */
import { Errno } from '../errno.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpace } from './address-space.ts';
import { type Inode, NOPAGE_OOM, NOPAGE_SIGBUS } from './inode.ts';
import type { PageCache } from './page-cache.ts';
import type { FileArea } from './ports.ts';

/** @linux VM_SEQ_READ, VM_RAND_READ of vm_flags */
const VM_SEQ_READ = 0x8000;
const VM_RAND_READ = 0x10000;

/**
 * Starts to read a page into the cache unless it is there: 0, or -ENOMEM or the error of readpage.
 * @linux 2.4.22 mm/filemap.c page_cache_read()
 */
export function pageCacheRead(cache: PageCache, mapping: AddressSpace, index: number): number {
  if (cache.findPage(mapping, index) !== 0) return 0;
  const pfn = cache.allocator.allocPages(mapping.gfpMask, 0);
  if (pfn === 0) return -Errno.ENOMEM;
  // Allocating may have slept: another task may have added the page.
  let error = 0;
  if (cache.addToPageCacheUnique(pfn, mapping, index)) error = readPage(mapping, pfn);
  cache.allocator.putPage(pfn);
  return error;
}

/** Starts to fill a locked page; unlocks it when it ends. The mapping must have a readpage. */
export function readPage(mapping: AddressSpace, pfn: Pfn): number {
  const readpage = mapping.ops.readpage;
  if (readpage === undefined) return -Errno.EINVAL;
  return readpage(mapping.host as Inode, pfn);
}

/**
 * Starts to read the aligned block of 2^pageCluster pages that contains `index`, up to `fileSize` pages.
 * @linux 2.4.22 mm/filemap.c read_cluster_nonblocking()
 */
export function readClusterNonblocking(
  cache: PageCache,
  mapping: AddressSpace,
  index: number,
  fileSize: number,
): number {
  const clusterPages = (1 << cache.pageCluster) >>> 0;
  const first = index - (index % clusterPages);
  for (let at = first; at < first + clusterPages && at < fileSize; at++) {
    const error = pageCacheRead(cache, mapping, at);
    if (error < 0) return error;
  }
  return 0;
}

/**
 * The page of a mapped file for a fault: a frame with a reference, {@link NOPAGE_SIGBUS} beyond the end of the file or
 * after a read error, or {@link NOPAGE_OOM}.
 *
 * A miss reads a whole cluster, but nothing beyond the area: the file is taken to be as long as the area sees it.
 *
 * @param address page-aligned address of the fault
 * @param withinArea false: a miss reads on to the end of the file (2.4.0)
 * @param ownMm whether the fault is in the running task's own address space; a debugger may look past the file's end
 * @linux 2.4.22 mm/filemap.c filemap_nopage()
 */
export function filemapNopage(
  cache: PageCache,
  area: FileArea,
  address: number,
  ownMm = true,
  withinArea = true,
): Pfn {
  const inode = (area.vmFile as { inode: Inode }).inode;
  const mapping = inode.mapping;
  const pgoff = (((address - area.vmStart) >>> 12) + area.vmPgoff) >>> 0;
  const endoff = (((area.vmEnd - area.vmStart) >>> 12) + area.vmPgoff) >>> 0;
  for (;;) {
    let size = Math.ceil(inode.size / 4096);
    if (pgoff >= size && ownMm) return NOPAGE_SIGBUS;
    if (withinArea && size > endoff) size = endoff;

    let pfn = cache.findGetPage(mapping, pgoff);
    while (pfn === 0) {
      const error =
        pgoff < size && (area.vmFlags & VM_RAND_READ) === 0
          ? readClusterNonblocking(cache, mapping, pgoff, size)
          : pageCacheRead(cache, mapping, pgoff);
      if (error < 0) {
        return error === -Errno.ENOMEM ? NOPAGE_OOM : NOPAGE_SIGBUS;
      }
      pfn = cache.findGetPage(mapping, pgoff);
    }

    const state = makeUptodate(cache, mapping, pfn);
    if (state === GONE) {
      cache.allocator.putPage(pfn);
      continue;
    }
    if (state === FAILED) {
      cache.allocator.putPage(pfn);
      return NOPAGE_SIGBUS;
    }
    if ((area.vmFlags & VM_SEQ_READ) !== 0) nopageSequentialReadahead(cache, area, pgoff, size);
    cache.markPageAccessed(pfn);
    return pfn;
  }
}

const UPTODATE = 0;
const FAILED = 1;
const GONE = 2;

/** Waits for a page's contents; one that could not be read is read once more. */
function makeUptodate(cache: PageCache, mapping: AddressSpace, pfn: Pfn): number {
  for (let attempt = 0; attempt < 2; attempt++) {
    if (cache.testFlags(pfn, PG.uptodate)) return UPTODATE;
    cache.stepAside(pfn);
    cache.lockPage(pfn);
    // The wait for the lock may have seen the page truncated, or its contents arrive.
    if (cache.mappingOf(pfn) === null || cache.testFlags(pfn, PG.uptodate)) {
      const gone = cache.mappingOf(pfn) === null;
      cache.unlockPage(pfn);
      return gone ? GONE : UPTODATE;
    }
    if (attempt === 1) cache.clearFlags(pfn, PG.error);
    if (readPage(mapping, pfn) !== 0) continue;
    cache.stepAside(pfn);
    cache.waitOnPage(pfn);
  }
  return cache.testFlags(pfn, PG.uptodate) ? UPTODATE : FAILED;
}

/**
 * Reads the next window of an area that is read sequentially (MADV_SEQUENTIAL), when the fault is half-way through the
 * current one, and lets the window two behind go.
 *
 * ```
 *   |  synced   |           | ...fault... |  read now  |
 *   raend-3w    raend-2w    raend-w       raend        raend+w
 * ```
 * The start of the next window counts the area's file offset twice. That is the kernel's own mistake.
 *
 * @linux 2.4.22 mm/filemap.c nopage_sequential_readahead()
 */
function nopageSequentialReadahead(cache: PageCache, area: FileArea, pgoff: number, fileSize: number): void {
  const clusterPages = (1 << cache.pageCluster) >>> 0;
  const window = Math.ceil(cache.maxReadahead / clusterPages) * clusterPages;
  const mapping = (area.vmFile as { inode: Inode }).inode.mapping;
  if (area.vmRaend === 0) area.vmRaend = area.vmPgoff + window;
  if (pgoff + (window >>> 1) !== area.vmRaend) return;

  let start = area.vmPgoff + area.vmRaend;
  const end = Math.min(start + window, (area.vmEnd >>> 12) + area.vmPgoff);
  if (start > end) return;
  while (start < end && start < fileSize) {
    if (readClusterNonblocking(cache, mapping, start, fileSize) < 0) break;
    start += clusterPages;
  }
  if (area.vmRaend > area.vmPgoff + 2 * window) {
    const bytes = window * 4096;
    const address = area.vmStart + area.vmRaend * 4096 - 3 * bytes;
    cache.ports.filemapSync(area, address, bytes);
  }
  area.vmRaend += window;
}
