/** The machine's one virtual clock, in nanoseconds since power-on. Only the cost model moves it. */
export class Clock {
  // A typed cell: a number field above 2^31 would be boxed at every store.
  private readonly cell = new Float64Array(1);
  // What passes without a call of advance: event counters, and what an event of each takes.
  private readonly counters: Float64Array[] = [];
  private readonly costs: number[] = [];

  /** Nanoseconds since power-on. */
  get now(): number {
    let now = this.cell[0] as number;
    for (let i = 0; i < this.costs.length; i++) {
      now += ((this.counters[i] as Float64Array)[0] as number) * (this.costs[i] as number);
    }
    return now;
  }

  /**
   * Lets each event that `counter[0]` counts take `ns` nanoseconds. For events so frequent (TLB misses) that
   * {@link advance} would be felt; the count must be 0 now and may only rise.
   */
  follow(counter: Float64Array, ns: number): void {
    this.counters.push(counter);
    this.costs.push(ns);
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
