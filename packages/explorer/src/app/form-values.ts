import type { MachineChoice, ProgramChoice } from '../protocol/choice.ts';
import { type DroppedFile, programOf } from './dropped-files.ts';
import { parseSize } from './sizes.ts';
import { splitWords, wordsProblem } from './words.ts';

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
const PAGE = 4096;
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
  const ofMemory = memoryProblem(memory, cpu);
  if (ofMemory !== '') return { problem: `${named('Memory', form.memory)}: ${ofMemory}` };
  const ofSwap = swapProblem(swap);
  if (ofSwap !== '') return { problem: `${named('Swap', form.swap)}: ${ofSwap}` };
  const sysctl: Record<string, string> = {};
  for (const line of form.sysctl.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^\s*([\w./-]+)\s*=\s*(\S.*?)\s*$/.exec(line);
    if (!match) return { problem: `Setting ${line.trim()}: must be name=value` };
    const name = match[1] as string;
    if (name in sysctl) return { problem: `Setting ${name}: it comes twice` };
    sysctl[name] = match[2] as string;
  }
  return { choice: { release: form.release, memory, swap, sysctl, program: program.program } };
}

/** What so many bytes of memory must be instead; empty: they can be had. `cpu`: a program runs on them. */
export function memoryProblem(bytes: number, cpu: boolean): string {
  const most = cpu ? MEMORY_MAX_CPU : MEMORY_MAX;
  if (!(bytes >= MEMORY_MIN && bytes <= most)) return `from 8M to ${most / MIB}M`;
  return bytes % MIB === 0 ? '' : 'whole megabytes';
}

/** As {@link memoryProblem}, of the swap disk. */
export function swapProblem(bytes: number): string {
  if (bytes === 0) return '';
  if (!(bytes >= MIB && bytes <= SWAP_MAX)) return `0, or from 1M to ${SWAP_MAX / MIB}M`;
  return bytes % PAGE === 0 ? '' : 'whole pages of 4k';
}

/** `Memory 7M`; `Memory` when nothing was typed. */
function named(what: string, value: string): string {
  return `${what} ${value.trim()}`.trim();
}

const LINES = { program: 'The program line', pattern: 'The pattern', file: 'The line of arguments' } as const;

function programChoice(
  form: FormValues,
  file: DroppedFile | null,
): { readonly program: ProgramChoice } | { readonly problem: string } {
  if (form.kind === 'recording') return { program: { kind: 'recording', name: form.recording } };
  const problem = wordsProblem(form[form.kind === 'file' ? 'args' : form.kind]);
  if (problem !== '') return { problem: `${LINES[form.kind]} ${problem}` };
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
