/**
 * What the memory system calls should do, page by page and without areas: the model that random sequences are compared
 * with. It takes from the machine only what areas decide (whether a range lies in one area).
 */
import { VM } from '../../src/address-space/vma.ts';
import { Errno } from '../../src/errno.ts';

/** One mapped page. */
export interface ModelPage {
  flags: number;
  /** Page of the file; -1 for anonymous memory. */
  pgoff: number;
  /** First byte of a private page that was written; -1 = still the file's, or zero. */
  value: number;
}

export const WINDOW_START = 0x40000;
const TASK_PAGES = 0xc0000;

export class PageModel {
  readonly pages = new Map<number, ModelPage>();
  /** First bytes of file pages that were written through shared mappings. */
  readonly file = new Map<number, number>();

  #range(start: number, count: number): (ModelPage | undefined)[] {
    return Array.from({ length: count }, (_, i) => this.pages.get(start + i));
  }

  map(start: number, count: number, flags: number, pgoff: number): void {
    for (let i = 0; i < count; i++) {
      this.pages.set(start + i, { flags, pgoff: pgoff < 0 ? -1 : pgoff + i, value: -1 });
    }
  }

  unmap(start: number, count: number): void {
    for (let i = 0; i < count; i++) this.pages.delete(start + i);
  }

  /** The first free range from 1 GiB on. */
  firstFit(count: number): number {
    for (let at = WINDOW_START; ; at++) {
      if (at + count > TASK_PAGES) return -Errno.ENOMEM;
      if (this.#range(at, count).every((page) => page === undefined)) return at;
    }
  }

  /** Changes flags up to the first gap, whose result is `hole`. */
  changeFlags(
    start: number,
    count: number,
    clear: number,
    set: number,
    hole: number = -Errno.ENOMEM,
  ): number {
    for (const page of this.#range(start, count)) {
      if (page === undefined) return hole;
      page.flags = (page.flags & ~clear) | set;
    }
    return 0;
  }

  /** The walk of madvise: gaps are skipped and make the result -ENOMEM. */
  advise(start: number, count: number, visit: (page: ModelPage) => number): number {
    let result = 0;
    for (const page of this.#range(start, count)) {
      const error = page === undefined ? 0 : visit(page);
      if (error !== 0) return error;
      if (page === undefined) result = -Errno.ENOMEM;
    }
    return result;
  }

  /** Moves pages; those beyond `oldCount` are fresh ones like the first. */
  move(from: number, oldCount: number, to: number, newCount: number): void {
    const moved = this.#range(from, oldCount) as ModelPage[];
    this.unmap(from, oldCount);
    for (let i = 0; i < newCount; i++)
      this.pages.set(to + i, moved[i] ?? this.#fresh(moved[0] as ModelPage, i));
  }

  /** Pages behind a range that grows where it is. */
  grow(from: number, oldCount: number, newCount: number): void {
    const first = this.pages.get(from) as ModelPage;
    for (let i = oldCount; i < newCount; i++) this.pages.set(from + i, this.#fresh(first, i));
  }

  #fresh(first: ModelPage, i: number): ModelPage {
    return { flags: first.flags, pgoff: first.pgoff < 0 ? -1 : first.pgoff + i, value: -1 };
  }

  store(at: number, value: number): boolean {
    const page = this.pages.get(at);
    if (page === undefined || !(page.flags & VM.write)) return false;
    if (page.flags & VM.shared) this.file.set(page.pgoff, value);
    else page.value = value;
    return true;
  }

  /** First byte of a page, -1 if it may not be read. */
  load(at: number): number {
    const page = this.pages.get(at);
    if (page === undefined || !(page.flags & (VM.read | VM.exec))) return -1;
    if (page.value >= 0) return page.value;
    return page.pgoff < 0 ? 0 : (this.file.get(page.pgoff) ?? page.pgoff & 0xff);
  }
}
