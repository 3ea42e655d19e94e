import { partitionPoint } from './partition-point.ts';

/** Bytes that are kept: more than the terminal of the page scrolls back. */
export const OUTPUT_KEPT = 2 ** 20;
/** Turns with output of which it is known how far that went. */
const TURNS_KEPT = 2 ** 17;

/**
 * What programs printed, and in which turn. Of a program that prints without end the latest is kept: each mebibyte, or fewer bytes if
 * each of them came in a turn of its own.
 */
export class OutputStore {
  /** Bytes that were printed in all. */
  last = 0;
  /** Bytes at the beginning that are forgotten. */
  first = 0;
  // The kept ones lie from `begin` on.
  private bytes = new Uint8Array(4096);
  private begin = 0;
  // Turns with output, and how many bytes had been printed when each was over.
  private turns: number[] = [];
  private ends: number[] = [];

  /** Adds output of a turn, the last that there is or a later one. */
  print(turn: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const kept = bytes.subarray(Math.max(0, bytes.length - OUTPUT_KEPT));
    this.last += bytes.length - kept.length;
    if (kept.length < bytes.length) this.forgetUntil(this.last);
    this.makeRoom(kept.length);
    this.bytes.set(kept, this.begin + this.last - this.first);
    this.last += kept.length;
    if (this.turns.at(-1) !== turn) {
      this.turns.push(turn);
      this.ends.push(this.last);
    } else this.ends[this.ends.length - 1] = this.last;
    if (this.last - this.first > OUTPUT_KEPT) this.forgetUntil(this.last - OUTPUT_KEPT);
    if (this.turns.length > 2 * TURNS_KEPT) this.forgetTurns(this.turns.length - TURNS_KEPT);
  }

  /** Bytes that had been printed when a turn was over; {@link first} if that is forgotten. */
  until(turn: number): number {
    const turns = partitionPoint(this.turns.length, (at) => (this.turns[at] as number) <= turn);
    return Math.max(this.first, turns === 0 ? 0 : (this.ends[turns - 1] as number));
  }

  /** Bytes `from` up to but without `to`, as far as they are kept: a copy. */
  read(from: number, to: number): Uint8Array {
    const offset = this.begin - this.first;
    return this.bytes.slice(offset + Math.max(from, this.first), offset + Math.max(to, this.first));
  }

  /** Forgets what was printed after a turn. */
  truncate(turn: number): void {
    this.last = this.until(turn);
    while (this.turns.length > 0 && (this.turns.at(-1) as number) > turn) {
      this.turns.pop();
      this.ends.pop();
    }
  }

  private forgetUntil(at: number): void {
    this.begin += at - this.first;
    this.first = at;
  }

  private forgetTurns(count: number): void {
    this.forgetUntil(Math.max(this.first, this.ends[count - 1] as number));
    this.turns = this.turns.slice(count);
    this.ends = this.ends.slice(count);
  }

  private makeRoom(count: number): void {
    const kept = this.last - this.first;
    if (this.begin + kept + count <= this.bytes.length) return;
    // Twice as much as is kept: so what is kept is moved once in a while only.
    let size = this.bytes.length;
    while (size < kept + count || (size < 2 * OUTPUT_KEPT && size < 2 * (kept + count))) size *= 2;
    const moved = size === this.bytes.length ? this.bytes : new Uint8Array(size);
    moved.set(this.bytes.subarray(this.begin, this.begin + kept));
    this.bytes = moved;
    this.begin = 0;
  }
}
