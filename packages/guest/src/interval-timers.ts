import { SIG } from './signal-numbers.ts';

/** Numbers of the timers, as setitimer counts them, and what they send. */
export const ITIMER = { real: 0, virtual: 1, prof: 2 } as const;
const SIGNAL_OF = [SIG.alrm, SIG.vtalrm, SIG.prof];

interface Timer {
  /** Reading of its clock at which it is due, ns; 0: it does not run. */
  at: number;
  /** It is due again so much later, ns; 0: once. */
  every: number;
}

/**
 * The three timers of a process: on the clock, on its time in user mode, on all of its processor time.
 * @linux 2.4.22 kernel/itimer.c
 */
export class IntervalTimers {
  private readonly timers: readonly Timer[] = [0, 1, 2].map(() => ({ at: 0, every: 0 }));

  /** What is left of a timer, and its period, ns. @param now reading of its clock */
  get(which: number, now: number): { readonly left: number; readonly every: number } {
    const { at, every } = this.timers[which] as Timer;
    // One that is due but not yet seen has a moment left.
    return { left: at === 0 ? 0 : Math.max(1, at - now), every };
  }

  /** Starts a timer. @param left ns until it is due; 0: stops it */
  start(which: number, now: number, left: number, every: number): void {
    const timer = this.timers[which] as Timer;
    timer.at = left === 0 ? 0 : now + left;
    timer.every = every;
  }

  /** When the timer on the clock is due, ns; infinite: never. */
  get realDue(): number {
    const { at } = this.timers[ITIMER.real] as Timer;
    return at === 0 ? Infinity : at;
  }

  /** Whether one on processor time runs. */
  get countsTime(): boolean {
    return (this.timers[1] as Timer).at !== 0 || (this.timers[2] as Timer).at !== 0;
  }

  /** The signal of a timer if it is due; it starts again. 0: it is not due. */
  expire(which: number, now: number): number {
    const timer = this.timers[which] as Timer;
    if (timer.at === 0 || timer.at > now) return 0;
    timer.at = timer.every === 0 ? 0 : now + timer.every;
    return SIGNAL_OF[which] as number;
  }
}
