import type { EventStore } from '../machine/event-store.ts';

/** What an export needs of a machine. */
export interface ExportSource {
  readonly events: EventStore;
  /** Number of the last event that is told. */
  readonly until: number;
  /** Name of a task. */
  comm(pid: number): string;
  /** Fields as ftrace prints them. */
  fields(seq: number): string;
}

/** A file that is made piece by piece: says after each which share of it is done, 0 .. 1. */
export type Making<T = Uint8Array> = Generator<number, T>;

/** Events, or packets, of a piece. */
export const PIECE = 4096;
