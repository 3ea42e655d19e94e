import { boot } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { medianCounts } from '../../src/compare/pressure-recordings.ts';
import { parseWorkload } from '../../src/workload/arguments.ts';
import { WorkloadRun } from '../../src/workload/run.ts';
import { WorkloadSession } from '../../src/workload/session.ts';

const MIB = 2 ** 20;

describe('workloads one after the other on one machine', () => {
  it('each finds all swap free and nothing of the scanned file in memory', () => {
    const kernel = boot({ release: '2.4.22', memory: 16 * MIB, swap: [{ size: 32 * MIB }] });
    const { swapAreas } = kernel.paging;
    const allFree = swapAreas.swapinfo().free;
    const session = new WorkloadSession(kernel);
    const free: number[] = [];
    for (const line of [
      'seq 1 4000 2',
      'readhot 13 2000 500 1 16 /data/f',
      'readhot 13 2000 500 1 16 /data/f',
    ]) {
      const run = new WorkloadRun(kernel, parseWorkload(line.split(' ')), session);
      free.push(run.report().freeBefore);
      while (run.step());
      expect(run.report().stopped).toBeNull();
      expect(run.report().pgpgin).toBeGreaterThanOrEqual(line.startsWith('seq') ? 1 : 8000);
      session.end();
      expect(swapAreas.swapinfo().free).toBe(allFree);
    }
    // What differs is what the kernel keeps for its I/O.
    expect(Math.max(...free) - Math.min(...free)).toBeLessThan(150);
    kernel.checkInvariants();
  });

  it('2.4.0 remembers how hard memory was asked for', () => {
    const kernel = boot({ release: '2.4.0', memory: 16 * MIB, swap: [{ size: 32 * MIB }] });
    const session = new WorkloadSession(kernel);
    const target = (): number => Number(/Inact_target: +(\d+)/.exec(kernel.proc('meminfo'))?.[1]);
    const before = target();
    const run = new WorkloadRun(kernel, parseWorkload(['seq', '1', '4500', '3']), session);
    while (run.step());
    session.end();
    expect(before).toBeLessThan(10);
    expect(target()).toBeGreaterThan(100);
  });
});

it('medianCounts takes the median of each count by itself', () => {
  const zero = { child_minflt: 0, child_majflt: 0, pgpgin: 0, pgpgout: 0, pswpin: 0, pswpout: 0 };
  const runs = [
    { ...zero, minflt: 3, majflt: 10 },
    { ...zero, minflt: 1, majflt: 30 },
    { ...zero, minflt: 2, majflt: 20 },
  ];
  expect(medianCounts(runs)).toEqual({ ...zero, minflt: 2, majflt: 20 });
});
