import { boot, type TraceEvent } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { EventHub } from '../../src/events/event-hub.ts';
import { EventLog, type Selection } from '../../src/explain/event-log.ts';
import { explain } from '../../src/explain/explain.ts';
import { evaluate } from '../../src/explain/expression.ts';
import type { Finding } from '../../src/explain/finding.ts';
import { parseWorkload } from '../../src/workload/arguments.ts';
import { WorkloadRun } from '../../src/workload/run.ts';

const MIB = 2 ** 20;

function explained(
  line: string,
  selection: Selection = {},
  config: { swap?: number; release?: string; failAlloc?: number } = {},
): Finding[] {
  const { swap = 64, ...rest } = config;
  const kernel = boot({
    memory: 8 * MIB,
    swap: [{ size: swap * MIB }],
    sysctl: { 'vm.overcommit_memory': '1' },
    ...rest,
  });
  const log = new EventLog(kernel, new EventHub(kernel.trace), selection);
  const run = new WorkloadRun(kernel, parseWorkload(line.split(' ')));
  while (run.step());
  return explain(kernel, log, selection);
}

describe('evaluate', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['a - b - 1', 3],
    ['a > b && b != 0', 1],
    ['!a || b >> 1', 1],
    ['7 / 2 + 7 % 4', 6],
    ['(a & 1) != 0', 0],
    ['1 << 4 | 3', 19],
    ['-a < 0', 1],
  ])('%s', (text, wanted) => {
    expect(evaluate(text, { a: 6, b: 2 })).toBe(wanted);
  });

  it.each(['a +', '(a', 'a b', 'c', '$'])('%s is refused', (text) => {
    expect(() => evaluate(text, { a: 1, b: 1 })).toThrow(RangeError);
  });
});

describe('decisions', () => {
  it.each(['2.4.22', '2.4.20', '2.4.0'])('%s: each recorded decision is true of its operands', (release) => {
    const kernel = boot({ memory: 8 * MIB, swap: [{ size: 32 * MIB }], release });
    const wrong: TraceEvent[] = [];
    const seen = new Set<string>();
    new EventHub(kernel.trace).add((trace, base) => {
      const event = trace.decode(base);
      const { decision } = event.definition;
      if (decision === undefined) return;
      seen.add(event.name);
      if (evaluate(decision, event.values) !== event.values['outcome']) wrong.push(event);
    });
    const run = new WorkloadRun(kernel, parseWorkload('forkcow 3 1500 2 100 20'.split(' ')));
    while (run.step());
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(seen.size).toBeGreaterThan(5);
  });
});

describe('explain', () => {
  const all = explained('seq 1 3000 2');

  it('tells why a page was swapped out, and what kept kswapd busy', () => {
    const text = all.map(({ sentence }) => sentence).join('\n');
    expect(text).toMatch(/try_to_swap_out\(\) took the page at [0-9a-f]+ from process \d+, frame \d+/);
    expect(text).toMatch(/for the first time kswapd was woken, because no zone had enough free pages/);
    expect(text).toMatch(/zone \w+ was passed over: its \d+ free pages are not above the mark \d+/);
    expect(text).toMatch(/shrink_cache\(\) looked at \d+ pages/);
  });

  it.each([
    ['a page', explained('seq 1 3000 2', { address: 0x40010000 })],
    ['everything', all],
    ['2.4.0', explained('seq 1 3000 2', {}, { release: '2.4.0' })],
    ['a killing', explained('seq 1 5000 1', {}, { swap: 2 })],
    ['a failed allocation', explained('seq 1 500 1', {}, { failAlloc: 100 })],
  ])('%s: every comparison gives its outcome', (_name, findings) => {
    expect(findings.length).toBeGreaterThan(0);
    for (const { comparison, operands, outcome } of findings) {
      if (comparison === null) expect(outcome).toBeNull();
      else expect(evaluate(comparison, operands)).toBe(outcome);
    }
  });

  it('tells who was killed, and why this one', () => {
    const killed = explained('seq 1 5000 1', {}, { swap: 2 }).filter(({ question }) => question === 'killed');
    const text = killed.map(({ sentence }) => sentence).join('\n');
    expect(text).toMatch(/with 0 swap pages free: bad enough to kill/);
    expect(text).toMatch(/process \d+ got signal (9|15): it has most points/);
  });

  it('tells of a failed allocation', () => {
    const [failed] = explained('seq 1 500 1', {}, { failAlloc: 100 }).filter(
      ({ question }) => question === 'allocation-failed',
    );
    expect(failed?.sentence).toMatch(/asked for \d+ pages? .* and got none/);
  });

  it('selects by frame, by address and process, by event', () => {
    const unmapped = all.find(({ name }) => name === 'mm_vmscan_try_to_swap_out');
    const { pfn = 0 } = all.findLast(({ operands }) => operands['pfn'] !== undefined)?.operands ?? {};
    const byFrame = explained('seq 1 3000 2', { frame: pfn });
    expect(byFrame.length).toBeGreaterThan(0);
    for (const { operands } of byFrame) {
      if (operands['pfn'] !== undefined) expect(operands['pfn']).toBe(pfn);
    }
    const byAddress = explained('seq 1 3000 2', { address: 0x40010000 });
    expect(byAddress.some(({ operands }) => operands['address'] === 0x40010000)).toBe(true);
    expect(explained('seq 1 3000 2', { address: 0x40010000, pid: 99 })).toEqual([]);
    const event = unmapped?.event ?? 1;
    const [one, ...rest] = explained('seq 1 3000 2', { event });
    expect(rest).toEqual([]);
    expect(one).toMatchObject({ question: 'event', event });
  });

  it('has nothing to tell where memory suffices', () => {
    expect(explained('seq 1 100 1')).toEqual([]);
  });
});
