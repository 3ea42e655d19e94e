const CHUNK_PAGES = 4096;

/**
 * The different (mapping, page) pairs of a trace: a bit each, in chunks made when first touched, so that a large
 * mapping of which little is used costs little.
 */
export class PageSet {
  readonly #chunks = new Map<number, Uint32Array>();
  #size = 0;
  #lastKey = -1;
  #last: Uint32Array = new Uint32Array(0);

  /** How many pairs there are. */
  get size(): number {
    return this.#size;
  }

  /** `mapping` below 2^24, `page` below 2^31: the chunk's key stays an exact integer. */
  add(mapping: number, page: number): void {
    const key = mapping * 0x80000 + Math.floor(page / CHUNK_PAGES);
    if (key !== this.#lastKey) {
      let chunk = this.#chunks.get(key);
      if (chunk === undefined) {
        chunk = new Uint32Array(CHUNK_PAGES / 32);
        this.#chunks.set(key, chunk);
      }
      this.#last = chunk;
      this.#lastKey = key;
    }
    const index = (page % CHUNK_PAGES) >>> 5;
    const bit = 1 << (page & 31);
    if ((this.#last[index]! & bit) !== 0) return;
    this.#last[index] = this.#last[index]! | bit;
    this.#size++;
  }
}
