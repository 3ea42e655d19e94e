import type { Kernel } from '@pagewalk/mm';
import { type Counter, countersOf } from './counters.ts';

/** Samples that are kept; when there are more every second one is forgotten, and half as many are made from then on. */
const MOST = 1024;

/** All counters at regular turns. */
export class SampleStore {
  /** Names of the counters. */
  names: readonly string[] = [];
  /** Turns between two samples. */
  interval = 1;
  readonly turns: number[] = [];
  readonly times: number[] = [];
  /** By counter. */
  values: number[][] = [];
  private counters: readonly Counter[] = [];

  /** The next turn of which a sample is wanted. */
  get next(): number {
    const last = this.turns.at(-1);
    return last === undefined ? 0 : (Math.floor(last / this.interval) + 1) * this.interval;
  }

  /** Notes the counters of a turn that the machine is at for the first time. */
  take(kernel: Kernel, turn: number): void {
    if (this.counters.length === 0) {
      this.counters = countersOf(kernel);
      this.names = this.counters.map(({ name }) => name);
      this.values = this.counters.map(() => []);
    }
    this.turns.push(turn);
    this.times.push(kernel.clock.now / 1e9);
    this.counters.forEach((counter, i) => {
      (this.values[i] as number[]).push(counter.read(kernel));
    });
    if (this.turns.length === MOST) this.thin();
  }

  /** The counters of a machine as they are, in the order of {@link names}. */
  present(kernel: Kernel): Float64Array {
    return Float64Array.from(this.counters, (counter) => counter.read(kernel));
  }

  truncate(turn: number): void {
    let count = this.turns.length;
    while (count > 0 && (this.turns[count - 1] as number) > turn) count--;
    for (const column of [this.turns, this.times, ...this.values]) column.length = count;
  }

  private thin(): void {
    this.interval *= 2;
    const keep = this.turns.map((turn) => turn % this.interval === 0);
    for (const column of [this.turns, this.times, ...this.values]) {
      const kept = column.filter((_, i) => keep[i]);
      column.length = 0;
      column.push(...kept);
    }
  }
}
