import { boot, type TraceEvent, tracepoints } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { EventHub } from '../../src/events/event-hub.ts';
import { SENTENCES, sentenceOf } from '../../src/explain/sentences/index.ts';
import { parseWorkload } from '../../src/workload/arguments.ts';
import { WorkloadRun } from '../../src/workload/run.ts';

const MIB = 2 ** 20;
const kernel = boot({ memory: 16 * MIB });

function event(name: string, values: Readonly<Record<string, number>>): TraceEvent {
  const definition = tracepoints().find((point) => point.name === name);
  if (definition === undefined) throw new Error(`no tracepoint ${name}`);
  const all = Object.fromEntries(definition.fields.map((field) => [field, values[field] ?? 0]));
  return { seq: 1, time: 0, pid: 0, cpu: 0, name, definition, values: all };
}

describe('sentences', () => {
  it('there is one for each tracepoint, and for nothing else', () => {
    expect(Object.keys(SENTENCES).sort()).toEqual(
      tracepoints()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it.each(
    tracepoints().map(({ name }) => name),
  )('%s: uses fields that it has, whatever they hold', (name) => {
    const fields = (tracepoints().find((point) => point.name === name) as { fields: readonly string[] })
      .fields;
    for (const value of [0, 1, 2, 4095]) {
      const values = Object.fromEntries(fields.map((field) => [field, value]));
      const sentence = sentenceOf(kernel, event(name, values));
      expect(sentence).not.toMatch(/undefined|NaN|\.$|^[A-Z](?!PU)/);
      expect(sentence.length).toBeGreaterThan(8);
    }
  });

  it.each([
    [
      'zone_watermark_ok',
      { zone: 1, free: 250, mark: 255, pass: 1 },
      'zone Normal was passed over: its 250 free pages are not above the mark 255 of pass 1',
    ],
    ['mm_page_age', { pfn: 77, up: 0, age: 2 }, 'the age of frame 77 went down, as it was not used: it is 2'],
    ['aged_refill_page', { pfn: 77, age: 3, count: 1, most: 2 }, 'frame 77 stays active: its age is still 3'],
    [
      'mm_vmscan_deactivate',
      { pfn: 9, referenced: 1 },
      'frame 9 stays active: it was referenced since, and goes round once more',
    ],
    ['swap_slot_alloc', {}, 'no swap slot was free'],
    [
      'mm_filemap_add_to_page_cache',
      { pfn: 9, dev: 0, ino: 0, index: 0x53b00 },
      'frame 9 became the page of swap entry 53b00 in the page cache',
    ],
    [
      'mm_filemap_delete_from_page_cache',
      { pfn: 9, dev: 769, ino: 12, index: 3 },
      'frame 9, page 3 of inode 12, left the page cache',
    ],
    ['sys_exit', { nr: 4, ret: 12 }, 'system call  gave 12'],
    ['sys_exit', { nr: 192, ret: 0x40000000 }, 'system call  gave 1073741824 (0x40000000)'],
  ] as const)('%s', (name, values, wanted) => {
    expect(sentenceOf(kernel, event(name, values))).toBe(wanted);
  });

  it.each(['2.4.22', '2.4.0'])('%s: every event of a run under pressure has one', (release) => {
    const machine = boot({ memory: 8 * MIB, swap: [{ size: 32 * MIB }], release });
    const seen = new Set<string>();
    new EventHub(machine.trace).add((trace, base) => {
      const happened = trace.decode(base);
      if (seen.has(happened.name)) return;
      seen.add(happened.name);
      expect(sentenceOf(machine, happened)).not.toMatch(/undefined|NaN| verdict /);
    });
    const run = new WorkloadRun(machine, parseWorkload('forkcow 3 1500 2 100 20'.split(' ')));
    while (run.step());
    expect(seen.size).toBeGreaterThan(20);
  });
});
