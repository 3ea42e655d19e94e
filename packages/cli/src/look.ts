import type { Process } from '@pagewalk/mm';
import { UsageError } from './errors.ts';
import type { LookOptions } from './machine-options.ts';
import { remark } from './output/print.ts';
import { Session } from './session.ts';
import { type AfterResult, DEFAULTS, kindOf, runAfter } from './workload.ts';

const results = new WeakMap<Session, AfterResult>();

/**
 * The machine that a command looks at: freshly booted, or with the workload of `--after` run on it up to the event of
 * `--at`.
 */
export async function lookAtMachine(options: LookOptions): Promise<Session> {
  const { after, at } = options;
  if (after === undefined) {
    if (at !== undefined) {
      throw new UsageError(`--at ${at}: nothing runs on this machine\nAllowed: together with --after FILE`);
    }
    return new Session(options, DEFAULTS.fresh);
  }
  const kind = kindOf('--after', after);
  const session = new Session(options, DEFAULTS[kind], at ?? 0);
  const result = await runAfter(session, after);
  if (at !== undefined && !result.stopped) {
    const last = session.kernel.trace.seq;
    throw new UsageError(
      `--at ${at}: ${after} has caused only ${last} events on this machine\nAllowed: 1 to ${last}`,
    );
  }
  if (result.outOfMemory !== null) remark(result.outOfMemory);
  results.set(session, result);
  return session;
}

/** The process with the pid, or the first that lives. */
export function processOf(session: Session, pid: number | undefined): Process {
  const alive = [...session.kernel.processes.values()];
  const found = pid === undefined ? alive[0] : alive.find((process) => process.pid === pid);
  if (found !== undefined) return found;
  if (alive.length > 0) {
    const pids = alive.map((process) => process.pid).join(', ');
    throw new UsageError(`--pid ${pid}: no such process on this machine\nAllowed: ${pids}`);
  }
  const result = results.get(session);
  if (result === undefined) {
    throw new UsageError(
      'no process runs on a machine that has just booted\nRun something first: --after FILE (a recording or a script)',
    );
  }
  const hint =
    result.suggestion > 0 ? ` before the last one ends, e.g. --at ${result.suggestion}` : ' with --at EVENT';
  throw new UsageError(`all processes have ended by then\nStop earlier:${hint}`);
}
