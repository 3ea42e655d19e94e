import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Clock } from '../../src/hardware/clock.ts';
import { EventQueue, PendingEvent } from '../../src/hardware/event-queue.ts';
import { KernelBug } from '../../src/kernel-bug.ts';

describe('event queue', () => {
  test('events run in order of time, then of scheduling, and only when due', () => {
    const clock = new Clock();
    const events = new EventQueue(clock);
    const ran: string[] = [];
    events.schedule(30, () => ran.push('c'));
    events.schedule(10, () => ran.push('a'));
    events.schedule(10, () => ran.push('b'));
    expect(events.nextDue).toBe(10);
    expect(events.runDue()).toBe(0);
    clock.advance(10);
    expect(events.runDue()).toBe(2);
    expect(ran).toEqual(['a', 'b']);
    expect(events.runNext()).toBe(true);
    expect(clock.now).toBe(30);
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(events.runNext()).toBe(false);
    expect(events.nextDue).toBe(Number.POSITIVE_INFINITY);
  });

  test('an event may schedule another that is due at once', () => {
    const clock = new Clock();
    const events = new EventQueue(clock);
    let count = 0;
    events.schedule(0, () => {
      count++;
      events.schedule(0, () => count++);
    });
    expect(events.runDue()).toBe(2);
    expect(count).toBe(2);
  });

  test('an event that has run, or was taken back, can come again; one that is pending cannot', () => {
    const clock = new Clock();
    const events = new EventQueue(clock);
    const ran: number[] = [];
    const event = new PendingEvent(() => ran.push(clock.now));
    events.reschedule(event, 20);
    expect(() => events.reschedule(event, 30)).toThrow(KernelBug);
    expect(events.runNext()).toBe(true);
    events.reschedule(event, 50);
    events.cancel(event);
    expect(events.pending).toBe(0);
    events.reschedule(event, 40);
    expect(events.runNext()).toBe(true);
    expect(ran).toEqual([20, 40]);
  });

  test('agrees with a sorted list whatever is scheduled and cancelled', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(50), cancels: fc.option(fc.nat(40), { nil: undefined }) }), {
          maxLength: 60,
        }),
        (steps) => {
          const events = new EventQueue(new Clock());
          const handles: ReturnType<EventQueue['schedule']>[] = [];
          const model: { at: number; id: number }[] = [];
          const ran: number[] = [];
          for (const { at, cancels } of steps) {
            const id = handles.length;
            handles.push(events.schedule(at, () => ran.push(id)));
            model.push({ at, id });
            if (cancels !== undefined && cancels < handles.length) {
              events.cancel(handles[cancels] as ReturnType<EventQueue['schedule']>);
              const place = model.findIndex((entry) => entry.id === cancels);
              if (place >= 0) model.splice(place, 1);
            }
          }
          while (events.runNext());
          model.sort((a, b) => a.at - b.at || a.id - b.id);
          expect(ran).toEqual(model.map(({ id }) => id));
        },
      ),
    );
  });
});
