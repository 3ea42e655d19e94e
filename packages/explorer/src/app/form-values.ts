import type { MachineChoice, ProgramChoice } from '../protocol/choice.ts';
import { type DroppedFile, programOf } from './dropped-files.ts';
import { parseSize } from './sizes.ts';
import { splitWords } from './words.ts';

/** What one can choose, and whether it makes a machine. */

export const RELEASES = ['2.4.22', '2.4.20', '2.4.0'] as const;

export interface Example {
  readonly line: string;
  readonly about: string;
}

export const PROGRAMS: readonly Example[] = [
  { line: 'hello', about: 'says hello' },
  { line: 'touch 12 random 4', about: 'writes to the pages of 12 MB, in any order' },
  { line: 'quicksort 24', about: 'sorts 24 MB of words' },
  { line: 'matrix 160', about: 'multiplies two matrices' },
  { line: 'forkstorm 12 512', about: 'children that copy on write' },
  { line: 'mapfile 2048', about: 'a file, mapped and read' },
  { line: 'shmpair 1024', about: 'two processes share a segment' },
  { line: 'hog', about: 'takes memory until there is none' },
  { line: 'terminal lines', about: 'says back what you type in the Terminal' },
  { line: 'files', about: 'directories, links, pipes: checks of files' },
  { line: 'threads', about: 'clone and futexes, checked' },
  { line: 'checks', about: 'signals, pipes, faults' },
];

/** All that can be typed. */
export const SHIPPED_PROGRAMS: readonly string[] = [
  ...PROGRAMS.map(({ line }) => line.split(' ')[0] as string),
  'signals',
  'speed',
];

export const PATTERN_EXAMPLES: readonly Example[] = [
  { line: 'seq 1 6000 3', about: 'all pages in order, three times' },
  { line: 'unif 1 6000 40000 30', about: 'at random, 30 % writes' },
  { line: 'zipf 1 6000 40000 30', about: 'few pages often, many seldom' },
  { line: 'shift 1 6000 800 6 20000 30', about: 'a hot region that moves' },
  { line: 'forkcow 1 2000 4 50 20', about: 'forks that write' },
  { line: 'wsloop 1 800 6000 6', about: 'a loop, and a scan through it' },
  { line: 'readhot 1 6000 800 3 16 /data/f', about: 'a hot set against a file that is read' },
];

export const RECORDINGS: readonly Example[] = [
  { line: 'pipeline', about: 'a shell pipeline of five programs' },
  { line: 'sort', about: 'a sort of 92 MB; wants 256M' },
  { line: 'perl', about: 'an interpreter, words in hashes' },
  { line: 'cc1', about: 'a compiler: gcc, cc1, as, ld' },
];

export interface FormValues {
  readonly release: (typeof RELEASES)[number];
  readonly memory: string;
  readonly swap: string;
  readonly sysctl: string;
  readonly kind: 'program' | 'pattern' | 'recording' | 'file';
  readonly program: string;
  readonly pattern: string;
  readonly recording: string;
  /** Of a dropped program. */
  readonly args: string;
}

const MIB = 2 ** 20;
export const MEMORY_MIN = 8 * MIB;
/** What the emulated CPU reaches. */
export const MEMORY_MAX_CPU = 2044 * MIB;
export const MEMORY_MAX = 4096 * MIB;
export const SWAP_MAX = 2048 * MIB;

/** The machine that the form describes, or what is missing in one line. */
export function checkForm(
  form: FormValues,
  file: DroppedFile | null,
): { readonly choice: MachineChoice } | { readonly problem: string } {
  const memory = parseSize(form.memory);
  const swap = form.swap.trim() === '' ? 0 : parseSize(form.swap);
  const program = programChoice(form, file);
  if ('problem' in program) return program;
  const cpu = program.program.kind === 'program' || program.program.kind === 'elf';
  const most = cpu ? MEMORY_MAX_CPU : MEMORY_MAX;
  if (!(memory >= MEMORY_MIN && memory <= most)) {
    return { problem: `${named('Memory', form.memory)}: from 8M to ${most / MIB}M` };
  }
  if (memory % MIB !== 0) return { problem: `Memory ${form.memory}: whole megabytes` };
  if (!(swap === 0 || (swap >= MIB && swap <= SWAP_MAX))) {
    return { problem: `Swap ${form.swap}: 0, or from 1M to ${SWAP_MAX / MIB}M` };
  }
  const sysctl: Record<string, string> = {};
  for (const line of form.sysctl.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^\s*([\w./-]+)\s*=\s*(\S.*?)\s*$/.exec(line);
    if (!match) return { problem: `Setting ${line.trim()}: must be name=value` };
    sysctl[match[1] as string] = match[2] as string;
  }
  return { choice: { release: form.release, memory, swap, sysctl, program: program.program } };
}

/** `Memory 7M`; `Memory` when nothing was typed. */
function named(what: string, value: string): string {
  return `${what} ${value.trim()}`.trim();
}

function programChoice(
  form: FormValues,
  file: DroppedFile | null,
): { readonly program: ProgramChoice } | { readonly problem: string } {
  if (form.kind === 'recording') return { program: { kind: 'recording', name: form.recording } };
  if (form.kind === 'pattern') {
    const args = splitWords(form.pattern);
    return args.length === 0 ? { problem: 'Name a pattern' } : { program: { kind: 'workload', args } };
  }
  if (form.kind === 'file') {
    return file === null
      ? { problem: 'Choose a file, or drop one' }
      : { program: programOf(file, splitWords(form.args)) };
  }
  const [name, ...args] = splitWords(form.program);
  if (name === undefined || !SHIPPED_PROGRAMS.includes(name)) {
    return { problem: `${named('Program', name ?? '')}: one of ${SHIPPED_PROGRAMS.join(', ')}` };
  }
  return { program: { kind: 'program', name, args } };
}
