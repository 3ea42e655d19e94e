import { KernelBug } from '../kernel-bug.ts';
import type { Clock } from './clock.ts';

/** What happens when an event is due. */
export type EventAction = () => void;

/**
 * Things that will happen at a known virtual time: an I/O ends, a timer fires.
 *
 * Events run in order of their time, those of the same time in the order in which they were scheduled, so a run is the
 * same every time. An event runs when somebody asks for it, after its time has come: hardware interrupts the kernel
 * only where the kernel looks.
 */
export class EventQueue {
  /** Time of the first event in ns; Infinity when there is none. Compare it with the clock before calling {@link runDue}. */
  nextDue = Number.POSITIVE_INFINITY;
  private readonly clock: Clock;
  // A binary heap; the root is the next event. Few events are pending at a time, so objects do.
  private readonly heap: PendingEvent[] = [];
  private sequence = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Events that have not run and were not cancelled. */
  get pending(): number {
    return this.heap.length;
  }

  /**
   * Schedules an event.
   *
   * @param at virtual time in ns; a time that has passed means: as soon as somebody looks
   * @returns what {@link cancel} takes
   */
  schedule(at: number, action: EventAction): PendingEvent {
    const event = new PendingEvent(action);
    this.reschedule(event, at);
    return event;
  }

  /** The same for an event that is not pending: one that has run, say. Nothing is allocated. */
  reschedule(event: PendingEvent, at: number): void {
    if (!(at >= 0 && at < Number.POSITIVE_INFINITY)) throw new KernelBug(`an event is scheduled at ${at} ns`);
    if (event.index !== -1) throw new KernelBug('an event is scheduled that is pending');
    event.at = at;
    event.sequence = this.sequence++;
    event.index = this.heap.length;
    this.heap.push(event);
    if (event.index > 0) this.siftUp(event);
    this.nextDue = (this.heap[0] as PendingEvent).at;
  }

  /** Takes an event back; nothing if it has run. */
  cancel(event: PendingEvent): void {
    if (event.index !== -1) this.remove(event.index);
  }

  /** Runs all events whose time has come, also those that become due meanwhile. Returns how many. */
  runDue(): number {
    let count = 0;
    while (this.nextDue <= this.clock.now) {
      this.takeFirst().action();
      count++;
    }
    return count;
  }

  /**
   * Lets time pass until the first event and runs it: what an idle CPU does. False: nothing will ever happen.
   */
  runNext(): boolean {
    if (this.heap.length === 0) return false;
    const wait = this.nextDue - this.clock.now;
    if (wait > 0) this.clock.advance(wait);
    this.takeFirst().action();
    return true;
  }

  private takeFirst(): PendingEvent {
    const first = this.heap[0] as PendingEvent;
    this.remove(0);
    return first;
  }

  private remove(index: number): void {
    const { heap } = this;
    const removed = heap[index] as PendingEvent;
    const last = heap.pop() as PendingEvent;
    if (last !== removed) {
      heap[index] = last;
      last.index = index;
      this.siftDown(last);
      this.siftUp(last);
    }
    removed.index = -1;
    this.nextDue = heap.length === 0 ? Number.POSITIVE_INFINITY : (heap[0] as PendingEvent).at;
  }

  private siftUp(event: PendingEvent): void {
    const { heap } = this;
    while (event.index > 0) {
      const parent = heap[(event.index - 1) >>> 1] as PendingEvent;
      if (!before(event, parent)) return;
      this.swap(event, parent);
    }
  }

  private siftDown(event: PendingEvent): void {
    const { heap } = this;
    for (;;) {
      const at = event.index * 2 + 1;
      if (at >= heap.length) return;
      let child = heap[at] as PendingEvent;
      if (at + 1 < heap.length && before(heap[at + 1] as PendingEvent, child)) {
        child = heap[at + 1] as PendingEvent;
      }
      if (!before(child, event)) return;
      this.swap(child, event);
    }
  }

  private swap(a: PendingEvent, b: PendingEvent): void {
    const index = a.index;
    a.index = b.index;
    b.index = index;
    this.heap[a.index] = a;
    this.heap[b.index] = b;
  }
}

/** Something that happens when its time has come, once or again and again: see {@link EventQueue.reschedule}. */
export class PendingEvent {
  /** @internal when, in ns */
  at = 0;
  /** @internal */
  sequence = 0;
  /** @internal place in the heap; -1 = not scheduled, has run, or was cancelled */
  index = -1;
  readonly action: EventAction;

  constructor(action: EventAction) {
    this.action = action;
  }
}

function before(a: PendingEvent, b: PendingEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
