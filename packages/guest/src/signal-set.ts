import { SIG } from './signal-numbers.ts';

/** A set of the signals 1 .. 64: two words, as programs pass it. @linux sigset_t */
export class SignalSet {
  /** Signals 1 .. 32, a bit each. */
  lo: number;
  /** Signals 33 .. 64. */
  hi: number;

  constructor(lo = 0, hi = 0) {
    this.lo = lo >>> 0;
    this.hi = hi >>> 0;
  }

  /** The set of these signals. */
  static of(...signals: readonly number[]): SignalSet {
    const set = new SignalSet();
    for (const signal of signals) set.add(signal);
    return set;
  }

  has(signal: number): boolean {
    return (((signal > 32 ? this.hi : this.lo) >>> ((signal - 1) & 31)) & 1) === 1;
  }
  add(signal: number): void {
    if (signal > 32) this.hi = (this.hi | (1 << (signal - 33))) >>> 0;
    else this.lo = (this.lo | (1 << (signal - 1))) >>> 0;
  }
  remove(signal: number): void {
    if (signal > 32) this.hi = (this.hi & ~(1 << (signal - 33))) >>> 0;
    else this.lo = (this.lo & ~(1 << (signal - 1))) >>> 0;
  }
  /** Becomes equal to `other`. */
  set(other: SignalSet): void {
    this.lo = other.lo;
    this.hi = other.hi;
  }
  copy(): SignalSet {
    return new SignalSet(this.lo, this.hi);
  }
  addAll(other: SignalSet): void {
    this.lo = (this.lo | other.lo) >>> 0;
    this.hi = (this.hi | other.hi) >>> 0;
  }
  removeAll(other: SignalSet): void {
    this.lo = (this.lo & ~other.lo) >>> 0;
    this.hi = (this.hi & ~other.hi) >>> 0;
  }
  /** Whether there is a signal that `other` lacks. */
  exceeds(other: SignalSet): boolean {
    return ((this.lo & ~other.lo) | (this.hi & ~other.hi)) !== 0;
  }
  /** Whether both have a signal. */
  meets(other: SignalSet): boolean {
    return ((this.lo & other.lo) | (this.hi & other.hi)) !== 0;
  }
  /** This set as one that may be blocked: without SIGKILL and SIGSTOP. */
  blockable(): this {
    this.remove(SIG.kill);
    this.remove(SIG.stop);
    return this;
  }
}
