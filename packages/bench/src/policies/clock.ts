const ABSENT = 0;
const UNUSED = 1;
const USED = 2;

/**
 * Clock with one bit: a ring of frames and a hand. A reference sets the page's bit; the hand clears bits until it finds one that
 * is clear, and the new page takes that frame. The same pages stay as with a queue whose referenced last page goes to the front
 * again.
 *
 * A reference that hits touches one byte, whatever the number of frames.
 */
export class Clock {
  /** References that found their page absent. */
  misses = 0;
  /** Frames that hold a page by now. */
  used = 0;
  // Of each page: absent, present, present and referenced.
  private readonly state: Uint8Array;
  // The page in each frame.
  private readonly ring: Int32Array;
  private hand = 0;

  /**
   * @param pages pages are 0 .. pages - 1
   * @param frames pages that memory holds, 1 or more
   */
  constructor(pages: number, frames: number) {
    this.state = new Uint8Array(pages);
    this.ring = new Int32Array(frames);
  }

  /** References the pages of `trace` from `from` up to `to`, in order. */
  run(trace: Int32Array, from: number, to: number): void {
    const { state } = this;
    for (let i = from; i < to; i++) {
      const page = trace[i] as number;
      if (state[page] !== ABSENT) state[page] = USED;
      else this.miss(page);
    }
  }

  private miss(page: number): void {
    const { ring, state } = this;
    this.misses++;
    let { hand } = this;
    if (this.used < ring.length) {
      this.used++;
    } else {
      while (state[ring[hand] as number] === USED) {
        state[ring[hand] as number] = UNUSED;
        if (++hand === ring.length) hand = 0;
      }
      state[ring[hand] as number] = ABSENT;
    }
    ring[hand] = page;
    state[page] = UNUSED;
    this.hand = hand + 1 === ring.length ? 0 : hand + 1;
  }
}
