import type { TimedInput } from '../protocol/messages.ts';
import { EventStore } from './event-store.ts';
import { OutputStore } from './output-store.ts';
import { partitionPoint } from './partition-point.ts';
import { SampleStore } from './sample-store.ts';

/**
 * What is known of a machine from its first turn to the furthest that it has been at. Going back does not change it: the machine goes
 * the same way again.
 */
export class History {
  readonly events = new EventStore();
  readonly samples = new SampleStore();
  readonly output = new OutputStore();
  /** Name of each task by pid, as last seen. */
  readonly names = new Map<number, string>();
  /** Input in the order in which it arrives: turns do not decrease. */
  inputs: TimedInput[] = [];
  /** The furthest turn. */
  furthest = 0;
  /** Turn at which the program ends; null: not yet known. */
  end: number | null = null;

  /** Output of the turn that is being made, the first time. */
  print(turn: number, bytes: Uint8Array): void {
    if (turn > this.furthest || this.furthest === 0) this.output.print(turn, bytes);
  }

  /** Input that arrives before turn `turn + 1`. */
  inputsAt(turn: number): readonly TimedInput[] {
    return this.inputs.slice(this.inputsBefore(turn), this.inputsBefore(turn + 1));
  }

  /** The first turn from `turn` on at which input arrives; Infinity: none does. */
  nextInput(turn: number): number {
    return this.inputs[this.inputsBefore(turn)]?.turn ?? Number.POSITIVE_INFINITY;
  }

  /** From this turn on things will go another way: what is known of later is forgotten. */
  forgetAfter(turn: number, seq: number): void {
    this.inputs = this.inputs.filter((input) => input.turn <= turn);
    if (turn >= this.furthest) return;
    this.furthest = turn;
    this.end = null;
    this.events.truncate(seq);
    this.samples.truncate(turn);
    this.output.truncate(turn);
  }

  /** How much input arrives before a turn is asked for each time that the machine goes on: it may be very much. */
  private inputsBefore(turn: number): number {
    return partitionPoint(this.inputs.length, (at) => (this.inputs[at] as TimedInput).turn < turn);
  }
}
