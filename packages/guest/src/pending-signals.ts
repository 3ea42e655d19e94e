import type { SignalInfo } from './siginfo.ts';
import { SIG, SYNCHRONOUS } from './signal-numbers.ts';
import { SignalSet } from './signal-set.ts';

/** Signals that one queue holds at most. @linux RLIMIT_SIGPENDING */
const MOST = 1024;

/** Signals that were sent and not delivered yet: a thread's own, or those of all threads of a process. @linux struct sigpending */
export class PendingSignals {
  /** Which signals are there. */
  readonly set = new SignalSet();
  private queue: SignalInfo[] = [];

  /** Adds one. One below 32 that is there already is lost. False: there are too many. */
  add(info: SignalInfo): boolean {
    const { signo } = info;
    if (signo < SIG.rtMin && this.set.has(signo)) return true;
    if (this.queue.length >= MOST) return false;
    this.queue.push(info);
    this.set.add(signo);
    return true;
  }

  /** Whether one is there that `blocked` lacks. */
  waits(blocked: SignalSet): boolean {
    return this.set.exceeds(blocked);
  }

  /** Takes the first that `blocked` lacks: what an instruction caused first, then the lowest number; null: none. */
  take(blocked: SignalSet): SignalInfo | null {
    if (!this.waits(blocked)) return null;
    return this.takeBy((signo) => !blocked.has(signo));
  }

  /** Takes the first of those wanted; null: none. */
  takeOf(wanted: SignalSet): SignalInfo | null {
    return this.set.meets(wanted) ? this.takeBy((signo) => wanted.has(signo)) : null;
  }

  /** Forgets a signal. */
  drop(signo: number): void {
    if (!this.set.has(signo)) return;
    this.set.remove(signo);
    this.queue = this.queue.filter((info) => info.signo !== signo);
  }

  private takeBy(eligible: (signo: number) => boolean): SignalInfo | null {
    let best = -1;
    let bestRank = Infinity;
    this.queue.forEach(({ signo }, i) => {
      const rank = SYNCHRONOUS.has(signo) ? signo - 64 : signo;
      if (rank >= bestRank || !eligible(signo)) return;
      best = i;
      bestRank = rank;
    });
    if (best < 0) return null;
    const [info] = this.queue.splice(best, 1) as [SignalInfo];
    if (!this.queue.some(({ signo }) => signo === info.signo)) this.set.remove(info.signo);
    return info;
  }
}
