import type { Kernel } from '@pagewalk/mm';

/** A booted machine with something that runs on it, turn by turn. It holds all of the machine's state, and nothing else. */
export interface Runner {
  readonly kernel: Kernel;
  /** Turns that were made; while one is made, those before it. */
  readonly turn: number;
  /** Turns until the end, if they are known before it comes; null: they are not. */
  readonly turnsInAll: number | null;
  /** Why it is over: `exited with 0`; null: it goes on. */
  readonly ended: string | null;
  /** It is over because what it runs is damaged, as {@link ended} says. */
  readonly damaged: boolean;
  /** It waits for terminal input: no turn can be made. */
  readonly waits: boolean;
  /** Whether there is a terminal. */
  readonly hasTerminal: boolean;
  /** Makes turns: fewer than asked only when it is over, or waits. */
  advance(turns: number): void;
  /** Typed on the terminal. */
  type(bytes: Uint8Array): void;
  resizeWindow(columns: number, rows: number): void;
}
