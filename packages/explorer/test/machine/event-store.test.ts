import type { Trace } from '@pagewalk/mm';
import { expect, test } from 'vitest';
import { EventStore } from '../../src/machine/event-store.ts';

/** Adds events of one kind, one a turn, up to number `last`; the time is the number. */
function appendTo(events: EventStore, last: number): void {
  const ring = new Float64Array(64);
  const trace = { ring } as unknown as Trace;
  while (events.last < last) {
    ring[0] = events.last + 1;
    ring[1] = events.last + 1;
    events.append(trace, 0, events.last + 1);
  }
}

test('events go on after the machine went another way from where all are forgotten', () => {
  const events = new EventStore();
  appendTo(events, 2_200_000);
  expect(events.first).toBeGreaterThan(70_000);
  events.truncate(70_000);
  expect([events.first, events.last]).toEqual([70_001, 70_000]);
  expect(events.has(70_000)).toBe(false);
  expect(events.lastUntil(1e9)).toBe(70_000);
  appendTo(events, 70_003);
  expect([events.first, events.last]).toEqual([70_001, 70_003]);
  expect([70_001, 70_003].map((seq) => events.timeOf(seq))).toEqual([70_001, 70_003]);
  expect(events.turnOf(70_002)).toBe(70_002);
  events.truncate(70_001);
  appendTo(events, 140_000);
  expect(events.lastUntil(70_002)).toBe(70_002);
  expect([events.first, events.turnOf(140_000)]).toEqual([70_001, 140_000]);
  appendTo(events, 2_400_000);
  expect(events.first).toBeGreaterThan(140_000);
  expect(events.timeOf(events.first)).toBe(events.first);
});
