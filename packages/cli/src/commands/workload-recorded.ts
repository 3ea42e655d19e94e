import { join, relative } from 'node:path';
import {
  type CountComparison,
  type Counts,
  compareCounts,
  medianCounts,
  type PressureRecording,
  RECORDED_ORDER,
  RECORDED_RUNS,
  readPressureRecordings,
} from '@pagewalk/lab';
import { UsageError } from '../errors.ts';
import type { Job } from '../jobs/job.ts';
import { endIfInterrupted, runJobs } from '../jobs/pool.ts';
import { RELEASES } from '../machine-options.ts';
import { print, printJson, say } from '../output/print.ts';
import { type Column, renderTable } from '../output/table.ts';
import { grouped, terminalWidth } from '../output/text.ts';
import { recordingsFolder } from '../recordings-folder.ts';

const MIB = 2 ** 20;

/** A recording with the median of what came of the same workload here; null: Ctrl-C came first. */
interface Compared {
  readonly recording: PressureRecording;
  readonly report: Counts | null;
  readonly counts: readonly CountComparison[];
}

/**
 * Runs the recorded workloads and prints ours beside theirs.
 *
 * @param names of recordings (`seq-2x`); none: all
 * @param release only those of this one; null: of all that can be booted
 */
export async function compareWithRecordings(
  names: readonly string[],
  release: string | null,
  json: boolean,
): Promise<void> {
  const path = join(recordingsFolder(), 'pressure.json.gz');
  const all = readPressureRecordings(path).filter((recording) =>
    (RELEASES as readonly string[]).includes(recording.release),
  );
  const known = [...new Set(all.map(({ name }) => name))];
  for (const name of names) {
    if (!known.includes(name)) {
      throw new UsageError(`workload --recorded ${name}: no such recording\nAllowed: ${known.join(' ')}`);
    }
  }
  const chosen = all.filter(
    (recording) =>
      (release === null || recording.release === release) &&
      (names.length === 0 || names.includes(recording.name)),
  );
  const sessions = sessionsOf(chosen, all);
  const { outcomes, interrupted } = await runJobs(sessions.map(jobOf), 'workloads');
  const compared = chosen.map((recording): Compared => {
    const session = sessions.findIndex((each) => each.includes(recording));
    const runs = outcomes[session]?.result?.workloads?.[sessions[session]?.indexOf(recording) ?? -1] ?? [];
    const report = runs.length === 0 ? null : medianCounts(runs);
    return { recording, report, counts: report === null ? [] : compareCounts(report, recording.runs) };
  });
  if (json) printJson(asJson(compared, relative(process.cwd(), path), interrupted));
  else printTable(compared);
  endIfInterrupted(interrupted);
}

/**
 * What must run for the chosen recordings, machine by machine: they were made one after the other on one, so whatever was recorded
 * before the last that is chosen.
 */
function sessionsOf(
  chosen: readonly PressureRecording[],
  all: readonly PressureRecording[],
): PressureRecording[][] {
  const place = ({ name }: PressureRecording): number => (RECORDED_ORDER as readonly string[]).indexOf(name);
  const machineOf = ({ release, pageCluster }: PressureRecording): string => `${release} ${pageCluster}`;
  return [...new Set(chosen.map(machineOf))].map((machine) => {
    const last = Math.max(...chosen.filter((each) => machineOf(each) === machine).map(place));
    return all
      .filter((each) => machineOf(each) === machine && place(each) <= last)
      .sort((a, b) => place(a) - place(b));
  });
}

/** The machine of a session of recordings, and the arguments of all. */
function jobOf(session: readonly PressureRecording[]): Job {
  const { release, memoryMiB, swapMiB, pageCluster } = session[0] as PressureRecording;
  return {
    machine: {
      release,
      memory: memoryMiB * MIB,
      machine: 'qemu',
      cpus: 1,
      nodes: 1,
      swap: [swapMiB * MIB],
      sysctl: pageCluster === 3 ? {} : { 'vm.page-cluster': String(pageCluster) },
      seed: 0,
    },
    work: {
      kind: 'workloads',
      workloads: session.map(({ command }) => command.split(' ').slice(1)),
      runs: RECORDED_RUNS,
    },
  };
}

function printTable(compared: readonly Compared[]): void {
  const width = terminalWidth();
  for (const { recording, report, counts } of compared) {
    print(`${recording.release} ${titleOf(recording)} (${recording.command})`);
    if (report === null) {
      print('  interrupted');
      continue;
    }
    const rows = counts.map(({ count, ours, median, min, max, ok }) => [
      count,
      grouped(ours),
      grouped(median),
      `${grouped(min)}..${grouped(max)}`,
      median === 0 ? '' : `${(((ours - median) / median) * 100).toFixed(1)}%`,
      ok ? 'ok' : 'off',
    ]);
    print(`${renderTable(COLUMNS, rows, width)}\n`);
  }
  const counts = compared.flatMap((entry) => entry.counts);
  const good = counts.filter(({ ok }) => ok).length;
  const text = `${good} of ${counts.length} counts are ok: within 5 % of the median of the real kernel's runs, or no further from it than those runs are from each other.`;
  say(text);
}

/** Columns of a recording's table. */
const COLUMNS: readonly Column[] = [
  { head: 'count' },
  { head: 'here', right: true },
  { head: 'real', right: true },
  { head: 'its runs', right: true },
  { head: 'apart', right: true },
  { head: '' },
];

function titleOf({ name, pageCluster }: PressureRecording): string {
  return pageCluster === 3 ? name : `${name}, page-cluster ${pageCluster}`;
}

function asJson(compared: readonly Compared[], path: string, interrupted: boolean): object {
  return {
    command: 'workload',
    recordings: path,
    interrupted,
    compared: compared.map(({ recording, report, counts }) => ({
      release: recording.release,
      workload: recording.name,
      pageCluster: recording.pageCluster,
      args: recording.command.split(' ').slice(1),
      done: report !== null,
      counts,
    })),
  };
}
