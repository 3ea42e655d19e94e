import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boot } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { compareCounts, readPressureRecordings } from '../../src/compare/pressure-recordings.ts';
import { parseWorkload } from '../../src/workload/arguments.ts';
import { WorkloadRun } from '../../src/workload/run.ts';

const MIB = 2 ** 20;
const recordings = readPressureRecordings(
  join(fileURLToPath(new URL('.', import.meta.url)), '../../recordings/pressure.json.gz'),
);

/** Recordings that are run here; `pagewalk workload --recorded` runs all. */
const CASES = [
  ['2.4.22', 'seq-fit', 3],
  ['2.4.22', 'seq-1.25x', 3],
  ['2.4.22', 'seq-2x', 0],
  ['2.4.22', 'unif-1.5x', 3],
  ['2.4.22', 'wsloop', 3],
  ['2.4.20', 'wsloop', 3],
  ['2.4.20', 'forkcow', 3],
  ['2.4.0', 'seq-1.25x', 3],
] as const;

describe('under memory pressure, every count is that of the real kernel (5 %, or its own spread)', () => {
  it.each(CASES)('%s %s, page-cluster %i', (release, name, pageCluster) => {
    const recording = recordings.find(
      (each) => each.release === release && each.name === name && each.pageCluster === pageCluster,
    );
    if (recording === undefined) throw new Error('no such recording');
    const kernel = boot({
      release,
      memory: recording.memoryMiB * MIB,
      swap: [{ size: recording.swapMiB * MIB }],
      sysctl: { 'vm.page-cluster': String(pageCluster) },
    });
    const run = new WorkloadRun(kernel, parseWorkload(recording.command.split(' ').slice(1)));
    while (run.step());
    const compared = compareCounts(run.report(), recording.runs);
    expect(compared.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('compareCounts', () => {
  const zero = {
    minflt: 0,
    majflt: 0,
    child_minflt: 0,
    child_majflt: 0,
    pgpgin: 0,
    pgpgout: 0,
    pswpin: 0,
    pswpout: 0,
  };

  it('allows 5 % of the median, or the spread where that is more; what never happened is left out', () => {
    const runs = [100, 102, 120].map((minflt) => ({ ...zero, minflt }));
    const verdict = (minflt: number) => compareCounts({ ...zero, minflt }, runs);
    expect(verdict(122)).toEqual([
      { count: 'minflt', ours: 122, median: 102, min: 100, max: 120, tolerance: 20, ok: true },
    ]);
    expect(verdict(123)[0]?.ok).toBe(false);
    expect(compareCounts(zero, [zero, zero, zero])).toEqual([]);
  });
});
