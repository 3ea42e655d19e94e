import { VERDICTS } from '@pagewalk/lab/browser';
import { type TraceEvent, tracepoints } from '@pagewalk/mm';
import type { EventRow } from '../protocol/views.ts';
import type { Machine } from './machine.ts';

/** Place of an operand among a tracepoint's fields, by the tracepoint's id; -1: it has none. */
const PFN = tracepoints().map(({ fields }) => fields.indexOf('pfn'));
const ADDRESS = tracepoints().map(({ fields }) => fields.indexOf('address'));

/** A line of the event log. */
export function eventRow(machine: Machine, seq: number): EventRow {
  const { events } = machine.history;
  const event = events.event(seq);
  const kind = events.kindOf(seq);
  const pfn = PFN[kind] as number;
  const address = ADDRESS[kind] as number;
  return {
    seq,
    time: event.time,
    pid: event.pid,
    name: event.name,
    text: fieldsOf(machine, event),
    decision: event.definition.decision !== undefined || VERDICTS[event.name] !== undefined,
    pfn: pfn < 0 ? -1 : events.operand(seq, pfn),
    address: address < 0 ? -1 : events.operand(seq, address),
  };
}

/** The fields as ftrace prints them: `pfn=12 order=0`. */
export function fieldsOf(machine: Machine, event: TraceEvent): string {
  const line = machine.kernel.trace.format(event, '');
  return line.slice(line.indexOf(`: ${event.name}: `) + event.name.length + 4);
}
