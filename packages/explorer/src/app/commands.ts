import { signal } from '@preact/signals';
import type { Breakpoint, StepUnit } from '../protocol/messages.ts';
import { postCommand } from './machine.ts';
import { breakpoints, machineChoice, refusal, speed, status } from './machine-signals.ts';
import { exporting } from './overlays.ts';

/** What the reader can make the machine do. */

export const UNITS: readonly { readonly unit: StepUnit; readonly title: string; readonly about: string }[] = [
  {
    unit: 'turn',
    title: 'turn',
    about: 'an access of a recording or pattern; a program: until it enters the kernel',
  },
  { unit: 'fault', title: 'fault', about: 'until the next page fault has been handled' },
  { unit: 'event', title: 'event', about: 'until something is traced' },
];

/** By what `.` and `,` step. */
export const stepUnit = signal<StepUnit>('event');

/** Turns a second that the reader can choose; null: as fast as it goes. */
export const SPEEDS: readonly (number | null)[] = [null, 100_000, 10_000, 1000, 100, 10, 1];

export function hasMachine(): boolean {
  return machineChoice.value !== null;
}

export function run(): void {
  if (!hasMachine()) return;
  refusal.value = '';
  postCommand({ type: 'run', speed: speed.value });
}

export function pause(): void {
  if (hasMachine()) postCommand({ type: 'pause' });
}

export function toggleRun(): void {
  if (status.value.phase === 'running' || status.value.phase === 'seeking') pause();
  else run();
}

/** How fast it runs, from now on. */
export function setSpeed(turnsPerSecond: number | null): void {
  speed.value = turnsPerSecond;
  if (status.value.phase === 'running') run();
}

/** Forwards, or backwards with a negative count. */
export function step(count: number, unit: StepUnit = stepUnit.value): void {
  if (!hasMachine()) return;
  refusal.value = '';
  postCommand({ type: 'step', unit, count });
}

/** The next unit to step by. */
export function nextUnit(): void {
  const at = UNITS.findIndex(({ unit }) => unit === stepUnit.value);
  stepUnit.value = (UNITS[(at + 1) % UNITS.length] as (typeof UNITS)[number]).unit;
}

/** The export that is being made is not wanted any more. */
export function stopExport(): void {
  exporting.value = null;
  postCommand({ type: 'stop-export' });
}

export function setBreakpoints(list: readonly Breakpoint[]): void {
  breakpoints.value = list;
  postCommand({ type: 'breakpoints', list });
}

let seeking = false;
let seekNext: number | null = null;

/**
 * Goes to a turn. While the machine is on its way to one, only the last that was wanted is kept: a timeline that is dragged never
 * makes a queue.
 */
export function seek(turn: number): void {
  if (!hasMachine()) return;
  if (seeking) {
    seekNext = turn;
    return;
  }
  seeking = true;
  postCommand({ type: 'seek', turn });
}

/** Called with each status of the machine. */
export function seekSettled(): void {
  if (!seeking || status.value.phase === 'seeking') return;
  seeking = false;
  const next = seekNext;
  seekNext = null;
  if (next !== null && next !== status.value.turn) seek(next);
}

export function seekEvent(seq: number): void {
  if (hasMachine()) postCommand({ type: 'seek-event', seq });
}
