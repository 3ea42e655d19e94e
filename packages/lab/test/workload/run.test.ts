import { boot } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { accessesOf, parseWorkload } from '../../src/workload/arguments.ts';
import { WorkloadRun } from '../../src/workload/run.ts';

const MIB = 2 ** 20;

function run(line: string, memory = 64, swap = 64, sysctl: Record<string, string> = {}) {
  const kernel = boot({ memory: memory * MIB, swap: [{ size: swap * MIB }], sysctl });
  const workload = new WorkloadRun(kernel, parseWorkload(line.split(' ')));
  while (workload.step());
  workload.verify();
  return { kernel, report: workload.report(), workload };
}

describe('workloads that fit into memory', () => {
  it.each([
    ['seq 1 500 3', { accesses: 1500, writes: 1500, minflt: 500, majflt: 0 }],
    ['zipf 3 400 1000 30', { accesses: 1400, minflt: 400, pop_minflt: 400 }],
    ['unif 3 400 1000 0', { accesses: 1400, writes: 400, minflt: 400 }],
    ['wsloop 9 100 200 2', { accesses: 1400, writes: 1000, minflt: 300 }],
    // Pages 0..99 in the first phase, 50..149 in the second: nearly all of them are drawn.
    ['shift 5 1000 100 2 2000 100', { accesses: 4000, writes: 4000, minflt: 150 }],
    ['filehot 5 200 64 2 16 /data/f', { accesses: 848, writes: 448 }],
    ['readhot 5 200 64 2 16 /data/f', { accesses: 848, writes: 448, minflt: 65, majflt: 0 }],
  ] as const)('%s', (line, wanted) => {
    const { kernel, report } = run(line);
    expect(report).toMatchObject({ ...wanted, pswpin: 0, pswpout: 0, stopped: null });
    kernel.checkInvariants();
  });

  it('forkcow: children start with what the parent has, and leave the parent its own', () => {
    const { report } = run('forkcow 17 300 3 200 20');
    expect(report).toMatchObject({
      accesses: 300 + 3 * 60,
      writes: 300 + 3 * 60,
      majflt: 0,
      // The page of _exit, which only children run.
      child_majflt: 3,
    });
    // Each child writes most pages, which are shared with the parent then: one copy each.
    expect(report.child_minflt).toBeGreaterThan(3 * 240);
  });

  it('tells the share that is done', () => {
    const kernel = boot({ memory: 64 * MIB });
    const workload = new WorkloadRun(kernel, parseWorkload(['seq', '1', '5000', '2']));
    expect(workload.progress).toBe(0);
    workload.step();
    while (workload.step()) expect(workload.progress).toBeLessThanOrEqual(1);
    expect(workload.progress).toBe(1);
  });
});

describe('workloads larger than memory', () => {
  it.each([
    'seq 1 3000 2',
    'unif 7 3000 4000 30',
    'wsloop 19 900 1800 2',
    'forkcow 17 1500 2 150 20',
  ])('%s loses no byte on 8 MiB', (line) => {
    const { report, kernel } = run(line, 8);
    expect(report.stopped).toBeNull();
    expect(report.pswpout).toBeGreaterThan(0);
    expect(report.pswpin).toBeGreaterThan(0);
    expect(report.bytesVerified).toBeGreaterThan(8000);
    kernel.checkInvariants();
  });

  it('ends when the kernel kills it', () => {
    const { report } = run('seq 1 6000 2', 8, 4, { 'vm.overcommit_memory': '1' });
    expect(report.stopped).toMatch(/^process \d+ was killed by signal \d+$/);
  });

  it('ends when the kernel refuses the memory', () => {
    expect(run('seq 1 30000 2', 8, 4).report.stopped).toBe('the kernel refused mmap of 30000 pages: ENOMEM');
  });
});

describe('arguments', () => {
  it.each([
    ['', '(none)'],
    ['sek 1 2 3', 'sek: no such pattern'],
    ['seq 1 2', 'takes 3 arguments, not 2'],
    ['seq 1 2 3 4', 'takes 3 arguments, not 4'],
    ['seq x 2 3', 'seed x'],
    ['seq 1 0 3', 'pages 0'],
    ['seq 1 2 -3', 'passes -3'],
    ['unif 1 10 10 101', 'writepct 101'],
    ['shift 1 10 0 1 1 1', 'hot 0'],
    ['readhot 1 10 10 1 0 /f', 'batch 0'],
    ['readhot 1 10 10 1 4 f', "path 'f'"],
    ['wsloop 1 400000 400000 1', '800000 pages together'],
  ])('%s', (line, text) => {
    expect(() => parseWorkload(line.split(' ').filter(Boolean))).toThrow(text);
  });

  it('are counted into accesses, children included', () => {
    const count = (line: string): number => accessesOf(parseWorkload(line.split(' ')));
    expect(count('seq 1 500 3')).toBe(1500);
    expect(count('forkcow 17 300 3 200 20')).toBe(300 + 3 * (600 + 300 + 60));
    expect(count('filehot 5 200 64 2 16 /f')).toBe(64 + 2 * (200 + 192));
  });
});
