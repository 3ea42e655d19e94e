import type { Access } from './format.ts';
import type { FilterSettings } from './header.ts';

/**
 * The default: recordings of a second of work stay well below 2 MB (README.md has what
 * the depth costs), and a page in constant use is recorded again often enough to be seen as such.
 */
export const DEFAULT_FILTER: FilterSettings = { depth: 16, refresh: 65536 };

const READ = 1;
const WRITE = 2;
const EXECUTE = 4;

/** What having recorded an access lets the filter drop: who wrote a page may read it without a fault. */
const GRANTS = Uint8Array.of(READ, WRITE | READ, EXECUTE);
const NEEDS = Uint8Array.of(READ, WRITE, EXECUTE);

/**
 * Drops the references of one process that can change nothing but a page's place among the most recent ones.
 *
 * It remembers the last `depth` different pages in the order of their last raw reference. A reference to one of
 * them is dropped when the same access to it (for a read: also a write) was recorded less than `refresh` raw
 * references ago. This is stack deletion (A. J. Smith, "Two Methods for the Efficient Analysis of Memory Address
 * Trace Data", 1977).
 *
 * So first touches and first writes are never dropped: a page that was not recorded yet is not remembered, or not
 * for that access. `flush()` at every change of mappings makes that hold for the time after the change, too.
 *
 * Invariant: `pages[0..used)` are different, most recent first.
 */
export class ReferenceFilter {
  readonly #depth: number;
  readonly #refresh: number;
  readonly #pages: Float64Array;
  readonly #rights: Uint8Array;
  /** Raw reference number at which the page was last recorded. */
  readonly #recordedAt: Float64Array;
  #used = 0;
  #clock = 0;

  /** @throws RangeError when depth is not 0 to 4096 or refresh is below 1. */
  constructor(settings: FilterSettings = DEFAULT_FILTER) {
    const { depth, refresh } = settings;
    if (!Number.isInteger(depth) || depth < 0 || depth > 4096) {
      throw new RangeError(`filter depth is ${depth}, expected 0 to 4096 pages`);
    }
    if (!(refresh >= 1)) throw new RangeError(`filter refresh is ${refresh}, expected at least 1 reference`);
    this.#depth = depth;
    this.#refresh = refresh;
    this.#pages = new Float64Array(Math.max(1, depth)).fill(-1);
    this.#rights = new Uint8Array(Math.max(1, depth));
    this.#recordedAt = new Float64Array(Math.max(1, depth));
  }

  /** Raw references seen. */
  get raw(): number {
    return this.#clock;
  }

  /** Whether the reference must be recorded. `page` is the page number of the address, 0 or more. */
  admit(page: number, access: Access): boolean {
    const now = ++this.#clock;
    const pages = this.#pages;
    const rights = this.#rights;
    const recordedAt = this.#recordedAt;
    if (pages[0] === page) {
      if ((rights[0]! & NEEDS[access]!) !== 0 && now - recordedAt[0]! < this.#refresh) return false;
      return this.#record(access, now, now - recordedAt[0]! < this.#refresh ? rights[0]! : 0);
    }
    if (this.#depth === 0) return true;
    let i = 1;
    while (i < this.#used && pages[i] !== page) i++;
    let known = 0;
    let at = 0;
    if (i < this.#used) {
      at = recordedAt[i]!;
      // Too long ago: forget the rights, so that a write is recorded again after a read was.
      known = now - at < this.#refresh ? rights[i]! : 0;
    } else if (this.#used < this.#depth) {
      i = this.#used++;
    } else {
      i = this.#used - 1;
    }
    for (; i > 0; i--) {
      pages[i] = pages[i - 1]!;
      rights[i] = rights[i - 1]!;
      recordedAt[i] = recordedAt[i - 1]!;
    }
    pages[0] = page;
    rights[0] = known;
    recordedAt[0] = at;
    if ((known & NEEDS[access]!) !== 0) return false;
    return this.#record(access, now, known);
  }

  /** Forgets all pages: the mappings changed, so that any page may have to be faulted in again. */
  flush(): void {
    this.#pages.fill(-1);
    this.#used = 0;
  }

  #record(access: Access, now: number, known: number): true {
    this.#rights[0] = known | GRANTS[access]!;
    this.#recordedAt[0] = now;
    return true;
  }
}
