import { bootGuest, type ConsoleHost, loadCpuModule, programNames } from '@pagewalk/guest';
import { errnoName, type SwapConfig } from '@pagewalk/mm';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ProgramEnded, UsageError } from '../errors.ts';
import { MEMORY_MIN, RELEASES } from '../machine-options.ts';
import { printJson } from '../output/print.ts';
import { sizeOption } from '../parse/size.ts';
import { findProgram, type MountOption, mountOption, readMachineFiles } from '../run-program/files.ts';
import { runToEnd } from '../run-program/loop.ts';
import { KILLED, writeOutput } from '../run-program/output.ts';
import { figures, reportOf } from '../run-program/report.ts';
import { hostTerminal, screen } from '../run-program/terminal.ts';
import { swapBytes, swapOption } from '../swap-option.ts';

const MIB = 2 ** 20;
const DEFAULT_MEMORY = 32 * MIB;
/** More than this the CPU does not reach. */
const MEMORY_MAX = 2044 * MIB;
interface RunOptions {
  readonly memory: number;
  readonly release: string;
  readonly swap?: readonly SwapConfig[];
  readonly env: readonly string[];
  readonly root?: string;
  readonly mount: readonly MountOption[];
  readonly strace?: boolean;
  readonly report?: boolean;
  readonly json?: boolean;
}

/** `pagewalk run`: a real program on the CPU, on the memory that a machine has. */
export function runCommand(): Command {
  return new Command('run')
    .description("run a 32-bit Linux program: a real CPU on the machine's page tables")
    .usage('[options] <program> [args...]')
    .argument(
      '<program>',
      `a file of this computer, with --root one of the machine, or one of ours: ${programNames().join(', ')}`,
    )
    .argument('[args...]', 'arguments of the program, options included')
    .passThroughOptions()
    .addOption(
      new Option('--memory <size>', 'RAM: 8M to 2044M')
        .argParser(sizeOption(MEMORY_MIN, MEMORY_MAX))
        .default(DEFAULT_MEMORY, '32M'),
    )
    .addOption(new Option('--release <release>', 'kernel release').choices(RELEASES).default('2.4.22'))
    .addOption(
      new Option('--swap <size|file[,prio=n]>', 'a disk to swap to; repeatable').argParser(swapOption),
    )
    .addOption(
      new Option('--env <key=value>', 'a variable of the environment; repeatable')
        .argParser(envOption)
        .default([], 'empty; in a terminal TERM'),
    )
    .option('--root <folder>', 'a folder of this computer, copied: it becomes /')
    .addOption(
      new Option(
        '--mount <folder:/path[:copy]>',
        'a folder of this computer at a path of the machine, read-only or copied; repeatable',
      )
        .argParser(mountOption)
        .default([], 'none'),
    )
    .option('--strace', "print the system calls on standard error, in strace's form")
    .option('--report', 'tell on standard error at the end what its memory did')
    .option('--json', 'print output and report as JSON (see docs/json.md)')
    .addHelpText(
      'after',
      `
Input and output are the program's, and so is the exit code; 128 and the signal's number if a signal ended it.
In a terminal the program has a terminal: every key is its own, Ctrl-C and Ctrl-Z included. Ctrl-] switches the machine
off, whatever runs on it; without a terminal a second Ctrl-C does.

Examples:
  pagewalk run hello world
  pagewalk run --memory 16M --swap 128M --report quicksort 64
  pagewalk run --release 2.4.0 forkstorm 16 512
  gcc -m32 -static -nostdlib my.c -o my && pagewalk run ./my
  pagewalk run --root ./debian-i386 bash -i
  pagewalk run --mount ./src:/src --root ./busybox sh -c 'ls -l /src'`,
    )
    .action(runProgram);
}

function envOption(text: string, previous: readonly string[]): string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('Allowed: KEY=VALUE.');
  return [...previous, text];
}

async function runProgram(name: string, args: readonly string[], options: RunOptions): Promise<void> {
  const files = readMachineFiles(options.root, options.mount);
  const { program, argv0 } = findProgram(name, files);
  const output: { fd: number; bytes: Uint8Array }[] = [];
  const terminal = options.json ? null : hostTerminal();
  const keyboard = terminal?.descriptors?.[0] === true;
  const host: ConsoleHost = {
    write: (fd, text) => {
      if (options.json) output.push({ fd, bytes: text.slice() });
      else writeOutput(fd === 0 ? screen() : fd, text);
    },
    ...(terminal === null ? {} : { terminal }),
  };
  const guest = bootGuest({
    cpu: loadCpuModule(),
    memory: options.memory,
    release: options.release,
    ...files,
    hostTime: keyboard,
    ...(options.strace ? { strace: (line: string) => writeOutput(2, Buffer.from(`${line}\n`)) } : {}),
    ...(options.swap === undefined ? {} : { swap: options.swap }),
    console: host,
  });
  const task = guest.start(program, [argv0, ...args], environment(options.env, terminal !== null));
  if (typeof task === 'number') {
    throw new UsageError(`${name}: the machine cannot load it (${errnoName(-task)})`);
  }
  await runToEnd(guest, task, keyboard);
  const status = task.status ?? 0;
  const signal = status & 0x7f;
  const code = signal === 0 ? status >>> 8 : KILLED + signal;
  const swap = swapBytes(options.swap ?? []);
  if (options.report) {
    const machine = { release: options.release, memory: options.memory, swap };
    process.stderr.write(reportOf(guest, task, machine).join('\n').concat('\n'));
  }
  if (options.json) {
    const text = (fd: number) =>
      Buffer.concat(output.filter((piece) => piece.fd === fd).map((piece) => piece.bytes)).toString();
    printJson({
      command: 'run',
      program: name,
      release: options.release,
      memoryBytes: options.memory,
      swapBytes: swap,
      exitCode: signal === 0 ? status >>> 8 : null,
      signal: signal === 0 ? null : signal,
      stdout: text(1),
      stderr: text(2),
      ...figures(guest, task),
      stateHash: guest.kernel.stateHash(),
    });
  }
  throw new ProgramEnded(code);
}

/** The variables that were asked for, and the kind of the terminal. */
function environment(asked: readonly string[], onTerminal: boolean): string[] {
  const { TERM } = process.env;
  const has = asked.some((entry) => entry.startsWith('TERM='));
  return onTerminal && TERM !== undefined && !has ? [...asked, `TERM=${TERM}`] : [...asked];
}
