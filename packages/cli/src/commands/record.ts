import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { record } from '@pagewalk/lab';
import { Command } from 'commander';
import { Interrupted, UsageError } from '../errors.ts';
import { print, printJson, say } from '../output/print.ts';
import { grouped } from '../output/text.ts';
import { reasonOf } from '../parse/input-file.ts';

interface RecordOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly note?: string;
  readonly json?: boolean;
}

/** `pagewalk record`: records what a program on this machine does to its memory. */
export function recordCommand(): Command {
  return new Command('record')
    .description('record what a program on this Linux machine does to memory (needs valgrind)')
    .usage('[options] -- <command> [args...]')
    .argument('<command...>', 'the program and its arguments, after --')
    .option('-o, --output <file>', 'the recording (default: the name of the command, .pwt)')
    .option('-f, --force', 'overwrite the recording')
    .option('--note <text>', 'one sentence on what the workload is, kept in the recording')
    .option('--json', 'print the result as JSON (see docs/json.md)')
    .addHelpText(
      'after',
      `
The command runs twice: once as it is, for its own page faults, once under valgrind, some hundred times slower.

Examples:
  pagewalk record -- ls -l /usr/bin
  pagewalk record -o compile.pwt --note "a small C file" -- gcc -c hello.c
  pagewalk record -- sh -c "sort words.txt | uniq -c"`,
    )
    .action(async (command: string[], options: RecordOptions) => {
      const output = options.output ?? `${basename(command[0] as string)}.pwt`;
      if (existsSync(output) && options.force !== true) {
        throw new UsageError(`--output ${output}: the file exists\nAllowed: another name, or --force`);
      }
      checkFolder(output);
      // A terminal sends Ctrl-C to the recorded program, too; once that has ended the recording is thrown away.
      let interrupted = false;
      process.once('SIGINT', () => {
        interrupted = true;
      });
      const result = await record({
        command,
        output,
        ...(options.note === undefined ? {} : { note: options.note }),
        onProgress: showProgress,
      }).finally(clearProgress);
      if (interrupted) {
        rmSync(output, { force: true });
        throw new Interrupted('SIGINT');
      }
      const { totals, real } = result;
      if (options.json) {
        printJson({ command: 'record', output, recorded: command, totals, real, outside: result.outside });
        return;
      }
      const text = `${output}: ${grouped(totals.rawReferences)} references to ${grouped(totals.distinctPages)} pages by ${totals.processes} process${totals.processes === 1 ? '' : 'es'}; ${grouped(totals.references)} of them kept. The command itself had ${grouped(real.minorFaults)} minor and ${grouped(real.majorFaults)} major faults in ${real.seconds} s.`;
      say(text);
      print(`\nNow: pagewalk replay ${output}`);
    });
}

/** The folder must be there before the program runs, which may take long. @throws UsageError */
function checkFolder(output: string): void {
  const folder = dirname(output);
  try {
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(folder), { code: 'ENOTDIR' });
    accessSync(folder, constants.W_OK);
    if (existsSync(output) && statSync(output).isDirectory()) {
      throw Object.assign(new Error(output), { code: 'EISDIR' });
    }
  } catch (error) {
    throw new UsageError(`--output ${output}: cannot be written: ${reasonOf(error)}`);
  }
}

/** How far a recording is, on one line of the terminal. How long it will be nobody knows. */
function showProgress(references: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${grouped(references / 1e6)} million references `);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
