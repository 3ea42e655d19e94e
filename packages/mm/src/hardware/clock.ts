import { KernelBug } from '../kernel-bug.ts';

/** What the machine's calendar shows when it is switched on, seconds since 1970: the day on which 2.4.22 came out. */
export const POWER_ON = 1_061_856_000;

/** Counters at most: one a CPU, and a few of the machine's. */
const COUNTERS_MAX = 63;

/** The machine's one virtual clock, in nanoseconds since power-on. Only the cost model moves it. */
export class Clock {
  // Typed cells: a number field above 2^31 would be boxed at every store. The first is the time that was told to pass; then
  // come counters of events, and in the other array what an event of each takes.
  private readonly cells = new Float64Array(COUNTERS_MAX + 1);
  private readonly costs = new Float64Array(COUNTERS_MAX + 1);
  private counters = 0;

  /** Nanoseconds since power-on. */
  get now(): number {
    const { cells, costs, counters } = this;
    let now = cells[0] as number;
    for (let i = 1; i <= counters; i++) now += (cells[i] as number) * (costs[i] as number);
    return now;
  }

  /**
   * A cell that counts events, each of which takes `ns` nanoseconds. For events so frequent (TLB misses) that
   * {@link advance} would be felt; the count may only rise.
   */
  counter(ns: number): Float64Array {
    if (this.counters === COUNTERS_MAX) throw new KernelBug(`more than ${COUNTERS_MAX} counters of time`);
    this.counters++;
    this.costs[this.counters] = ns;
    return this.cells.subarray(this.counters, this.counters + 1);
  }

  /** Moves time forward by `ns` >= 0 nanoseconds. */
  advance(ns: number): void {
    this.cells[0] = (this.cells[0] as number) + ns;
  }

  /** Timer ticks since power-on at `hz` ticks a second (2.4 on i386: 100). @linux jiffies */
  jiffies(hz = 100): number {
    return Math.floor((this.now * hz) / 1e9);
  }
}
