import type { TimedInput } from '../protocol/messages.ts';
import { EventStore } from './event-store.ts';
import { SampleStore } from './sample-store.ts';

/** Output of a turn. */
interface Piece {
  /** Turns that were made when the turn was over. */
  readonly turn: number;
  readonly bytes: Uint8Array;
}

/**
 * What is known of a machine from its first turn to the furthest that it has been at. Going back does not change it: the machine goes
 * the same way again.
 */
export class History {
  readonly events = new EventStore();
  readonly samples = new SampleStore();
  /** Name of each task by pid, as last seen. */
  readonly names = new Map<number, string>();
  /** Input in the order in which it arrives. */
  inputs: TimedInput[] = [];
  /** The furthest turn. */
  furthest = 0;
  /** Turn at which the program ends; null: not yet known. */
  end: number | null = null;
  private pieces: Piece[] = [];

  /** Output of the turn that is being made, the first time. */
  print(turn: number, bytes: Uint8Array): void {
    if (turn > this.furthest || turn === 0) this.pieces.push({ turn, bytes: bytes.slice() });
  }

  /** Number of pieces of output up to a turn. */
  piecesUntil(turn: number): number {
    let count = this.pieces.length;
    while (count > 0 && (this.pieces[count - 1] as Piece).turn > turn) count--;
    return count;
  }

  /** Output pieces `from` up to but without `to`, as one. */
  output(from: number, to: number): Uint8Array {
    const pieces = this.pieces.slice(from, to);
    const all = new Uint8Array(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0));
    let at = 0;
    for (const { bytes } of pieces) {
      all.set(bytes, at);
      at += bytes.length;
    }
    return all;
  }

  /** Input that arrives before turn `turn + 1`. */
  inputsAt(turn: number): readonly TimedInput[] {
    return this.inputs.filter((input) => input.turn === turn);
  }

  /** The first turn from `turn` on at which input arrives; Infinity: none does. */
  nextInput(turn: number): number {
    for (const input of this.inputs) if (input.turn >= turn) return input.turn;
    return Number.POSITIVE_INFINITY;
  }

  /** From this turn on things will go another way: what is known of later is forgotten. */
  forgetAfter(turn: number, seq: number): void {
    this.inputs = this.inputs.filter((input) => input.turn <= turn);
    if (turn >= this.furthest) return;
    this.furthest = turn;
    this.end = null;
    this.events.truncate(seq);
    this.samples.truncate(turn);
    this.pieces.length = this.piecesUntil(turn);
  }
}
