/** Pages of a mapping in the recorded process's address space: page numbers `start` to `end` (exclusive). */
export interface AddressRange {
  start: number;
  end: number;
  /** Mapping id, or HIDDEN. */
  readonly mapping: number;
  /** Page number in the address space of the mapping's page 0. */
  readonly origin: number;
  /** A stack: its pages are counted downwards from `origin`. */
  readonly down: boolean;
}

/** The id of ranges that belong to the recorder's tools, not to the program. */
export const HIDDEN = -1;

/** Part of a mapping, in the mapping's own pages. */
export interface MappingPart {
  readonly mapping: number;
  /** First page within the mapping: the lowest address, or for a stack the highest. */
  readonly page: number;
  readonly pages: number;
  /** Where it begins in the address space. */
  readonly start: number;
}

/** Where the mappings of one process are. Invariant: ranges are sorted, not empty and do not overlap. */
export class AddressMap {
  #ranges: AddressRange[] = [];
  #last: AddressRange | null = null;

  /** The range that has the page, or null. */
  find(page: number): AddressRange | null {
    const last = this.#last;
    if (last !== null && page >= last.start && page < last.end) return last;
    const range = this.#ranges[this.#firstAfter(page)];
    if (range === undefined || page < range.start) return null;
    this.#last = range;
    return range;
  }

  /** Adds a range; what was there is gone. */
  insert(range: AddressRange): void {
    this.remove(range.start, range.end);
    this.#ranges.splice(this.#firstAfter(range.start), 0, range);
  }

  /** Takes the pages out; a range around them is split and both parts keep its id and origin. */
  remove(start: number, end: number): void {
    this.#last = null;
    const kept: AddressRange[] = [];
    for (const range of this.#ranges) {
      if (range.end <= start || range.start >= end) {
        kept.push(range);
        continue;
      }
      if (range.start < start) kept.push({ ...range, end: start });
      if (range.end > end) kept.push({ ...range, start: end });
    }
    this.#ranges = kept;
  }

  clear(): void {
    this.#ranges = [];
    this.#last = null;
  }

  /** The parts of mappings in the pages, from low to high addresses; HIDDEN ones, too. */
  parts(start: number, end: number): MappingPart[] {
    const parts: MappingPart[] = [];
    for (let i = this.#firstAfter(start); i < this.#ranges.length; i++) {
      const range = this.#ranges[i]!;
      if (range.start >= end) break;
      const from = Math.max(start, range.start);
      const to = Math.min(end, range.end);
      const page = range.down ? range.origin - (to - 1) : from - range.origin;
      parts.push({ mapping: range.mapping, page, pages: to - from, start: from });
    }
    return parts;
  }

  /** A copy for a forked child. */
  clone(): AddressMap {
    const copy = new AddressMap();
    copy.#ranges = this.#ranges.map((range) => ({ ...range }));
    return copy;
  }

  /** Index of the first range that ends after `page`. */
  #firstAfter(page: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.end > page) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
