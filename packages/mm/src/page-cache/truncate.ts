/**
 * Cutting a file short: its size, its translations, its pages.
 *
 * ```
 *                    new size
 *   page 0   page 1     |page 2   page 3
 *   |--------|--------|-|.......|--------|
 *                        zeroed   dropped: unmapped from every area, then out of the cache
 * ```
 */
import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpace, MappedArea } from './address-space.ts';
import { type File, FMODE } from './inode.ts';
import { type FileInode, OpenFile } from './open-file.ts';
import type { PageCache } from './page-cache.ts';
import type { FileSizeLimit } from './ports.ts';

/** Largest size of a file that was not opened for large files. @linux MAX_NON_LFS */
export const MAX_NON_LFS = 0x7fffffff;
const RLIM_INFINITY = 0xffffffff;

/**
 * Drops all pages from byte `from` on and zeroes the end of the page that `from` lies in. Pages under I/O are waited for.
 * A page that somebody else still refers to leaves the cache and lives on as nobody's.
 * @linux 2.4.22 mm/filemap.c truncate_inode_pages()
 */
export function truncateInodePages(cache: PageCache, mapping: AddressSpace, from: number): void {
  const cut: Cut = { start: Math.ceil(from / 4096), partial: from % 4096 };
  let again = true;
  while (again) {
    again = truncateListPages(cache, mapping.cleanPages, cut);
    again = truncateListPages(cache, mapping.dirtyPages, cut) || again;
    again = truncateListPages(cache, mapping.lockedPages, cut) || again;
  }
}

/** Where a file is cut: first page that goes, and how much of the page before it stays (0: all, or it was seen to). */
interface Cut {
  readonly start: number;
  partial: number;
}

/**
 * One list, scanned from the tail. While a page is dealt with the list may change: its head is moved to the place where the
 * scan goes on.
 *
 * @returns whether a page was met
 */
function truncateListPages(cache: PageCache, head: number, cut: Cut): boolean {
  const { memMap, allocator } = cache;
  let met = false;
  let pfn = memMap.prev[head] as Pfn;
  while (pfn !== head) {
    const index = (memMap.index[pfn] as number) >>> 0;
    const isPartial = cut.partial !== 0 && index + 1 === cut.start;
    if (index < cut.start && !isPartial) {
      pfn = memMap.prev[pfn] as Pfn;
      continue;
    }
    met = true;
    allocator.getPage(pfn);
    const locked = cache.tryLockPage(pfn);
    memMap.listDel(head);
    memMap.listAdd(head, locked ? (memMap.prev[pfn] as number) : pfn);
    if (!locked) {
      cache.waitOnPage(pfn);
    } else {
      if (isPartial) {
        truncatePartialPage(cache, pfn, cut.partial);
        cut.partial = 0;
      } else {
        truncateCompletePage(cache, pfn);
      }
      cache.unlockPage(pfn);
    }
    allocator.putPage(pfn);
    pfn = memMap.prev[head] as Pfn;
  }
  return met;
}

/** Takes a locked page out of the cache and off the LRU lists. @linux 2.4.22 mm/filemap.c truncate_complete_page() */
function truncateCompletePage(cache: PageCache, pfn: Pfn): void {
  // A page whose buffers are in use stays for them, as nobody's page, until reclaim finds it.
  if (flushPage(cache, pfn, 0)) cache.lruCacheDel(pfn);
  cache.clearFlags(pfn, PG.dirty | PG.uptodate);
  cache.removeInodePage(pfn);
  cache.allocator.putPage(pfn);
}

/**
 * Drops the pages that nobody uses and that hold nothing unwritten; what cannot go at once stays.
 * @linux 2.4.22 mm/filemap.c invalidate_inode_pages()
 */
export function invalidateInodePages(
  cache: PageCache,
  mapping: AddressSpace,
  freeBuffers: (pfn: Pfn) => boolean,
): void {
  const { memMap, allocator } = cache;
  const head = mapping.cleanPages;
  for (let pfn = memMap.next[head] as Pfn; pfn !== head; ) {
    const next = memMap.next[pfn] as Pfn;
    if (!cache.testFlags(pfn, PG.dirty) && cache.tryLockPage(pfn)) {
      const bare = memMap.buffers[pfn] === 0 || freeBuffers(pfn);
      const unused = bare && memMap.count[pfn] === 1;
      if (unused) {
        cache.lruCacheDel(pfn);
        cache.removeInodePage(pfn);
      }
      cache.unlockPage(pfn);
      if (unused) allocator.putPage(pfn);
    }
    pfn = next;
  }
}

