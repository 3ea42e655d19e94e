import type { Trace } from '@pagewalk/mm';

/** Called for every event; its cells lie in `trace.ring` from `base`. It must not change the machine. */
export type EventListener = (trace: Trace, base: number) => void;

/**
 * Lets several parties listen to one machine's events: the machine itself has room for one. They are called in the
 * order in which they were added.
 */
export class EventHub {
  private readonly listeners: EventListener[] = [];

  /** Switches the machine's events on. */
  constructor(trace: Trace) {
    trace.listen((source, base) => {
      for (const listener of this.listeners) listener(source, base);
    });
    trace.on = true;
  }

  /** Gives each event from now on to `listener`, too. */
  add(listener: EventListener): void {
    this.listeners.push(listener);
  }
}
