/** Bytes of a page. */
export const PAGE = 4096;
/** First address above user space; the stack ends here. */
export const TASK_SIZE = 0xc0000000;

/** A mapping is nowhere yet. */
const NOWHERE = -1;

/** Where the simulated kernel has put the mappings of one process. */
export class Placement {
  /** Address of page 0 by mapping; for a stack the address above page 0. */
  private base: Float64Array;
  /** 4096; -4096 for a stack, whose pages are counted downwards. */
  private steps: Int16Array;

  constructor(from?: Placement) {
    this.base = from === undefined ? new Float64Array(64).fill(NOWHERE) : from.base.slice();
    this.steps = from === undefined ? new Int16Array(64) : from.steps.slice();
  }

  /** Puts page 0 of a mapping at `address`. */
  place(mapping: number, address: number): void {
    this.#reserve(mapping);
    this.base[mapping] = address;
    this.steps[mapping] = PAGE;
  }

  /** Puts a stack below `top`. */
  placeStack(mapping: number, top: number): void {
    this.#reserve(mapping);
    this.base[mapping] = top - PAGE;
    this.steps[mapping] = -PAGE;
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

  /** The same; -1 for a mapping that is not placed. */
  addressIfPlaced(mapping: number, page: number): number {
    // The step of such a mapping is 0.
    return mapping < this.base.length ? this.address(mapping, page) : NOWHERE;
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
  }
}
