import type { TraceEvent } from '@pagewalk/mm';
import { hex, zoneName } from '../words.ts';

/** What a sentence is made from: the operands of one event. */
export interface Operands {
  /** A number as it is. */
  n(field: string): number;
  /** A number of 32 bits in hexadecimal. */
  hex(field: string): string;
  /** An interned string. */
  text(field: string): string;
  /** Name of the zone that a field numbers. */
  zone(field: string): string;
  /** Whether a field is not 0: for `outcome` and other answers. */
  yes(field: string): boolean;
}

/** Says in one sentence what an event was, with its numbers; the first word has a small letter, there is no full stop. */
export type Sentence = (o: Operands) => string;

/** @throws RangeError when the event has no such field: a sentence that does not fit its tracepoint */
export function operandsOf(event: TraceEvent, text: (id: number) => string): Operands {
  const n = (field: string): number => {
    const value = event.values[field];
    if (value === undefined) throw new RangeError(`${event.name} has no field ${field}`);
    return value;
  };
  return {
    n,
    hex: (field) => hex(n(field)),
    text: (field) => text(n(field)),
    zone: (field) => zoneName(n(field)),
    yes: (field) => n(field) !== 0,
  };
}

/** `1 page`, `4 pages`. */
export function pages(count: number): string {
  return count === 1 ? '1 page' : `${count} pages`;
}

/** `a block of 4 pages`, `one page`. @param order power of two */
export function block(order: number): string {
  return order === 0 ? 'one page' : `a block of ${2 ** order} pages`;
}
