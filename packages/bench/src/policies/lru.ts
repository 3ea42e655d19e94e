/**
 * Exact LRU over pages that are dense numbers: a doubly linked list in two arrays that the page's number indexes. No hash
 * table, no objects.
 *
 * ```
 *   next:  head -> newest -> ... -> oldest -> head        an absent page's next is -1
 *   prev:  the same the other way round
 * ```
 */
export class Lru {
  /** References that found their page absent. */
  misses = 0;
  /** Frames that hold a page by now. */
  used = 0;
  readonly frames: number;
  // Neighbours on the list, by page number + 1; 0 is the list's head.
  private readonly next: Int32Array;
  private readonly prev: Int32Array;

  /**
   * @param pages pages are 0 .. pages - 1
   * @param frames pages that memory holds, 1 or more
   */
  constructor(pages: number, frames: number) {
    this.frames = frames;
    this.next = new Int32Array(pages + 1).fill(-1);
    this.prev = new Int32Array(pages + 1);
    this.next[0] = 0;
  }

  /** References the pages of `trace` from `from` up to `to`, in order. */
  run(trace: Int32Array, from: number, to: number): void {
    const { next, prev, frames } = this;
    for (let i = from; i < to; i++) {
      const page = (trace[i] as number) + 1;
      const after = next[page] as number;
      const first = next[0] as number;
      if (first === page) continue;
      if (after >= 0) {
        const before = prev[page] as number;
        next[before] = after;
        prev[after] = before;
      } else {
        this.misses++;
        if (this.used === frames) this.evict();
        else this.used++;
      }
      const newest = next[0] as number;
      next[page] = newest;
      prev[newest] = page;
      prev[page] = 0;
      next[0] = page;
    }
  }

  private evict(): void {
    const { next, prev } = this;
    const oldest = prev[0] as number;
    const before = prev[oldest] as number;
    next[before] = 0;
    prev[0] = before;
    next[oldest] = -1;
  }
}
