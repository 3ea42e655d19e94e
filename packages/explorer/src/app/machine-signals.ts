import { signal } from '@preact/signals';
import { joined } from '../bytes/joined.ts';
import type { MachineChoice } from '../protocol/choice.ts';
import type { Breakpoint, Status, TimedInput } from '../protocol/messages.ts';

/** The page's picture of the machine: signals that reports of the worker set. Views read them; commands go through machine.ts. */

export const NO_MACHINE: Status = {
  phase: 'empty',
  turn: 0,
  furthest: 0,
  end: null,
  seq: 0,
  time: 0,
  rate: 0,
  progress: 0,
  reason: '',
  stoppedBy: 0,
  frames: 0,
  release: '',
  pid: 0,
};

/** Where the machine is. */
export const status = signal<Status>(NO_MACHINE);

/** What the machine is made of; null: none was started. */
export const machineChoice = signal<MachineChoice | null>(null);

/** Last refusal, one line; empty: none. */
export const refusal = signal('');

/** Tells a refusal, after those that have not been read yet. */
export function refuse(message: string): void {
  const before = refusal.value;
  if (!before.includes(message)) refusal.value = before === '' ? message : `${before}; ${message}`;
}

export const breakpoints = signal<readonly Breakpoint[]>([]);

/** Turns a second while it runs; null: as fast as it goes. */
export const speed = signal<number | null>(null);

/** Terminal input as recorded so far. */
export const inputLog = signal<readonly TimedInput[]>([]);

/** Called with the program's output; `reset`: the terminal begins anew, and `bytes` is all of it. */
export type OutputListener = (bytes: Uint8Array, reset: boolean) => void;

const outputListeners = new Set<OutputListener>();
let outputSoFar: Uint8Array[] = [];
let outputBytes = 0;
/** As much as a terminal that is opened later needs; in between it may be twice as much. */
const OUTPUT_KEPT = 2 ** 20;

/** Listens to the terminal's output; hears at once all that came before. Returns what ends it. */
export function onOutput(listener: OutputListener): () => void {
  listener(output(), true);
  outputListeners.add(listener);
  return () => outputListeners.delete(listener);
}

/** From the worker's reports. */
export function outputArrived(bytes: Uint8Array, reset: boolean): void {
  if (reset) {
    outputSoFar = [];
    outputBytes = 0;
  }
  outputSoFar.push(bytes);
  outputBytes += bytes.length;
  if (outputBytes > 2 * OUTPUT_KEPT || outputSoFar.length > 4096) {
    outputSoFar = [output().slice(-OUTPUT_KEPT)];
    outputBytes = (outputSoFar[0] as Uint8Array).length;
  }
  for (const listener of outputListeners) listener(bytes, reset);
}

/** All that is kept, in one piece from now on. */
function output(): Uint8Array {
  const all = joined(outputSoFar);
  outputSoFar = [all];
  return all;
}
