import type { JobMachine, JobResult } from '../jobs/job.ts';
import { runJobs } from '../jobs/pool.ts';
import { RELEASES } from '../machine-options.ts';
import { plotBars } from '../output/plot.ts';
import { print, say } from '../output/print.ts';
import { renderTable } from '../output/table.ts';
import { grouped, humanTime, terminalWidth } from '../output/text.ts';

/** Shares of the replay's own peak that a squeezed machine has, in percent. */
const SHARES = [100, 50, 25, 12] as const;
const MIB = 2 ** 20;
/** Swap of a machine for which the user asked none, in bytes. */
export const SQUEEZE_SWAP = 256 * MIB;
/** The releases that are squeezed: the newest, and the one that is least like it. */
const SQUEEZED = RELEASES.filter((_, i) => i === 0 || i === RELEASES.length - 1);
/** A machine that takes this many times as long as the one that is not squeezed is past its knee. */
const KNEE = 2;

/** One machine of a squeeze. */
export interface SqueezeRow {
  readonly release: string;
  /** Percent of the peak; null: not squeezed. */
  readonly share: number | null;
  /** Frames that the kernel left free at boot. */
  readonly frames: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly pswpin: number;
  readonly pswpout: number;
  readonly virtualTimeNs: number;
  /** Share of the recording that was replayed, 0 .. 1. */
  readonly done: number;
  readonly stopped: string | null;
}

/** A squeeze, as far as it went. */
export interface Squeeze {
  /** Most frames of users and files that the replay had at a time, by release. */
  readonly peaks: Readonly<Record<string, number>>;
  readonly rows: readonly SqueezeRow[];
  /** Smallest share that is still before the knee, by release; null: none is. */
  readonly knees: Readonly<Record<string, number | null>>;
  readonly interrupted: boolean;
}

/**
 * Replays a recording on machines of two releases that have fewer and fewer frames: those that the kernel keeps, and a share
 * of those that the replay uses when it has all it wants.
 */
export async function squeeze(path: string, machine: JobMachine): Promise<Squeeze> {
  const machines = SQUEEZED.map((release) => ({ ...machine, release }));
  const work = { kind: 'replay', path } as const;
  const first = await runJobs(
    machines.map((each) => ({ machine: each, work })),
    'squeeze: peak',
  );
  const free = first.outcomes.flatMap(({ result }) => (result === null ? [] : [result]));
  const rows = first.outcomes.flatMap(({ job, result }) =>
    result === null ? [] : [rowOf(job.machine.release, null, result)],
  );
  const peaks = Object.fromEntries(rows.map(({ release }, i) => [release, free[i]?.framePeak ?? 0]));
  if (first.interrupted) return { peaks, rows, knees: {}, interrupted: true };
  const shares = machines.flatMap((each) => SHARES.map((share) => ({ each, share })));
  const second = await runJobs(
    shares.map(({ each, share }) => ({
      machine: each,
      work,
      frames: Math.max(1, Math.round(((peaks[each.release] as number) * share) / 100)),
    })),
    'squeeze',
  );
  for (const [i, { job, result }] of second.outcomes.entries()) {
    if (result !== null)
      rows.push(rowOf(job.machine.release, (shares[i] as { share: number }).share, result));
  }
  rows.sort(
    (a, b) =>
      (RELEASES as readonly string[]).indexOf(a.release) -
        (RELEASES as readonly string[]).indexOf(b.release) || (b.share ?? 1000) - (a.share ?? 1000),
  );
  return { peaks, rows, knees: kneesOf(rows), interrupted: second.interrupted };
}

function rowOf(release: string, share: number | null, result: JobResult): SqueezeRow {
  const { framesFree, minorFaults, majorFaults, io, virtualTimeNs, done, stopped } = result;
  const { pswpin, pswpout } = io;
  return {
    release,
    share,
    frames: framesFree,
    minorFaults,
    majorFaults,
    pswpin,
    pswpout,
    virtualTimeNs,
    done,
    stopped,
  };
}

/** The smallest share at which a replay ends, and in less than {@link KNEE} times the time of the one that has all it wants. */
function kneesOf(rows: readonly SqueezeRow[]): Record<string, number | null> {
  const knees: Record<string, number | null> = {};
  for (const release of new Set(rows.map((row) => row.release))) {
    const own = rows.filter((row) => row.release === release);
    const base = own.find(({ share }) => share === null)?.virtualTimeNs ?? 0;
    const good = own.filter(
      ({ share, done, virtualTimeNs }) => share !== null && done === 1 && virtualTimeNs < KNEE * base,
    );
    knees[release] = good.length === 0 ? null : Math.min(...good.map(({ share }) => share as number));
  }
  return knees;
}

/** Prints a squeeze as a table, a plot, and where the knee is. */
export function printSqueeze({ peaks, rows, knees, interrupted }: Squeeze): void {
  const width = terminalWidth();
  print('\nSqueezed');
  const peakText = Object.entries(peaks).map(([release, peak]) => `${grouped(peak)} on ${release}`);
  say(
    `The replay uses at most so many frames for its own pages and those of files: ${peakText.join(', ')}. Now the machine has what its kernel keeps for itself, plus a share of them, and a swap disk.`,
  );
  print(
    renderTable(
      [
        { head: 'release' },
        { head: 'frames', right: true },
        { head: 'minor', right: true },
        { head: 'major', right: true },
        { head: 'swap in', right: true },
        { head: 'out', right: true },
        { head: 'virtual time', right: true },
        { head: '' },
      ],
      rows.map((row) => [
        row.release,
        `${labelOf(row)} (${grouped(row.frames)})`,
        grouped(row.minorFaults),
        grouped(row.majorFaults),
        grouped(row.pswpin),
        grouped(row.pswpout),
        humanTime(row.virtualTimeNs),
        row.done === 1 ? '' : `out of memory at ${Math.floor(row.done * 100)} %`,
      ]),
      width,
    ),
  );
  print('\nVirtual time (log scale)');
  print(
    plotBars(
      rows
        .filter(({ done }) => done === 1)
        .map((row) => ({
          label: `${row.release} ${labelOf(row)}`,
          value: row.virtualTimeNs,
          text: humanTime(row.virtualTimeNs),
        })),
      width,
    ),
  );
  print('');
  for (const [release, share] of Object.entries(knees)) {
    say(
      share === null
        ? `${release}: even with 100 % it takes more than ${KNEE} times as long: the knee is above.`
        : `${release}: the knee is below ${share} %: with less it takes more than ${KNEE} times as long, or does not end.`,
    );
  }
  if (interrupted) say('Interrupted: the machines that had not ended are left out.');
}

function labelOf({ share }: SqueezeRow): string {
  return share === null ? 'all' : `${share} %`;
}
