import { PATTERNS, parseWorkload } from '@pagewalk/lab';
import { Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../errors.ts';
import { type Job, type JobMachine, type JobResult, jobMachine } from '../jobs/job.ts';
import { endIfInterrupted, runJobs } from '../jobs/pool.ts';
import {
  addMachineOptions,
  HIGHMEM,
  MACHINES,
  type MachineOptions,
  MEMORY_MAX,
  MEMORY_MIN,
  RELEASES,
} from '../machine-options.ts';
import { print, printJson, say } from '../output/print.ts';
import { renderTable } from '../output/table.ts';
import { grouped, humanTime, terminalWidth } from '../output/text.ts';
import { wholeOption } from '../parse/number.ts';
import { sizeOption } from '../parse/size.ts';
import { sysctlOption } from '../parse/sysctl.ts';
import { swapOption } from '../swap-option.ts';
import { kindOf } from '../workload.ts';

const MIB = 2 ** 20;

/** What a configuration may say, for messages. */
const SYNTAX =
  'a release, or KEY=VALUE, joined by commas: release, memory, swap, machine, highmem, seed, or a sysctl; e.g. 2.4.20,memory=32M,vm.page-cluster=0';

/** `pagewalk compare`: two machines side by side. */
export function compareCommand(): Command {
  return addMachineOptions(new Command('compare'), '64M; 256M for a recording')
    .description('run the same thing on two machines, side by side')
    .argument('<A>', 'a configuration: a release, or KEY=VALUE, joined by commas')
    .argument('<B>', 'another one; what it does not say is as the options say')
    .argument('<what...>', 'a recording (.pwt), or a workload as "pagewalk workload" takes it')
    .addHelpText(
      'after',
      `
A configuration is ${SYNTAX}

Examples:
  pagewalk compare 2.4.20 2.4.22 wsloop 19 6750 13500 4
  pagewalk compare memory=64M memory=48M unif 7 22500 45000 30 --release 2.4.20
  pagewalk compare vm.page-cluster=0 vm.page-cluster=3 seq 1 30000 3 --json
  pagewalk compare memory=16M memory=8M,swap=64M packages/lab/recordings/pipeline.pwt`,
    )
    .action(async (a: string, b: string, what: string[], options: MachineOptions) => {
      await compare([a, b], what, options);
    });
}

async function compare(
  texts: readonly [string, string],
  what: readonly string[],
  options: MachineOptions,
): Promise<void> {
  const work = workOf(what);
  const defaults = { memory: (work.kind === 'workload' ? 64 : 256) * MIB, swap: 256 * MIB };
  const jobs = texts.map((text): Job => {
    const machine = configured(jobMachine(options, defaults), text);
    return { machine, work };
  });
  const { outcomes, interrupted } = await runJobs(jobs, 'compare');
  if (options.json === true) {
    printJson({
      command: 'compare',
      what,
      interrupted,
      sides: outcomes.map(({ job, result }, i) => ({
        configuration: texts[i],
        ...jsonOf(job.machine),
        result: result === null ? null : resultJson(result),
      })),
    });
  } else {
    printSides(
      texts,
      outcomes.map(({ result }) => result),
    );
  }
  endIfInterrupted(interrupted);
}

/** What is run. @throws UsageError for a file that is no recording, WorkloadError for a bad workload */
function workOf(what: readonly string[]): Job['work'] {
  const [first = '', ...rest] = what;
  if ((PATTERNS as readonly string[]).includes(first)) {
    parseWorkload(what);
    return { kind: 'workload', args: what };
  }
  if (rest.length > 0 || kindOf('trace', first) === 'ops') {
    throw new UsageError(
      `compare ${what.join(' ')}: this is neither a recording nor a workload\nAllowed: one file made by "pagewalk record", or a workload: ${PATTERNS.join(' ')}`,
    );
  }
  return { kind: 'replay', path: first };
}

/** The machine with what a configuration says. @throws UsageError naming the word */
function configured(base: JobMachine, text: string): JobMachine {
  let machine = base;
  let swaps: number[] = [];
  for (const word of text.split(',')) {
    try {
      const at = word.indexOf('=');
      const key = at < 0 ? 'release' : word.slice(0, at);
      const value = word.slice(at + 1);
      if (key === 'release') machine = { ...machine, release: oneOf(value, RELEASES) };
      else if (key === 'machine') machine = { ...machine, machine: oneOf(value, MACHINES) };
      else if (key === 'highmem') machine = { ...machine, highmem: oneOf(value, HIGHMEM) };
      else if (key === 'memory') machine = { ...machine, memory: sizeOption(MEMORY_MIN, MEMORY_MAX)(value) };
      else if (key === 'seed') machine = { ...machine, seed: wholeOption(0, 0xffffffff)(value) };
      else if (key === 'swap') {
        const [{ size } = {}] = swapOption(value);
        if (size === undefined) throw new InvalidArgumentError('Allowed: a size, e.g. 64M.');
        swaps = [...swaps, size];
      } else if (key.includes('.')) {
        machine = { ...machine, sysctl: sysctlOption(word, machine.sysctl) };
      } else {
        throw new InvalidArgumentError(`Allowed: ${SYNTAX}.`);
      }
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new UsageError(`configuration ${text}: '${word}'\n${error.message}`);
    }
  }
  return swaps.length === 0 ? machine : { ...machine, swap: swaps };
}

function oneOf(value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw new InvalidArgumentError(`Allowed: ${allowed.join(', ')}.`);
}

/** Rows of the table: what they are called, and the figure. */
const ROWS: readonly (readonly [string, (result: JobResult) => number, (value: number) => string])[] = [
  ['minor faults', (result) => result.minorFaults, grouped],
  ['major faults', (result) => result.majorFaults, grouped],
  ['pages swapped in', (result) => result.io.pswpin, grouped],
  ['pages swapped out', (result) => result.io.pswpout, grouped],
  ['read from disks, kB', (result) => result.io.pgpgin, grouped],
  ['written to disks, kB', (result) => result.io.pgpgout, grouped],
  ['frames free at the begin', (result) => result.framesFree, grouped],
  ['most frames in use', (result) => result.framePeak, grouped],
  ['virtual time', (result) => result.virtualTimeNs, humanTime],
];

function printSides(texts: readonly [string, string], results: readonly (JobResult | null)[]): void {
  const width = terminalWidth();
  const [a, b] = results as [JobResult | null, JobResult | null];
  const rows = ROWS.map(([name, of, format]) => {
    const values = [a, b].map((side) => (side === null ? null : of(side)));
    const [left = null, right = null] = values;
    return [
      name,
      ...values.map((value) => (value === null ? '-' : format(value))),
      left === null || right === null || left === 0 ? '' : `${((right / left - 1) * 100).toFixed(1)}%`,
    ];
  });
  print(
    renderTable(
      [
        { head: '' },
        { head: texts[0], right: true },
        { head: texts[1], right: true },
        { head: 'B to A', right: true },
      ],
      rows,
      width,
    ),
  );
  for (const [i, result] of results.entries()) {
    if (result === null || result.stopped === null) continue;
    const text = `${texts[i]} ended early, at ${Math.floor(result.done * 100)} %: ${result.stopped}`;
    say(text);
  }
}

function jsonOf({ e820, swap, ...machine }: JobMachine): object {
  return { ...machine, highmem: machine.highmem ?? null, cmdline: machine.cmdline ?? null, swap };
}

function resultJson({ io, workload, replay, ...rest }: JobResult): object {
  return { ...rest, ...io };
}
