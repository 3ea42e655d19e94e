import { beforeAll, describe, expect, test } from 'vitest';
import { machineMaker } from '../../src/machine/boot-machine.ts';
import { FilteredEvents } from '../../src/machine/event-filter.ts';
import { Machine } from '../../src/machine/machine.ts';
import type { EventFilter } from '../../src/protocol/views.ts';
import { choiceOf, nodeAssets } from './engine-host.ts';

const ALL: EventFilter = { names: [], pid: 0, text: '' };

describe('the log of events', () => {
  let machine: Machine;

  beforeAll(async () => {
    const program = { kind: 'workload', args: 'zipf 7 3000 2000 30'.split(' ') } as const;
    machine = new Machine(await machineMaker(choiceOf(program), nodeAssets), () => 0);
    while (machine.turn < 2000) machine.forward(2000, 1);
  });

  /** The machine when its first events are forgotten. */
  const forgetful = (forgotten: number): Machine => {
    const events = Object.create(machine.history.events, { first: { value: forgotten + 1 } });
    const history = Object.create(machine.history, { events: { value: events } });
    return Object.create(machine, { history: { value: history } });
  };

  test('says in which row an event is, with a filter and without', () => {
    const log = new FilteredEvents(machine, ALL);
    const { found } = log.view(0, 5, true, 1234);
    expect(log.view(found, 1, true).rows[0]?.seq).toBe(1234);
    const allocations = new FilteredEvents(machine, { ...ALL, names: ['mm_page_alloc'] });
    const { seq } = allocations.view(40, 1, true).rows[0] ?? { seq: 0 };
    expect(allocations.view(0, 1, true, seq).found).toBe(40);
    expect(allocations.view(0, 1, true, seq - 1).found).toBe(40);
  });

  test('what is read stays when the oldest events are forgotten', () => {
    const before = new FilteredEvents(machine, ALL).view(3000, 10, true, 0, 0);
    const after = new FilteredEvents(forgetful(1000), ALL).view(3000, 10, true, 0, before.dropped);
    expect(before.dropped).toBe(0);
    expect(after.dropped).toBe(1000);
    expect(after.rows).toEqual(before.rows);
    expect(new FilteredEvents(forgetful(1000), ALL).view(3000, 10, true).rows[0]?.seq).toBe(4001);
  });

  test('what passes a filter is forgotten with the events', () => {
    const filter = { ...ALL, names: ['mm_page_alloc'] };
    let forgotten = 0;
    const events = Object.create(machine.history.events, { first: { get: () => forgotten + 1 } });
    const history = Object.create(machine.history, { events: { value: events } });
    const log = new FilteredEvents(Object.create(machine, { history: { value: history } }), filter);
    const before = log.view(60, 5, true, 0, 0);
    const early = log.view(0, 1000, true).rows.filter(({ seq }) => seq <= 300).length;
    expect(early).toBeGreaterThan(10);
    expect(early).toBeLessThan(60);
    forgotten = 300;
    const after = log.view(60, 5, true, 0, before.dropped);
    expect([before.dropped, after.dropped]).toEqual([0, early]);
    expect(after.total).toBe(before.total - early);
    expect(after.rows).toEqual(before.rows);
    const first = log.view(0, 1, true).rows[0];
    expect(first?.seq).toBeGreaterThan(300);
    expect(log.view(0, 1, true, (first?.seq ?? 0) + 1).found).toBe(1);
    // All of them, and what comes again after that.
    forgotten = machine.history.events.last;
    expect(log.view(0, 10, true)).toMatchObject({ total: 0, rows: [], dropped: before.total });
  });
});
