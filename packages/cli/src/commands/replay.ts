import { type ReplayReport, readTraceHeader } from '@pagewalk/lab';
import { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { jobMachine } from '../jobs/job.ts';
import { endIfInterrupted } from '../jobs/pool.ts';
import { addMachineOptions, type MachineOptions } from '../machine-options.ts';
import { printJson } from '../output/print.ts';
import { printReplay, replayJson } from '../output/replay-report.ts';
import { Session } from '../session.ts';
import { DEFAULTS, kindOf, runReplay } from '../workload.ts';
import { printSqueeze, SQUEEZE_SWAP, squeeze } from './squeeze.ts';

/** Options of `replay`. */
export interface ReplayCommandOptions extends MachineOptions {
  readonly contentFree?: boolean;
  readonly verify?: boolean;
  readonly squeeze?: boolean;
}

/** `pagewalk replay`: runs a recorded program on a simulated machine. */
export function replayCommand(): Command {
  return addMachineOptions(new Command('replay'), '256M')
    .description('replay a recorded program on a simulated machine and report what its memory went through')
    .argument('<trace>', 'a recording (.pwt) made by "pagewalk record"')
    .option('--content-free', 'keep page tables and descriptors only, no page contents: for large machines')
    .option('--verify', 'store data with each write and compare every byte with a model (slow)')
    .option('--no-squeeze', 'only this machine, not also ones with less and less memory')
    .addHelpText(
      'after',
      `
Examples:
  pagewalk replay packages/lab/recordings/sort.pwt
  pagewalk replay packages/lab/recordings/sort.pwt --memory 128M --release 2.4.20
  pagewalk replay my.pwt --no-squeeze --events my.ftrace --check
  pagewalk replay my.pwt --json > result.json

Afterwards the recording is squeezed: replayed with 100, 50, 25 and 12 % of the frames that it
uses, on two releases. --content-free, --verify, --check, --fail-alloc and --fail-io go without.`,
    )
    .action(async (trace: string, options: ReplayCommandOptions) => {
      await replayTrace(trace, options, 'replay');
    });
}

/** Replays, prints the report, and returns it; `command` is the name in the JSON, `more` what the JSON has besides. */
export async function replayTrace(
  trace: string,
  options: ReplayCommandOptions,
  command: 'replay' | 'demo',
  more: object = {},
): Promise<ReplayReport> {
  if (options.contentFree && options.verify) {
    throw new UsageError('--verify: not together with --content-free, which keeps no contents');
  }
  // A wrong file is told before the machine boots.
  if (kindOf('trace', trace) === 'ops') {
    throw new UsageError(
      `trace ${trace}: this is no recording\nAllowed: a file made by "pagewalk record"; scripts run with "pagewalk ops"`,
    );
  }
  readTraceHeader(trace);
  const session = new Session(options, {
    ...DEFAULTS.replay,
    ...(options.contentFree ? { contentFree: true } : {}),
  });
  const started = performance.now();
  const replay = await runReplay(session, trace, options.verify ? { verify: true } : {});
  const seconds = (performance.now() - started) / 1000;
  const report = replay.report();
  const hashes = session.hashes();
  session.finish();
  if (report.stopped !== null) {
    if (options.json)
      printJson({
        ...replayJson(command, trace, session.machine, report, seconds, hashes, null),
        ...more,
      });
    throw new UsageError(report.stopped.message);
  }
  if (!options.json) printReplay(report, session.machine, seconds);
  const machine = jobMachine(options, { memory: DEFAULTS.replay.memory, swap: SQUEEZE_SWAP });
  const squeezed = maySqueeze(options) ? await squeeze(trace, machine) : null;
  if (options.json) {
    printJson({
      ...replayJson(command, trace, session.machine, report, seconds, hashes, squeezed),
      ...more,
    });
  } else if (squeezed !== null) {
    printSqueeze(squeezed);
  }
  endIfInterrupted(squeezed?.interrupted === true);
  return report;
}

/** Whether nothing was asked that only the machine of the command itself can do. */
function maySqueeze(options: ReplayCommandOptions): boolean {
  const { contentFree, verify, check, failAlloc, failIo } = options;
  if (contentFree === true || verify === true || check !== undefined) return false;
  return options.squeeze !== false && failAlloc === undefined && failIo === undefined;
}
