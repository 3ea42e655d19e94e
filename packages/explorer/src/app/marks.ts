import { signal } from '@preact/signals';
import type { OomView } from '../protocol/views.ts';

/** Marks on the timeline: what the reader may want to go back to. */
export interface Mark {
  readonly turn: number;
  readonly kind: 'breakpoint' | 'kill';
  readonly text: string;
}

export const marks = signal<readonly Mark[]>([]);

const MARKS_MAX = 200;

function add(mark: Mark): void {
  const known = marks.value.some((m) => m.turn === mark.turn && m.kind === mark.kind && m.text === mark.text);
  if (known || marks.value.length >= MARKS_MAX) return;
  marks.value = [...marks.value, mark].sort((a, b) => a.turn - b.turn);
}

/** The machine stopped there. */
export function markStop(turn: number, reason: string): void {
  if (reason.startsWith('breakpoint')) add({ turn, kind: 'breakpoint', text: reason });
}

/** Every kill stays marked, also when the machine goes back before it. */
export function markKills(kills: OomView['kills']): void {
  for (const { turn, pid, comm } of kills)
    add({ turn, kind: 'kill', text: `${comm} (pid ${pid}) was killed` });
}

export function forgetMarks(): void {
  marks.value = [];
}
