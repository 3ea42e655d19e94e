import { existsSync, readFileSync, readSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  bootGuest,
  type Guest,
  type GuestTask,
  loadCpuModule,
  programNames,
  programsFolder,
  SIG,
  sendSignal,
  whyNotRunnable,
} from '@pagewalk/guest';
import { errnoName, type SwapConfig } from '@pagewalk/mm';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ProgramEnded, UsageError } from '../errors.ts';
import { MEMORY_MIN, RELEASES } from '../machine-options.ts';
import { printJson } from '../output/print.ts';
import { sizeOption } from '../parse/size.ts';
import { swapBytes, swapOption } from '../swap-option.ts';

const MIB = 2 ** 20;
const DEFAULT_MEMORY = 32 * MIB;
/** More than this the CPU does not reach. */
const MEMORY_MAX = 2044 * MIB;
/** How long the machine runs before it looks whether Ctrl-C was pressed, ms. */
const LOOK_AROUND_MS = 50;
/** As a shell reports a program that a signal ended. */
const KILLED = 128;

interface RunOptions {
  readonly memory: number;
  readonly release: string;
  readonly swap?: readonly SwapConfig[];
  readonly env: readonly string[];
  readonly report?: boolean;
  readonly json?: boolean;
}

/** `pagewalk run`: a real program on the CPU, on the memory that a machine has. */
export function runCommand(): Command {
  return new Command('run')
    .description("run a static 32-bit Linux program: a real CPU on the machine's page tables")
    .usage('[options] <program> [args...]')
    .argument('<program>', `a file of this computer, or one of ours: ${programNames().join(', ')}`)
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
        .default([], 'empty'),
    )
    .option('--report', 'tell on standard error at the end what its memory did')
    .option('--json', 'print output and report as JSON (see docs/json.md)')
    .addHelpText(
      'after',
      `
Input and output are the program's, and so is the exit code; 128 and the signal's number if a signal ended it.

Examples:
  pagewalk run hello world
  pagewalk run --memory 16M --swap 128M --report quicksort 64
  pagewalk run --release 2.4.0 forkstorm 16 512
  gcc -m32 -static -nostdlib my.c -o my && pagewalk run ./my`,
    )
    .action(runProgram);
}

function envOption(text: string, previous: readonly string[]): string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('Allowed: KEY=VALUE.');
  return [...previous, text];
}

async function runProgram(name: string, args: readonly string[], options: RunOptions): Promise<void> {
  const bytes = readProgram(name);
  const output: { fd: number; bytes: Uint8Array }[] = [];
  const guest = bootGuest({
    cpu: loadCpuModule(),
    memory: options.memory,
    release: options.release,
    ...(options.swap === undefined ? {} : { swap: options.swap }),
    console: {
      read: readInput,
      write: (fd, text) => {
        if (options.json) output.push({ fd, bytes: text });
        else writeOutput(fd, text);
      },
    },
  });
  const task = guest.start(bytes, [basename(name), ...args], options.env);
  if (typeof task === 'number') {
    throw new UsageError(`${name}: the machine cannot load it (${errnoName(-task)})`);
  }
  await runToEnd(guest, task);
  const status = task.status ?? 0;
  const signal = status & 0x7f;
  const code = signal === 0 ? status >>> 8 : KILLED + signal;
  if (options.report) process.stderr.write(reportOf(guest, task, options).join('\n').concat('\n'));
  if (options.json) {
    const text = (fd: number) =>
      Buffer.concat(output.filter((piece) => piece.fd === fd).map((piece) => piece.bytes)).toString();
    printJson({
      command: 'run',
      program: name,
      release: options.release,
      memoryBytes: options.memory,
      swapBytes: swapBytes(options.swap ?? []),
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

/** The program's bytes. @throws UsageError that says why it cannot be run */
function readProgram(name: string): Uint8Array {
  const own = join(programsFolder(), name);
  const path = !existsSync(name) && programNames().includes(name) ? own : name;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${name}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}\nAllowed: an i386 program, or one of ours: ${programNames().join(' ')}`,
    );
  }
  const reason = whyNotRunnable(bytes);
  if (reason !== null) throw new UsageError(`${name}: ${reason}`);
  return bytes;
}

/** Runs the program; Ctrl-C goes to it. */
async function runToEnd(guest: Guest, task: GuestTask): Promise<void> {
  let pressed = 0;
  const interrupt = () => {
    // The second time in earnest.
    const signal = pressed++ === 0 ? SIG.int : SIG.kill;
    for (const each of [...guest.tasks]) sendSignal(guest, each, signal);
  };
  process.on('SIGINT', interrupt);
  try {
    while (task.status === null) {
      const until = Date.now() + LOOK_AROUND_MS;
      while (task.status === null && Date.now() < until) guest.step();
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** Input of this command; none: its end. */
function readInput(most: number): Uint8Array {
  const into = new Uint8Array(Math.max(1, most));
  for (;;) {
    try {
      return into.subarray(0, Math.min(most, readSync(0, into, 0, into.length, null)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return new Uint8Array(0);
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

function writeOutput(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Whoever reads the output may stop early, as `head` does.
      if (code === 'EPIPE') throw new ProgramEnded(KILLED + SIG.pipe);
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

/** Waits 5 ms: the other side of a pipe is not ready. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

/** What the run took. */
function figures(guest: Guest, task: GuestTask) {
  const { counts, kernel } = guest;
  const { minFlt, majFlt, cminFlt, cmajFlt } = task.process.task;
  const { pswpin, pswpout } = kernel.paging.swapCache;
  return {
    instructions: counts.instructions,
    systemCalls: counts.systemCalls,
    unknownCalls: [...counts.unknownCalls].map(([number, times]) => ({ number, times })),
    processes: counts.processes,
    cpuFaults: counts.pageFaults,
    minorFaults: minFlt + cminFlt,
    majorFaults: majFlt + cmajFlt,
    pagesSwappedOut: pswpout,
    pagesSwappedIn: pswpin,
    cpuPanics: counts.cpuPanics,
    virtualMs: Math.floor(kernel.clock.now / 1e6),
  };
}

/** The same in words. */
function reportOf(guest: Guest, task: GuestTask, options: RunOptions): string[] {
  const told = figures(guest, task);
  const meminfo = guest.kernel.proc('meminfo');
  const kB = (name: string) =>
    /\d+/.exec(new RegExp(`^${name}:.*`, 'm').exec(meminfo)?.[0] ?? '')?.[0] ?? '0';
  const swap = swapBytes(options.swap ?? []);
  const unknown = told.unknownCalls.map(({ number, times }) => `${number} (${times}x)`).join(', ');
  return [
    '',
    `machine       Linux ${options.release}, ${options.memory / MIB} MiB of RAM, ${Math.floor(swap / MIB)} MiB of swap`,
    `ran           ${told.instructions} instructions, ${told.systemCalls} system calls, ${told.processes} process${told.processes === 1 ? '' : 'es'}`,
    `page faults   ${told.minorFaults} minor, ${told.majorFaults} major (${told.cpuFaults} by the CPU)`,
    `swap          ${told.pagesSwappedOut} pages out, ${told.pagesSwappedIn} pages in`,
    `at the end    ${kB('MemFree')} kB free, ${kB('Cached')} kB page cache`,
    `virtual time  ${told.virtualMs} ms`,
    ...(unknown === '' ? [] : [`unknown calls ${unknown}`]),
  ];
}
