/**
 * Writing a mapping's dirty pages back.
 *
 * A mapping's three lists are lazy: clearing a page's dirty flag does not move it, so the dirty list means "was dirty
 * when somebody last looked", and the flag decides.
 */
import { Errno } from '../errno.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpace } from './address-space.ts';
import type { Inode } from './inode.ts';
import type { PageCache } from './page-cache.ts';

/**
 * Starts to write every page of the dirty list, oldest first, and moves it to the locked list. The first error of a
 * writepage, or 0.
 * @linux 2.4.22 mm/filemap.c filemap_fdatasync()
 */
export function filemapFdatasync(cache: PageCache, mapping: AddressSpace): number {
  const { memMap } = cache;
  const writepage = mapping.ops.writepage;
  let result = 0;
  for (;;) {
    const pfn = memMap.prev[mapping.dirtyPages] as Pfn;
    if (pfn === mapping.dirtyPages) return result;
    memMap.listDel(pfn);
    memMap.listAdd(pfn, mapping.lockedPages);
    if (!cache.testFlags(pfn, PG.dirty)) continue;
    cache.allocator.getPage(pfn);
    cache.lockPage(pfn);
    if (cache.testFlags(pfn, PG.dirty) && writepage !== undefined) {
      cache.clearFlags(pfn, PG.dirty);
      const error = writepage(mapping.host as Inode, pfn);
      if (error === 1) {
        // Shared memory of 2.4.0 that finds no swap: that kernel forgets the page locked, and waits for it for ever.
        cache.setFlags(pfn, PG.dirty);
        cache.unlockPage(pfn);
      } else if (error !== 0 && result === 0) {
        result = error;
      }
    } else {
      cache.unlockPage(pfn);
    }
    cache.allocator.putPage(pfn);
  }
}

/**
 * Waits for the pages of the locked list, newest first, and moves them to the clean list: 0, or -EIO if one failed.
 * @linux 2.4.22 mm/filemap.c filemap_fdatawait()
 */
export function filemapFdatawait(cache: PageCache, mapping: AddressSpace): number {
  const { memMap } = cache;
  let result = 0;
  for (;;) {
    const pfn = memMap.next[mapping.lockedPages] as Pfn;
    if (pfn === mapping.lockedPages) return result;
    memMap.listDel(pfn);
    memMap.listAdd(pfn, mapping.cleanPages);
    if (!cache.testFlags(pfn, PG.locked)) continue;
    cache.allocator.getPage(pfn);
    cache.waitOnPage(pfn);
    if (cache.testFlags(pfn, PG.error)) result = -Errno.EIO;
    cache.allocator.putPage(pfn);
  }
}

/**
 * The writepage of files that live in memory alone: the page stays dirty. Reclaim (PG_launder) is told by an active,
 * referenced page that it need not come back soon.
 *
 * So is 2.4.0's, which begins at the tail of its list again after each write: a page that stayed there would keep it from all
 * others. (The kernel's own ramfs leaves the page locked for ever there, which only its list survives.)
 * @linux 2.4.22 mm/filemap.c fail_writepage()
 */
export function failWritepage(cache: PageCache, pfn: Pfn): 0 {
  if (cache.testFlags(pfn, PG.launder | PG.inactiveDirty)) {
    cache.activatePage(pfn);
    cache.setFlags(pfn, PG.referenced);
  }
  cache.setFlags(pfn, PG.dirty);
  cache.unlockPage(pfn);
  return 0;
}