/** Lets go of the buffers of a page from byte `offset` on; false: some remain. @linux 2.4.22 mm/filemap.c do_flushpage() */
function flushPage(cache: PageCache, pfn: Pfn, offset: number): boolean {
  if (cache.memMap.buffers[pfn] === 0) return true;
  return cache.mappingOf(pfn)?.ops.flushpage?.(pfn, offset) ?? true;
}

/** @linux 2.4.22 mm/filemap.c truncate_partial_page() */
function truncatePartialPage(cache: PageCache, pfn: Pfn, partial: number): void {
  clearPageEnd(cache, pfn, partial);
  flushPage(cache, pfn, partial);
}

/** Zeroes a page from byte `offset` on. @linux 2.4.22 include/linux/highmem.h memclear_highpage_flush() */
function clearPageEnd(cache: PageCache, pfn: Pfn, offset: number): void {
  const { memory } = cache;
  if (memory.contentFree) return;
  const base = memory.base(pfn) * 4;
  memory.bytes.fill(0, base + offset, base + 4096);
}

/** Removes the translations of all pages from file page `first` on. @linux 2.4.22 mm/memory.c vmtruncate_list() */
function vmtruncateList(cache: PageCache, areas: readonly MappedArea[], first: number): void {
  for (const area of areas) {
    const pages = (area.vmEnd - area.vmStart) >>> 12;
    const kept = first > area.vmPgoff ? first - area.vmPgoff : 0;
    if (kept >= pages) continue;
    cache.ports.unmapMappingRange(area, area.vmStart + kept * 4096, (pages - kept) * 4096);
  }
}

/**
 * Gives a file the size `size` in bytes. Growing changes no page, shrinking drops what lies beyond.
 * @returns 0, or -EFBIG over a limit (RLIMIT_FSIZE also sends SIGXFSZ)
 * @linux 2.4.22 mm/memory.c vmtruncate()
 */
export function vmtruncate(cache: PageCache, inode: FileInode, size: number, limit: FileSizeLimit): number {
  // What has no pages, as a file of /proc, has no size either.
  if ((inode.mapping as AddressSpace | null) === null) return 0;
  if (inode.size < size) {
    if (limit.fsizeLimit !== RLIM_INFINITY && size > limit.fsizeLimit) {
      limit.sendSigxfsz();
      return -Errno.EFBIG;
    }
    if (size > inode.ops.maxBytes) return -Errno.EFBIG;
    inode.size = size;
  } else {
    inode.size = size;
    const first = Math.ceil(size / 4096);
    vmtruncateList(cache, inode.mapping.iMmap, first);
    vmtruncateList(cache, inode.mapping.iMmapShared, first);
    truncateInodePages(cache, inode.mapping, size);
  }
  inode.ops.truncate?.(inode);
  return 0;
}

/**
 * ftruncate of an open file.
 * @returns 0, or -EINVAL (negative, not open for writing, no regular file, too large for it), -EFBIG
 * @linux 2.4.22 fs/open.c do_sys_ftruncate()
 */
export function ftruncateFile(cache: PageCache, file: File, size: number, limit: FileSizeLimit): number {
  if (size < 0 || !(file instanceof OpenFile)) return -Errno.EINVAL;
  const { kind } = file.inode;
  if ((kind !== 'regular' && kind !== 'shm') || (file.mode & FMODE.write) === 0) return -Errno.EINVAL;
  if (!file.largefile && size > MAX_NON_LFS) return -Errno.EINVAL;
  const { inode } = file;
  const change = () => vmtruncate(cache, inode, size, limit);
  return inode.ops.setSize === undefined ? change() : inode.ops.setSize(inode, size, change);
}

/** Drops all pages of an inode that nobody uses any more, and its mapping. @linux 2.4.22 fs/inode.c iput() */
export function evictInode(cache: PageCache, inode: FileInode): void {
  const mapping = inode.mapping;
  if (mapping.iMmap.length + mapping.iMmapShared.length > 0) {
    throw new KernelBug(`inode ${inode.ino} is deleted while areas map it`);
  }
  truncateInodePages(cache, mapping, 0);
  inode.ops.deleteInode?.(inode);
  cache.freeMapping(mapping);
}
