import type { Selection } from '../app/selection.ts';
import type { MachineChoice } from '../protocol/choice.ts';

/**
 * A story about one thing that the kernel does: a machine, and stages that each say what to watch, ask, and then let the machine go
 * on until the answer can be seen.
 *
 * Texts: `code` between backquotes; `[[id|words]]` are explained by the glossary; an empty line begins a paragraph.
 */
export interface Scenario {
  /** Small letters, digits, `-`: links name it so. */
  readonly id: string;
  /** Of the book. */
  readonly chapter: number;
  readonly title: string;
  /** One sentence for the start page. */
  readonly summary: string;
  readonly choice: MachineChoice;
  /** Text of app/layout.ts; it has the panel `scenario`. */
  readonly layout: string;
  readonly stages: readonly Stage[];
}

export interface Stage {
  readonly title: string;
  /** What to watch. */
  readonly text: string;
  readonly question: string;
  readonly options: readonly string[];
  /** Index of the right one. */
  readonly correct: number;
  /** Shown after the machine has gone on. */
  readonly answer: string;
  /** How the machine goes on when the answer is wanted. */
  readonly go: Go;
  /** Brought to the front when the stage begins. */
  readonly panels?: readonly string[];
  /** Selected when the machine has arrived. */
  readonly select?: Selection;
}

/** Where the machine goes: until an event, to a turn, to its end, or it stays. */
export type Go =
  | { readonly to: 'event'; readonly event: string; readonly condition: string }
  | { readonly to: 'turn'; readonly turn: number }
  | { readonly to: 'end' }
  | { readonly to: 'stay' };

/** Titles of the book's chapters that have scenarios. */
export const CHAPTERS: Readonly<Record<number, string>> = {
  2: 'Describing physical memory',
  3: 'Page table management',
  4: 'Process address space',
  5: 'Boot memory allocator',
  6: 'Physical page allocation',
  7: 'Non-contiguous memory allocation',
  8: 'Slab allocator',
  9: 'High memory management',
  10: 'Page frame reclamation',
  11: 'Swap management',
  12: 'Shared memory virtual file system',
  13: 'Out of memory management',
};
