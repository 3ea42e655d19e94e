import { closeSync, openSync, readSync } from 'node:fs';
import {
  openTrace,
  parseOps,
  Replay,
  type ReplayOptions,
  runOps,
  TRACE_MAGIC,
  type TraceReader,
} from '@pagewalk/lab';
import { Interrupted, UsageError } from './errors.ts';
import { readInput, reasonOf } from './parse/input-file.ts';
import { type Session, StoppedAt } from './session.ts';
import { workInTurns } from './turns.ts';

const MIB = 2 ** 20;

/** Machines for each kind of workload, where the user says nothing: those of the recordings of real kernels for scripts. */
export const DEFAULTS = {
  fresh: { memory: 64 * MIB },
  replay: { memory: 256 * MIB },
  ops: { memory: 256 * MIB, swap: 256 * MIB },
} as const;

/** References between two looks at the keyboard: some ten milliseconds. */
const SLICE = 200_000;

/** Whether `path` is a recording (by its first bytes) or a script. */
export function kindOf(option: string, path: string): 'replay' | 'ops' {
  if (path === '-') return 'ops';
  const head = Buffer.alloc(TRACE_MAGIC.length);
  try {
    const fd = openSync(path, 'r');
    try {
      readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${reasonOf(error)}`);
  }
  if (head.equals(TRACE_MAGIC)) return 'replay';
  if (/\.pwt$/.test(path))
    throw new UsageError(`${option} ${path}: not a recording made by "pagewalk record"`);
  return 'ops';
}

/** Runs a script on the machine; its result lines go to `onLine`. */
export function runScript(session: Session, path: string, onLine: (line: string) => void): void {
  const bytes = readInput(path === '-' ? 'standard input' : 'script', path);
  if (bytes.subarray(0, TRACE_MAGIC.length).equals(TRACE_MAGIC)) {
    throw new UsageError(
      `script ${path}: this is a recording\nAllowed: a script here; recordings run with "pagewalk replay"`,
    );
  }
  const script = parseOps(bytes, path === '-' ? '<stdin>' : path);
  const check = session.afterOperation;
  let began = false;
  try {
    runOps(session.kernel, script, (line) => {
      began = true;
      onLine(line);
      check?.();
    });
  } catch (error) {
    // Before the first line only want of memory can fail, for the process that is to run the script.
    const refused = error instanceof Error && (error.name === 'Error' || error.name === 'ConfigError');
    throw refused && !began ? session.noFirstProcess(path, error) : error;
  }
}

/** Makes the first process of a recording. @throws UsageError when there is no memory even for that */
function newReplay(session: Session, path: string, trace: TraceReader, options: ReplayOptions): Replay {
  try {
    return new Replay(session.kernel, trace, session.hub, options);
  } catch (error) {
    trace.close();
    if (!(error instanceof Error) || error.name !== 'ConfigError') throw error;
    throw session.noFirstProcess(path, error);
  }
}

/** Replays a recording on the machine, with a progress bar; Ctrl-C ends it. */
export async function runReplay(session: Session, path: string, options: ReplayOptions): Promise<Replay> {
  const trace = openTrace(path);
  const check = session.afterOperation;
  const replay = newReplay(session, path, trace, {
    ...options,
    ...(check === undefined ? {} : { afterEvent: check }),
  });
  const interrupted = await workInTurns(
    'replay',
    trace.totals.references,
    () => replay.step(SLICE),
    () => replay.references,
  );
  if (interrupted) throw new Interrupted('SIGINT');
  return replay;
}

/** The script's process is about to exit. */
class LastLine extends Error {}

/** Runs a script, but keeps its process: whoever looks at the machine wants to see what the script made of it. */
function runUpToEnd(session: Session, path: string): void {
  try {
    runScript(session, path, (line) => {
      if (line === '# end') throw new LastLine();
    });
  } catch (error) {
    if (!(error instanceof LastLine)) throw error;
  }
}

/** What `--after` left on the machine. */
export interface AfterResult {
  /** Whether the machine stopped at the event of `--at`. */
  readonly stopped: boolean;
  /** Last event before the last process ended, to suggest for `--at`; 0 when there is none. */
  readonly suggestion: number;
  /** A line on why the workload ended early; null when it did not. */
  readonly outOfMemory: string | null;
}

/** Runs the workload of `--after` up to the event of `--at`. */
export async function runAfter(session: Session, path: string): Promise<AfterResult> {
  try {
    if (kindOf('--after', path) === 'ops') {
      runUpToEnd(session, path);
      return { stopped: false, suggestion: 0, outOfMemory: null };
    }
    const replay = await runReplay(session, path, {});
    const ends = replay.workloads.map(({ lastEvent }) => lastEvent ?? 0);
    return {
      stopped: false,
      suggestion: Math.max(0, ...ends),
      outOfMemory: replay.report().stopped?.message ?? null,
    };
  } catch (error) {
    if (error instanceof StoppedAt) return { stopped: true, suggestion: 0, outOfMemory: null };
    throw error;
  }
}
