import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The counts that a recorded run and ours are compared by. */
export const COUNTS = [
  'minflt',
  'majflt',
  'child_minflt',
  'child_majflt',
  'pgpgin',
  'pgpgout',
  'pswpin',
  'pswpout',
] as const;
/** One of them. */
export type CountName = (typeof COUNTS)[number];
/** A value for each count. */
export type Counts = Readonly<Record<CountName, number>>;

/** A workload that ran under memory pressure on a real kernel, several times. */
export interface PressureRecording {
  readonly release: string;
  /** Name of the workload and its size: `seq-2x`. */
  readonly name: string;
  /** vm.page-cluster during the run. */
  readonly pageCluster: number;
  /** The command line: `wl seq 1 30000 3`. */
  readonly command: string;
  readonly memoryMiB: number;
  readonly swapMiB: number;
  readonly runs: readonly Counts[];
}

/**
 * The order in which the workloads were recorded, each three times, on one machine that was booted once: the free memory before
 * each run tells, and 2.4.0's inactive_target, which grows from 2 pages before the first to its most before the last.
 */
export const RECORDED_ORDER = [
  'seq-fit',
  'seq-1.25x',
  'seq-2x',
  'unif-1.5x',
  'readhot',
  'forkcow',
  'wsloop',
] as const;
/** How often each ran. */
export const RECORDED_RUNS = 3;

/** The median of each count. @param runs an odd number */
export function medianCounts(runs: readonly Counts[]): Counts {
  const median = (count: CountName): number =>
    runs.map((run) => run[count]).sort((a, b) => a - b)[runs.length >>> 1] as number;
  return Object.fromEntries(COUNTS.map((count) => [count, median(count)])) as Record<CountName, number>;
}

/** Reads the recordings that are shipped. @param path of the gzipped file */
export function readPressureRecordings(path: string): PressureRecording[] {
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as PressureRecording[];
}

/** One count of ours beside theirs. */
export interface CountComparison {
  readonly count: CountName;
  readonly ours: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How far ours may be from the median: 5 % of it, or what the real runs differ by if that is more. */
  readonly tolerance: number;
  readonly ok: boolean;
}

/** Share of the median by which ours may differ. */
const TOLERANCE = 0.05;

/** Compares every count of a run of ours with the recorded runs. Counts that are 0 on both sides are left out. */
export function compareCounts(ours: Counts, runs: readonly Counts[]): CountComparison[] {
  return COUNTS.map((count) => {
    const values = runs.map((run) => run[count]).sort((a, b) => a - b);
    const median = values[values.length >>> 1] as number;
    const min = values[0] as number;
    const max = values.at(-1) as number;
    const tolerance = Math.max(median * TOLERANCE, max - min);
    const ok = Math.abs(ours[count] - median) <= tolerance;
    return { count, ours: ours[count], median, min, max, tolerance, ok };
  }).filter(({ ours: value, max }) => value !== 0 || max !== 0);
}
