import { sentenceOf, VERDICTS } from '@pagewalk/lab/browser';
import { type TraceEvent, tracepoints } from '@pagewalk/mm';
import type { EventRow, HistoryRow } from '../protocol/views.ts';
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

/** What a history is about: a frame, a page of addresses, or both. */
export interface Subject {
  readonly pfn?: number;
  readonly address?: number;
}

/** Events that are looked at for a history. */
const LOOK_BACK = 1 << 19;

/** The last events about a frame or a page up to where the machine is, oldest first. */
export function historyOf(
  machine: Machine,
  subject: Subject,
  most: number,
  until = machine.kernel.trace.seq,
): HistoryRow[] {
  const { events } = machine.history;
  const found: HistoryRow[] = [];
  const last = Math.min(until, events.last);
  const page = subject.address === undefined ? -1 : subject.address >>> 12;
  for (let seq = last; seq >= events.first && seq > last - LOOK_BACK && found.length < most; seq--) {
    const kind = events.kindOf(seq);
    const pfn = PFN[kind] as number;
    const address = ADDRESS[kind] as number;
    const isFrame = pfn >= 0 && subject.pfn !== undefined && events.operand(seq, pfn) === subject.pfn;
    const isPage = address >= 0 && page >= 0 && events.operand(seq, address) >>> 12 === page;
    if (isFrame || isPage) {
      found.push({ ...eventRow(machine, seq), sentence: sentenceOf(machine.kernel, events.event(seq)) });
    }
  }
  return found.reverse();
}
