import { tracepoints } from '@pagewalk/mm';
import type { EventStore } from '../event-store.ts';

/** What a tally does with an event of one kind. */
export type Count = (events: EventStore, seq: number) => void;

/** Looks at every event up to where the machine is, once; when the machine went back, at all from the first again. */
export class Tally {
  private readonly counts: (Count | undefined)[] = [];
  private readonly begin: () => void;
  private looked = 0;

  /** @param counts by name of the tracepoint; @param begin forgets all that was counted; @param after events up to here do not count */
  constructor(counts: Readonly<Record<string, Count>>, begin: () => void, after = 0) {
    this.begin = begin;
    this.looked = after;
    tracepoints().forEach(({ name }, id) => {
      this.counts[id] = counts[name];
    });
  }

  /** Whether the machine is not where it was looked at last. */
  isBehind(seq: number): boolean {
    return seq !== this.looked;
  }

  /** Events up to `seq` do not count. */
  skipTo(seq: number): void {
    this.looked = seq;
  }

  /** Looks at the events up to `seq`. */
  update(events: EventStore, seq: number): void {
    if (seq < this.looked) {
      this.looked = 0;
      this.begin();
    }
    for (let at = Math.max(this.looked + 1, events.first); at <= Math.min(seq, events.last); at++) {
      this.counts[events.kindOf(at)]?.(events, at);
    }
    this.looked = seq;
  }
}

/** The place of a field among those of a tracepoint. */
export function fieldIndex(name: string, field: string): number {
  return (
    tracepoints()
      .find((definition) => definition.name === name)
      ?.fields.indexOf(field) ?? -1
  );
}
