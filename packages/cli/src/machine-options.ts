import type { E820Entry, SwapConfig } from '@pagewalk/mm';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readE820 } from './parse/e820.ts';
import { wholeOption } from './parse/number.ts';
import { sizeOption } from './parse/size.ts';
import { sysctlOption } from './parse/sysctl.ts';
import { swapOption } from './swap-option.ts';

export const RELEASES = ['2.4.22', '2.4.20', '2.4.0'] as const;
export const MACHINES = ['qemu', 'ref-h4g', 'ref-noh', 'ref-pae'] as const;
export const HIGHMEM = ['off', '4g', '64g'] as const;

/** Smallest and largest RAM that an i386 machine is booted with, in bytes. */
export const MEMORY_MIN = 8 * 2 ** 20;
export const MEMORY_MAX = 64 * 2 ** 30;

/** The options of every command that boots a machine, as commander hands them over. */
export interface MachineOptions {
  readonly memory?: number;
  readonly release: (typeof RELEASES)[number];
  readonly machine: (typeof MACHINES)[number];
  readonly cpus: number;
  readonly nodes: number;
  readonly highmem?: (typeof HIGHMEM)[number];
  readonly cmdline?: string;
  readonly e820?: E820Entry[];
  readonly swap?: readonly SwapConfig[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly failAlloc?: number;
  readonly failIo?: number;
  readonly check?: 'end' | 'every';
  /** File for the event stream. */
  readonly events?: string;
  readonly json?: boolean;
}

/** Options of a command that looks at a machine after something ran on it. */
export interface LookOptions extends MachineOptions {
  /** A trace or a script of memory system calls. */
  readonly after?: string;
  /** Number of the event after which the machine stops. */
  readonly at?: number;
  readonly pid?: number;
}

/**
 * Adds the machine options.
 *
 * @param defaultMemory a size as text, named in the help
 * @param events name of the option for the event stream; `kops` reads events with the usual one
 */
export function addMachineOptions(command: Command, defaultMemory: string, events = '--events'): Command {
  return command
    .addOption(
      new Option('--memory <size>', `RAM: 8M to 64G (default: ${defaultMemory})`).argParser(
        sizeOption(MEMORY_MIN, MEMORY_MAX),
      ),
    )
    .addOption(new Option('--release <release>', 'kernel release').choices(RELEASES).default('2.4.22'))
    .addOption(
      new Option('--machine <machine>', 'hardware and kernel configuration')
        .choices(MACHINES)
        .default('qemu'),
    )
    .addOption(new Option('--cpus <n>', 'processors').argParser(wholeOption(1, 32)).default(1))
    .addOption(
      new Option('--nodes <n>', 'memory nodes; more than 1: a made-up machine of discontiguous memory')
        .argParser(wholeOption(1, 85))
        .default(1),
    )
    .addOption(
      new Option(
        '--highmem <mode>',
        'high memory support of the kernel (default: as the machine has it)',
      ).choices(HIGHMEM),
    )
    .option('--cmdline <text>', 'kernel command line, e.g. "mem=48M"')
    .addOption(
      new Option('--e820 <file>', 'memory map of the firmware, as a boot log prints it').argParser(readE820),
    )
    .addOption(
      new Option('--swap <size|file[,prio=n]>', 'a disk to swap to; repeatable').argParser(swapOption),
    )
    .addOption(
      new Option('--sysctl <key=value>', 'set a sysctl after boot; repeatable')
        .argParser(sysctlOption)
        .default({}, 'none'),
    )
    .addOption(
      new Option('--seed <n>', 'seed of all randomness: the order in which CPUs get their turns')
        .argParser(wholeOption(0, 0xffffffff))
        .default(0),
    )
    .addOption(
      new Option('--fail-alloc <n>', 'let the n-th page allocation after boot fail').argParser(
        wholeOption(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--fail-io <n>', 'let the n-th request to a disk after boot fail').argParser(
        wholeOption(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--check [every]', 'recount the whole machine at the end, or after every operation')
        .argParser(checkOption)
        .preset('end'),
    )
    .option(`${events} <file>`, 'write the event stream as ftrace text')
    .option('--json', 'print the result as JSON (see docs/json.md)');
}

/** Adds `--after`, `--at` and `--pid`. */
export function addLookOptions(command: Command): Command {
  return command
    .option('--after <trace|script.ops>', 'first replay this recording, or run this script')
    .addOption(
      new Option('--at <event>', 'with --after: stop after this event, by its number').argParser(
        wholeOption(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--pid <pid>', 'the process to look at (default: the first that lives)').argParser(
        wholeOption(0, 32767),
      ),
    );
}

/** `--check` alone recounts at the end. */
function checkOption(text: string): 'end' | 'every' {
  if (text !== 'end' && text !== 'every')
    throw new InvalidArgumentError('Allowed: --check or --check=every.');
  return text;
}
