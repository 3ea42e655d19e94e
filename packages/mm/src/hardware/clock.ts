/** The machine's one virtual clock, in nanoseconds since power-on. Only the cost model moves it. */
export class Clock {
  // A typed cell: a number field above 2^31 would be boxed at every store.
  private readonly cell = new Float64Array(1);

  /** Nanoseconds since power-on. */
  get now(): number {
    return this.cell[0] as number;
  }

  /** Moves time forward by `ns` >= 0 nanoseconds. */
  advance(ns: number): void {
    this.cell[0] = (this.cell[0] as number) + ns;
  }

  /** Timer ticks since power-on at `hz` ticks a second (2.4 on i386: 100). @linux jiffies */
  jiffies(hz = 100): number {
    return Math.floor((this.now * hz) / 1e9);
  }
}
