import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { PageCache } from './page-cache.ts';

/** Puts a page's contents into its frame; false = the device could not read it. */
export type PageFiller = (pfn: Pfn) => boolean;

/**
 * Reads that were started and have not ended, oldest first. A page is locked while its read is under way.
 *
 * The disk is infinitely patient and has no time: a read ends when somebody waits for it or for a later one, or at the end of the system call
 * or fault that started it. What matters is what lies between, because read-ahead looks at whether a page is locked.
 */
export class DiskReads {
  /** Pages read since boot. */
  pagesRead = 0;
  private readonly cache: PageCache;
  private readonly pfns: Pfn[] = [];
  private readonly fillers: PageFiller[] = [];

  constructor(cache: PageCache) {
    this.cache = cache;
  }

  /** Reads under way. */
  get pending(): number {
    return this.pfns.length;
  }

  /** Starts to read a locked page. */
  submit(pfn: Pfn, fill: PageFiller): void {
    this.pfns.push(pfn);
    this.fillers.push(fill);
  }

  /** Ends all reads under way. */
  complete(): void {
    this.completeFirst(this.pfns.length);
  }

  /** Ends the reads up to that of `pfn`: a disk works through its queue in order. None if `pfn` is not being read. */
  completeUpTo(pfn: Pfn): void {
    this.completeFirst(this.pfns.indexOf(pfn) + 1);
  }

  /** Sets PG_uptodate, or PG_error, and unlocks. @linux end_buffer_io_async() */
  private completeFirst(count: number): void {
    const { pfns, fillers, cache } = this;
    for (let i = 0; i < count; i++) {
      const pfn = pfns[i] as Pfn;
      cache.setFlags(pfn, (fillers[i] as PageFiller)(pfn) ? PG.uptodate : PG.error);
      cache.unlockPage(pfn);
    }
    this.pagesRead += count;
    pfns.splice(0, count);
    fillers.splice(0, count);
  }
}
