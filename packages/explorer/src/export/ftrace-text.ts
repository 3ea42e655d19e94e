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

/** Text is put together in pieces of so many lines. */
const PIECE = 4096;

/** The events as `cat trace` prints them, header included. */
export function ftraceText(source: ExportSource): Uint8Array {
  const { events, until } = source;
  const first = events.first;
  const count = Math.max(0, until - first + 1);
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [encoder.encode(header(count, until))];
  for (let from = first; from <= until; from += PIECE) {
    let text = '';
    for (let seq = from; seq < Math.min(until + 1, from + PIECE); seq++) text += line(source, seq);
    pieces.push(encoder.encode(text));
  }
  return joined(pieces);
}

function header(count: number, written: number): string {
  return `# tracer: nop
#
# entries-in-buffer/entries-written: ${count}/${written}   #P:1
#
#                                _-----=> irqs-off
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| /     delay
#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION
#              | |         |   ||||      |         |
`;
}

function line(source: ExportSource, seq: number): string {
  const { events } = source;
  const pid = events.pidOf(seq);
  const comm = pid === 0 ? '<idle>' : source.comm(pid);
  const seconds = (events.timeOf(seq) / 1e9).toFixed(6);
  const task = `${comm}-${pid}`.padStart(20);
  return `${task}   [000] .... ${seconds.padStart(12)}: ${events.nameOf(seq)}: ${source.fields(seq)}\n`;
}

/** Pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
