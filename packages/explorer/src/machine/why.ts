import { explainEvent, VERDICTS } from '@pagewalk/lab/browser';
import { ConfigError, type TraceEvent } from '@pagewalk/mm';
import type { Answer } from '../protocol/questions.ts';
import { callPath } from './call-path.ts';
import { chapterOf } from './chapters.ts';
import { eventRow, historyOf } from './event-row.ts';
import type { Machine } from './machine.ts';

/** Events of the history before and after the event. */
const BEFORE = 24;
const AFTER = 12;
const AFTER_LOOK = 1 << 17;

/** Why an event happened. @throws ConfigError when it is not known (any more) */
export function why(machine: Machine, seq: number): Extract<Answer, { ask: 'why' }> {
  const { events } = machine.history;
  if (!events.has(seq)) {
    throw new ConfigError(`event ${seq}: not known; known are ${events.first} to ${events.last}`);
  }
  const event = events.event(seq);
  const row = eventRow(machine, seq);
  return {
    ask: 'why',
    event: row,
    sentence: explainEvent(machine.kernel, event).sentence,
    comparison: comparisonOf(event),
    path: callPath(machine, seq),
    chapter: chapterOf(event.definition.origin),
    history: around(machine, seq, row.pfn, row.address),
  };
}

/** The comparison with its numbers: `free 250 > mark 255`; of a verdict, what it says. */
function comparisonOf({ name, definition, values }: TraceEvent): string {
  const { decision } = definition;
  if (decision === undefined) return VERDICTS[name]?.names[values['verdict'] ?? -1] ?? '';
  return decision.replace(/[A-Za-z_]\w*/g, (field) => {
    const value = values[field];
    if (value === undefined) return field;
    return `${field} ${definition.hex?.includes(field) ? `0x${(value >>> 0).toString(16)}` : value}`;
  });
}

/** Events of the same frame or page, before and after. */
function around(machine: Machine, seq: number, pfn: number, address: number) {
  const { events } = machine.history;
  const subject = { ...(pfn > 0 ? { pfn } : {}), ...(address >= 0 ? { address } : {}) };
  if (pfn <= 0 && address < 0) return [];
  const before = historyOf(machine, subject, BEFORE, seq);
  const until = Math.min(events.last, seq + AFTER_LOOK);
  const later = historyOf(machine, subject, Number.POSITIVE_INFINITY, until).filter((row) => row.seq > seq);
  return [...before, ...later.slice(0, AFTER)];
}
