import { NO_STACK, type ReferenceRow } from './reference-row.ts';

/** Bytes of a page. */
export const PAGE = 4096;
/** First address above user space; the stack ends here. */
export const TASK_SIZE = 0xc0000000;

/** A mapping is nowhere yet. */
const NOWHERE = -1;
/** The same for a page's number: far from all of them. */
const NO_PLACE = -0x80000000;
/** Page numbers of user space. */
const USER_PAGES = TASK_SIZE / PAGE;

/** Where the simulated kernel has put the mappings of one process. */
export class Placement {
  /** Address of page 0 by mapping; for a stack the address above page 0. */
  private base: Float64Array;
  /** 4096; -4096 for a stack, whose pages are counted downwards. */
  private steps: Int16Array;
  /** The base as a number of a page, see {@link ReferenceRow.place}. */
  private first: Int32Array;

  constructor(from?: Placement) {
    this.base = from === undefined ? new Float64Array(64).fill(NOWHERE) : from.base.slice();
    this.steps = from === undefined ? new Int16Array(64) : from.steps.slice();
    this.first = from === undefined ? new Int32Array(64).fill(NO_PLACE) : from.first.slice();
  }

  /** Puts page 0 of a mapping at `address`, a multiple of 4096. */
  place(mapping: number, address: number): void {
    this.#reserve(mapping);
    this.base[mapping] = address;
    this.steps[mapping] = PAGE;
    this.first[mapping] = address / PAGE;
  }

  /** Puts a stack below `top`. */
  placeStack(mapping: number, top: number): void {
    this.#reserve(mapping);
    this.base[mapping] = top - PAGE;
    this.steps[mapping] = -PAGE;
    this.first[mapping] = top / PAGE - 1;
  }

  isPlaced(mapping: number): boolean {
    return mapping < this.base.length && this.base[mapping] !== NOWHERE;
  }

  isStack(mapping: number): boolean {
    return (this.steps[mapping] as number) < 0;
  }

  /** Address of a page; may lie outside user space when the recording is odd. */
  address(mapping: number, page: number): number {
    return (this.base[mapping] as number) + page * (this.steps[mapping] as number);
  }

  /**
   * Finds the places of references of a row.
   *
   * @param from,to which: from <= i < to
   * @returns index of the first that lies nowhere, or outside user space; `to` if there is none
   */
  locate(row: ReferenceRow, from: number, to: number): number {
    const { first, steps } = this;
    const { mapping: mappings, page, place, lowestOnStack } = row;
    let lowest = NO_STACK;
    for (let i = from; i < to; i++) {
      const mapping = mappings[i] as number;
      if (mapping >= first.length) return i;
      const step = (steps[mapping] as number) >> 12;
      const at = ((first[mapping] as number) + Math.imul(step, page[i] as number)) >>> 0;
      if (at >= USER_PAGES) return i;
      place[i] = at;
      if (step < 0 && at < lowest) lowest = at;
      lowestOnStack[i] = lowest;
    }
    return to;
  }

  /** Bytes from one page of the mapping to the next: 4096 or -4096. */
  step(mapping: number): number {
    return this.steps[mapping] as number;
  }

  /** The lowest address of `pages` pages from `page` on. */
  lowest(mapping: number, page: number, pages: number): number {
    return this.address(mapping, this.isStack(mapping) ? page + pages - 1 : page);
  }

  #reserve(mapping: number): void {
    if (mapping < this.base.length) return;
    const size = 2 ** Math.ceil(Math.log2(mapping + 2));
    const base = new Float64Array(size).fill(NOWHERE);
    base.set(this.base);
    this.base = base;
    const step = new Int16Array(size);
    step.set(this.steps);
    this.steps = step;
    const first = new Int32Array(size).fill(NO_PLACE);
    first.set(this.first);
    this.first = first;
  }
}
