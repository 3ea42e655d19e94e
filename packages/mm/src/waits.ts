import type { Clock } from './hardware/clock.ts';
import type { EventQueue } from './hardware/event-queue.ts';
import { KernelBug } from './kernel-bug.ts';
import { PG } from './physical/mem-map.ts';
import type { Pfn } from './types.ts';

/** A task that sleeps for longer than this, in virtual ns, sleeps for ever: an hour. */
const FOR_EVER = 3600e9;

/**
 * How a task sleeps in the middle of the kernel.
 *
 * The sleeper's place is the JavaScript stack, so it goes on exactly where it slept, and looks again at what may have changed:
 * while it sleeps, I/O ends, timers fire, kernel threads run.
 */
export class Waits {
  private readonly clock: Clock;
  private readonly events: EventQueue;
  private readonly runThreads: () => boolean;
  /** Lets other tasks run until the running one can go on, or nobody can; false: nobody could. Null: no scheduler, so nobody. */
  runOthers: ((done: () => boolean) => boolean) | null = null;

  /** @param runThreads lets one kernel thread that is awake run; false: none is */
  constructor(clock: Clock, events: EventQueue, runThreads: () => boolean) {
    this.clock = clock;
    this.events = events;
    this.runThreads = runThreads;
  }

  /** Sleeps until `done()`. */
  until(done: () => boolean): void {
    const start = this.clock.now;
    while (!done()) this.letGo(start);
  }

  /** Sleeps until a page is not locked: the most frequent of all waits. */
  untilUnlocked(flags: Int32Array, pfn: Pfn): void {
    const start = this.clock.now;
    while (((flags[pfn] as number) & PG.locked) !== 0) this.letGo(start);
  }

  /**
   * The same for a task that holds nothing which other address spaces could want, but a reference to the page: other tasks run, too.
   */
  asideUntilUnlocked(flags: Int32Array, pfn: Pfn): void {
    // No function is made here: V8 would make room for what it captures at every call.
    if (this.runOthers === null) this.untilUnlocked(flags, pfn);
    else this.asideWith(this.runOthers, flags, pfn);
  }

  private asideWith(others: (done: () => boolean) => boolean, flags: Int32Array, pfn: Pfn): void {
    const start = this.clock.now;
    const done = () => ((flags[pfn] as number) & PG.locked) === 0;
    while (!done()) {
      if (this.events.runDue() === 0 && !this.runThreads() && !others(done)) this.passTime(start);
    }
  }

  /** Something else goes on: what is due, else a thread, else time passes. */
  private letGo(start: number): void {
    if (this.events.runDue() > 0) return;
    if (this.runThreads()) return;
    this.passTime(start);
  }

  private passTime(start: number): void {
    if (!this.events.runNext() || this.clock.now - start > FOR_EVER) {
      throw new KernelBug('a task sleeps, and nothing will ever wake it');
    }
  }

  /** Sleeps until a time. */
  untilTime(ns: number): void {
    this.events.schedule(ns, () => {});
    this.until(() => this.clock.now >= ns);
  }
}
