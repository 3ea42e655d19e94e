import { tracepoints } from '@pagewalk/mm';
import type { EventFilter, EventRow, EventsView } from '../protocol/views.ts';
import { eventRow } from './event-row.ts';
import type { Machine } from './machine.ts';
import { partitionPoint } from './partition-point.ts';

/** Events that are looked at in one go, by name and by text. */
const LOOK = 1 << 18;
const READ = 4000;
/** The machine stands: all are looked at by name, and so many by text. */
const READ_STANDING = 50_000;

/** The events that pass a filter, found as they come. */
export class FilteredEvents {
  private readonly machine: Machine;
  private readonly filter: EventFilter;
  private readonly kinds: Uint8Array | null;
  // Numbers of events; the first `gone` of them are forgotten.
  private found = new Float64Array(1024);
  private count = 0;
  private gone = 0;
  // All that were found and forgotten.
  private dropped = 0;
  private looked: number;

  constructor(machine: Machine, filter: EventFilter) {
    this.machine = machine;
    this.filter = filter;
    this.looked = machine.history.events.first - 1;
    this.kinds = filter.names.length === 0 ? null : new Uint8Array(256);
    tracepoints().forEach(({ name }, id) => {
      if (this.kinds !== null && filter.names.includes(name)) this.kinds[id] = 1;
    });
  }

  /** Whether there are events that were not looked at yet. */
  get behind(): boolean {
    return (
      !this.passesAll &&
      this.looked < Math.min(this.machine.history.events.last, this.machine.kernel.trace.seq)
    );
  }

  /**
   * Rows `from` up to `from + count`. While the machine works at most so many events as take a few milliseconds are looked at.
   *
   * @param whole the machine stands
   * @param find number of an event whose row is wanted
   * @param dropped rows were counted when so many were forgotten
   */
  view(from: number, count: number, whole: boolean, find = 0, dropped?: number): EventsView {
    const { history } = this.machine;
    const { events } = history;
    const until = Math.min(events.last, this.machine.kernel.trace.seq);
    const rows: EventRow[] = [];
    if (this.passesAll) {
      const total = Math.max(0, until - events.first + 1);
      const forgotten = events.first - 1;
      const start = Math.max(0, Math.min(from - (forgotten - (dropped ?? forgotten)), total - count));
      for (let i = start; i < Math.min(total, start + count); i++) {
        rows.push(eventRow(this.machine, events.first + i));
      }
      return {
        view: 'events',
        total,
        from: start,
        dropped: forgotten,
        found: Math.max(0, find - events.first),
        rows,
      };
    }
    this.look(until, whole);
    const { gone } = this;
    const total = this.foundUntil(until) - gone;
    const start = Math.max(0, Math.min(from - (this.dropped - (dropped ?? this.dropped)), total - count));
    for (let i = start; i < Math.min(total, start + count); i++) {
      rows.push(eventRow(this.machine, this.found[gone + i] as number));
    }
    return {
      view: 'events',
      total,
      from: start,
      dropped: this.dropped,
      found: Math.max(0, this.foundUntil(find - 1) - gone),
      rows,
    };
  }

  private get passesAll(): boolean {
    return this.kinds === null && this.filter.pid === 0 && this.filter.text === '';
  }

  private look(until: number, whole: boolean): void {
    const { events } = this.machine.history;
    this.forgetAfter(events.last);
    this.forgetBefore(events.first);
    let reads = whole ? READ_STANDING : READ;
    const last = whole ? until : Math.min(until, this.looked + LOOK);
    while (this.looked < last && reads > 0) {
      const seq = Math.max(this.looked + 1, events.first);
      this.looked = seq;
      if (this.kinds !== null && this.kinds[events.kindOf(seq)] === 0) continue;
      if (this.filter.pid !== 0 && events.pidOf(seq) !== this.filter.pid) continue;
      if (this.filter.text !== '') {
        reads--;
        if (!matches(eventRow(this.machine, seq), this.filter.text)) continue;
      }
      this.add(seq);
    }
  }

  /** The machine went another way: what was found later is gone. */
  private forgetAfter(seq: number): void {
    if (this.looked <= seq) return;
    this.looked = seq;
    this.count = this.foundUntil(seq);
  }

  /** The log has forgotten its beginning. */
  private forgetBefore(seq: number): void {
    const gone = this.foundUntil(seq - 1);
    this.dropped += gone - this.gone;
    this.gone = gone;
    if (gone < this.found.length / 2) return;
    this.found.copyWithin(0, gone, this.count);
    this.count -= gone;
    this.gone = 0;
  }

  private foundUntil(seq: number): number {
    return partitionPoint(this.count, (at) => (this.found[at] as number) <= seq);
  }

  private add(seq: number): void {
    if (this.count === this.found.length) {
      const grown = new Float64Array(this.found.length * 2);
      grown.set(this.found);
      this.found = grown;
    }
    this.found[this.count++] = seq;
  }
}

/** Whether a line of the log contains a text, in any case. */
export function matches(row: EventRow, text: string): boolean {
  return `${row.pid} ${row.name}: ${row.text}`.toLowerCase().includes(text.toLowerCase());
}
