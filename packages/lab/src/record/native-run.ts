import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { RealRun } from '../trace/header.ts';
import { RecordError } from './record-error.ts';

/**
 * Runs the command and then prints what the kernel accounted to the shell's children. The shell itself forks the
 * command, and the few faults of that are in the figure, as they are in the one of time(1).
 */
const SCRIPT = '"$@"; status=$?; read -r line < /proc/$$/stat; echo "$line" >&3; exit $status';

/** Fields of /proc/PID/stat, counted from 0 after the command name's `)`. */
const CHILD_MINOR_FAULTS = 8;
const CHILD_MAJOR_FAULTS = 10;

/** How the command is run. */
export interface RunSettings {
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Runs the command as it is, its output thrown away, and counts its page faults and those of all children that
 * were waited for.
 * @throws RecordError when there is no such command.
 */
export async function runNatively(command: readonly string[], settings: RunSettings): Promise<RealRun> {
  const started = process.hrtime.bigint();
  const shell = spawn('sh', ['-c', SCRIPT, 'sh', ...command], {
    cwd: settings.directory,
    env: settings.environment,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  let text = '';
  const report = shell.stdio[3] as Readable;
  report.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const status = await new Promise<number>((resolve, reject) => {
    shell.on('error', (error) => reject(new RecordError(`cannot run sh: ${error.message}`)));
    shell.on('close', (code) => resolve(code ?? 1));
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (status === 127 || status === 126) {
    throw new RecordError(`cannot record "${command[0]}": it is not a program that can be run`);
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    minorFaults: Number(fields[CHILD_MINOR_FAULTS]) || 0,
    majorFaults: Number(fields[CHILD_MAJOR_FAULTS]) || 0,
    seconds: Math.round(seconds * 1000) / 1000,
    status,
  };
}
