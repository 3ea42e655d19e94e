/**
 * The one source of pseudo-random numbers: splitmix32, seeded. Equal seeds give equal sequences on every host.
 */
export class Prng {
  // A typed cell: the state uses all 32 bits and would be boxed in a field.
  private readonly cell = new Int32Array(1);

  /** @param seed any number; its low 32 bits count */
  constructor(seed: number) {
    this.cell[0] = seed | 0;
  }

  /** The next number, 0 .. 2^32 - 1. */
  next(): number {
    const state = ((this.cell[0] as number) + 0x9e3779b9) | 0;
    this.cell[0] = state;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  /** A number in 0 .. `bound` - 1; `bound` is 1 .. 2^32. */
  below(bound: number): number {
    return Math.floor((this.next() / 4294967296) * bound);
  }
}
