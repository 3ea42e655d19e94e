import {
  EventLog,
  explain,
  type Finding,
  PATTERNS,
  parseWorkload,
  type Selection,
  WorkloadRun,
} from '@pagewalk/lab';
import { Command, Option } from 'commander';
import { Interrupted, UsageError } from '../errors.ts';
import { addMachineOptions, type MachineOptions } from '../machine-options.ts';
import { print, printJson, say } from '../output/print.ts';
import { terminalWidth, wrap } from '../output/text.ts';
import { addressArgument, wholeOption } from '../parse/number.ts';
import { Session } from '../session.ts';
import { workInTurns } from '../turns.ts';
import { DEFAULTS, kindOf, runReplay } from '../workload.ts';

const MIB = 2 ** 20;
const UNITS = 1000;

/** Options of `explain`. */
interface ExplainOptions extends MachineOptions {
  readonly frame?: number;
  readonly address?: number;
  readonly pid?: number;
  readonly event?: number;
}

/** Headings of the questions, in the order in which they are answered. */
const QUESTIONS: readonly (readonly [Finding['question'], string])[] = [
  ['event', 'What was decided there?'],
  ['swapped-out', 'Why was this page swapped out?'],
  ['allocation-failed', 'Why did allocations fail?'],
  ['killed', 'Who was killed, and why?'],
  ['kswapd', 'What kept kswapd busy?'],
];

/** `pagewalk explain`: why the kernel did what it did. */
export function explainCommand(): Command {
  return addMachineOptions(new Command('explain'), '64M; 256M for a recording')
    .description('run something and tell why the kernel swapped, killed, or could not allocate')
    .argument('<what...>', 'a recording (.pwt), or a workload as "pagewalk workload" takes it')
    .addOption(
      new Option('--frame <pfn>', 'tell of the page in this frame').argParser(wholeOption(1, 0xffffff)),
    )
    .addOption(
      new Option('--address <address>', 'tell of the page at this address, hexadecimal').argParser(
        addressArgument,
      ),
    )
    .addOption(new Option('--pid <pid>', 'tell of this process only').argParser(wholeOption(0, 32767)))
    .addOption(
      new Option('--event <n>', 'tell of this event only, by its number').argParser(
        wholeOption(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  pagewalk explain seq 1 30000 3
  pagewalk explain seq 1 30000 3 --address 40001000
  pagewalk explain seq 1 30000 1 --swap 16M --sysctl vm.overcommit_memory=1
  pagewalk explain packages/lab/recordings/pipeline.pwt --memory 8M --swap 64M
  pagewalk explain unif 7 22500 45000 30 --event 150000 --json`,
    )
    .action(async (what: string[], options: ExplainOptions) => {
      await explainRun(what, options);
    });
}

async function explainRun(what: readonly string[], options: ExplainOptions): Promise<void> {
  const { frame, address, pid, event } = options;
  const given = { '--frame': frame, '--address': address, '--event': event };
  const several = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (several.length > 1) {
    throw new UsageError(
      `${several.join(' and ')}: each chooses something else\nAllowed: one of --frame, --address (with --pid), --event`,
    );
  }
  const selection: Selection = {
    ...(frame === undefined ? {} : { frame }),
    ...(address === undefined ? {} : { address }),
    ...(pid === undefined ? {} : { pid }),
    ...(event === undefined ? {} : { event }),
  };
  const first = what[0] as string;
  const isWorkload = (PATTERNS as readonly string[]).includes(first);
  const { session, log, stopped, interrupted } = isWorkload
    ? await runWorkload(what, options, selection)
    : await runRecording(what, options, selection);
  const findings = explain(session.kernel, log, selection);
  const hashes = session.hashes();
  session.finish(!interrupted);
  if (options.json === true) {
    const run = { what, events: session.kernel.trace.seq, stopped, interrupted };
    printJson({ command: 'explain', machine: session.machine, ...run, findings, ...hashes });
  } else {
    printFindings(findings, session, selection);
    if (stopped !== null) say(`\nThe run ended early: ${stopped}.`);
  }
  if (interrupted) throw new Interrupted('SIGINT');
}

/** A run that is over, or was interrupted. */
interface Ran {
  readonly session: Session;
  readonly log: EventLog;
  readonly stopped: string | null;
  readonly interrupted: boolean;
}

async function runWorkload(
  args: readonly string[],
  options: ExplainOptions,
  selection: Selection,
): Promise<Ran> {
  const spec = parseWorkload(args);
  const session = new Session(options, { memory: 64 * MIB, swap: 256 * MIB });
  const log = new EventLog(session.kernel, session.hub, selection);
  const run = new WorkloadRun(session.kernel, spec);
  const interrupted = await workInTurns(
    'explain',
    UNITS,
    () => run.step(),
    () => Math.floor(run.progress * UNITS),
  );
  return { session, log, stopped: run.report().stopped, interrupted };
}

async function runRecording(
  what: readonly string[],
  options: ExplainOptions,
  selection: Selection,
): Promise<Ran> {
  const [path = '', ...rest] = what;
  if (rest.length > 0) {
    throw new UsageError(
      `explain ${what.join(' ')}: '${path}' is no pattern, and a recording takes no arguments\nAllowed: one recording, or a workload: ${PATTERNS.join(' ')}`,
    );
  }
  if (kindOf('trace', path) === 'ops') {
    throw new UsageError(
      `explain ${path}: this is neither a recording nor a pattern\nAllowed: a file made by "pagewalk record", or a workload: ${PATTERNS.join(' ')}`,
    );
  }
  const session = new Session(options, DEFAULTS.replay);
  const log = new EventLog(session.kernel, session.hub, selection);
  try {
    const replay = await runReplay(session, path, {});
    return { session, log, stopped: replay.report().stopped?.message ?? null, interrupted: false };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return { session, log, stopped: null, interrupted: true };
  }
}

function printFindings(findings: readonly Finding[], session: Session, selection: Selection): void {
  const width = terminalWidth();
  for (const [question, heading] of QUESTIONS) {
    const answers = findings.filter((finding) => finding.question === question);
    if (answers.length === 0) continue;
    print(heading);
    for (const { sentence } of answers) {
      for (const line of wrap(sentence, width - 2)) print(`  ${line}`);
    }
    print('');
  }
  if (findings.length > 0) return;
  const { seq } = session.kernel.trace;
  const nothing =
    selection.event !== undefined
      ? `There was no event ${selection.event}; the last one was ${seq}.`
      : Object.keys(selection).length > 0
        ? 'Nothing that was asked about was swapped out.'
        : 'Nothing was swapped out, no allocation failed, nobody was killed, and kswapd slept: memory sufficed.';
  say(nothing);
}
