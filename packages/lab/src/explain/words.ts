import type { TraceEvent } from '@pagewalk/mm';

/** Event number and time, at the begin of a sentence: `Event 1234 (5.6 ms):`. */
export function at(event: TraceEvent): string {
  return `Event ${event.seq} (${(event.time / 1e6).toFixed(3)} ms):`;
}

/** The same in the midst of a sentence: `at event 1234 (5.6 ms)`. */
export function when(event: TraceEvent): string {
  return `at event ${event.seq} (${(event.time / 1e6).toFixed(3)} ms)`;
}

/** A number of 32 bits in hexadecimal. */
export function hex(value: number): string {
  return (value >>> 0).toString(16);
}

/** Name of a zone by its number over all nodes. */
export function zoneName(zone: number): string {
  if (zone < 0) return '(none)';
  const name = ['DMA', 'Normal', 'HighMem'][zone % 3] as string;
  return zone < 3 ? name : `${name} of node ${Math.floor(zone / 3)}`;
}
