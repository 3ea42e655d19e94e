/**
 * The generator of the recorded workloads: a counter that grows by the golden ratio, mixed. Not fit for anything but
 * choosing pages.
 */
export class Splitmix32 {
  /** The counter; a program may set it to go back to an earlier place of the sequence. */
  state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** The next number, 0 .. 2^32 - 1. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  }

  /** The next number modulo `n`. */
  below(n: number): number {
    return this.next() % n;
  }

  /**
   * A page of `n` by "octave Zipf": each power of two of ranks is equally likely, so rank r has a chance of about 1 / r. Ranks
   * are scattered over the pages by a multiplication.
   */
  zipf(n: number): number {
    const octaves = 31 - Math.clz32(n);
    const base = 2 ** this.below(octaves + 1);
    let rank = base - 1 + this.below(base);
    if (rank >= n) rank = this.below(n);
    return (Math.imul(rank, 2654435761) >>> 0) % n;
  }
}
