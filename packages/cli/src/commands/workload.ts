import { PATTERNS, parseWorkload, usageOf, type WorkloadReport, WorkloadRun } from '@pagewalk/lab';
import { Command } from 'commander';
import { Interrupted, UsageError } from '../errors.ts';
import { addMachineOptions, type MachineOptions } from '../machine-options.ts';
import { print, printJson, say } from '../output/print.ts';
import { renderTable } from '../output/table.ts';
import { grouped, humanBytes, humanTime, terminalWidth } from '../output/text.ts';
import { Session } from '../session.ts';
import { workInTurns } from '../turns.ts';
import { compareWithRecordings } from './workload-recorded.ts';

const MIB = 2 ** 20;
/** The machine on which the recorded workloads ran. */
const DEFAULTS = { memory: 64 * MIB, swap: 256 * MIB } as const;
/** Units of the progress bar. */
const UNITS = 1000;

/** Options of `workload`. */
interface WorkloadOptions extends MachineOptions {
  readonly recorded?: boolean;
  readonly verify?: boolean;
}

/** `pagewalk workload`: one of the recorded access patterns on a simulated machine. */
export function workloadCommand(): Command {
  return addMachineOptions(new Command('workload'), '64M')
    .description('run a pattern of memory accesses on a simulated machine: faults, swap traffic, time')
    .argument('[pattern...]', `the pattern, its seed and its numbers, as listed below`)
    .option('--recorded', 'run what was recorded on real kernels, and print ours beside theirs')
    .option('--verify', 'compare all memory with what was stored there, at the end')
    .addHelpText(
      'after',
      `
Patterns:
${PATTERNS.map((pattern) => `  ${usageOf(pattern)}`).join('\n')}
A path names a file of that many pages on the simulated disk, none of which is in memory.
The default machine has 64M and a swap disk of 256M, as the recorded one had.

Examples:
  pagewalk workload seq 1 30000 3
  pagewalk workload unif 7 22500 45000 30 --release 2.4.20 --json
  pagewalk workload readhot 13 30000 6000 2 16 /data/f --memory 32M
  pagewalk workload seq 1 30000 3 --sysctl vm.page-cluster=0
  pagewalk workload --recorded                  all recordings: takes a minute
  pagewalk workload --recorded seq-2x --release 2.4.22`,
    )
    .action(async (args: string[], options: WorkloadOptions, command: Command) => {
      if (options.recorded === true) {
        const release = command.getOptionValueSource('release') === 'cli' ? options.release : null;
        await compareWithRecordings(args, release, options.json === true);
      } else {
        await runWorkload(args, options);
      }
    });
}

async function runWorkload(args: readonly string[], options: WorkloadOptions): Promise<void> {
  // A mistake is told before the machine boots.
  const spec = parseWorkload(args);
  const session = new Session(options, DEFAULTS);
  const check = session.afterOperation;
  const run = new WorkloadRun(session.kernel, spec);
  const turn = (): boolean => {
    if (!run.step()) return false;
    check?.();
    return true;
  };
  const interrupted = await workInTurns('workload', UNITS, turn, () => Math.floor(run.progress * UNITS));
  if (options.verify === true && !interrupted) run.verify();
  const report = run.report();
  const hashes = session.hashes();
  session.finish();
  if (options.json === true) {
    printJson({ command: 'workload', machine: session.machine, interrupted, ...report, ...hashes });
  } else if (report.stopped === null || report.accesses > 0) {
    printReport(report, session);
  }
  if (interrupted) throw new Interrupted('SIGINT');
  if (report.stopped !== null) throw new UsageError(`${spec.pattern}: ${report.stopped}`);
}

function printReport(report: WorkloadReport, session: Session): void {
  const width = terminalWidth();
  const { machine } = session;
  say(
    `${report.workload} ${report.args.join(' ')} on Linux ${machine.release} i386, machine ${machine.machine}, ${humanBytes(machine.memoryBytes)}, swap ${humanBytes(machine.swapBytes)}: ${grouped(report.accesses)} accesses, ${grouped(report.writes)} of them writes; virtual time ${humanTime(report.seconds * 1e9)}`,
  );
  print('');
  const rows: [string, string, string][] = [
    ['minor faults', grouped(report.minflt), 'no page had to be read'],
    ['major faults', grouped(report.majflt), 'a page had to be read'],
  ];
  if (report.child_minflt + report.child_majflt > 0) {
    rows.push(
      ['of children, minor', grouped(report.child_minflt), ''],
      ['of children, major', grouped(report.child_majflt), ''],
    );
  }
  rows.push(
    ['read from disks', `${grouped(report.pgpgin)} kB`, 'swap included'],
    ['written to disks', `${grouped(report.pgpgout)} kB`, 'swap included'],
    ['pages swapped in', grouped(report.pswpin), 'read-ahead included'],
    ['pages swapped out', grouped(report.pswpout), ''],
  );
  print(renderTable([{ head: 'count' }, { head: 'value', right: true }, { head: '' }], rows, width));
  if (report.bytesVerified > 0) {
    say(`\n${grouped(report.bytesVerified)} bytes compared with what was stored there: all equal.`);
  }
}
