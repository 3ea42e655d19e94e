import type { Trace } from '@pagewalk/mm';

/** Called for every event; its cells lie in `trace.ring` from `base`. It must not change the machine. */
export type EventListener = (trace: Trace, base: number) => void;

/**
 * Lets several parties listen to one machine's events: the machine itself has room for one. They are called in the
 * order in which they were added.
 */
export class EventHub {
  private readonly trace: Trace;
  private readonly listeners: EventListener[] = [];

  /** Switches the machine's events on. */
  constructor(trace: Trace) {
    this.trace = trace;
    trace.on = true;
  }

  /** Gives each event from now on to `listener`, too. */
  add(listener: EventListener): void {
    this.listeners.push(listener);
    // One is called without a detour: events come by the hundred million.
    this.trace.listen(this.listeners.length === 1 ? listener : (trace, base) => this.tell(trace, base));
  }

  private tell(trace: Trace, base: number): void {
    for (const listener of this.listeners) listener(trace, base);
  }
}
