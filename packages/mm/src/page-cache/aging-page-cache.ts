import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpace } from './address-space.ts';
import { AgingLists } from './aging-lists.ts';
import type { OpenFile } from './open-file.ts';
import { PageCache, type PageCacheParts } from './page-cache.ts';

/**
 * The page cache of 2.4.0: a page that is found grows younger; pages enter the cache as active ones; what was read past is
 * dropped behind; and nothing is noted at an access itself.
 *
 * @linux 2.4.0 mm/filemap.c, mm/swap.c
 */
export class AgingPageCache extends PageCache {
  /** The lists of pages, and their ages. */
  readonly aging: AgingLists;
  /** A page was found: reclaim looks whether it should begin. Set by whoever plugs reclaim in. */
  onFound: () => void = () => {};

  constructor(parts: PageCacheParts) {
    super(parts);
    const { memMap, allocator, trace } = parts;
    this.aging = new AgingLists({
      memMap,
      trace,
      zones: allocator.zones,
      zoneOf: (pfn) => allocator.zoneOf(pfn),
    });
  }

  override get activePages(): number {
    return this.aging.nrActivePages;
  }

  override get inactivePages(): number {
    return this.aging.nrInactiveDirtyPages;
  }

  /** @linux 2.4.0 mm/filemap.c __find_page_nolock() */
  override findPage(mapping: AddressSpace, index: number): Pfn {
    const pfn = super.findPage(mapping, index);
    if (pfn !== 0) {
      this.aging.ageUp(pfn);
      this.onFound();
    }
    return pfn;
  }

  override lruCacheAdd(pfn: Pfn): void {
    this.aging.add(pfn);
  }

  override lruCacheDel(pfn: Pfn): void {
    this.aging.remove(pfn);
  }

  override activatePage(pfn: Pfn): void {
    this.aging.activate(pfn);
  }

  /** 2.4.0 notes uses where pages are found, and in page tables. */
  override markPageAccessed(_pfn: Pfn): void {}

  /** @linux 2.4.0 include/linux/fs.h touch_buffer() */
  override touchBuffer(pfn: Pfn): void {
    this.setFlags(pfn, PG.referenced);
  }

  /** A page was written to its end: it will hardly be needed soon. @linux 2.4.0 mm/filemap.c generic_file_write() */
  override pageWritten(pfn: Pfn, toItsEnd: boolean): void {
    if (toItsEnd) this.aging.deactivate(pfn);
  }

  /**
   * After read-ahead the pages of the window before are old, back to the first that is not there.
   *
   * @linux 2.4.0 mm/filemap.c drop_behind()
   */
  override dropBehind(file: OpenFile, index: number): void {
    const start = Math.max(index - file.rawin, 0);
    for (let at = index - 1; at >= start; at--) {
      const pfn = this.findPage(file.inode.mapping, at);
      if (pfn === 0) return;
      this.aging.deactivate(pfn);
    }
  }
}
