import { WorkloadError } from './workload-error.ts';

/** What a parameter may be. */
interface Parameter {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** Pages that fit into the 3 GB of an i386 process, with room for the program. */
const PAGES_MAX = 700_000;
const COUNT_MAX = 2 ** 31;

const pages = (name: string): Parameter => ({ name, min: 1, max: PAGES_MAX });
const count = (name: string): Parameter => ({ name, min: 0, max: COUNT_MAX });
const percent = (name: string, max = 100): Parameter => ({ name, min: 0, max });

/** The parameters of each pattern, after the seed. */
const PARAMETERS = {
  seq: [pages('pages'), count('passes')],
  zipf: [pages('pages'), count('accesses'), percent('writepct')],
  unif: [pages('pages'), count('accesses'), percent('writepct')],
  shift: [
    pages('region'),
    { name: 'hot', min: 1, max: PAGES_MAX },
    count('phases'),
    count('accesses'),
    percent('writepct'),
  ],
  filehot: [pages('filepages'), pages('hotpages'), count('loops'), { name: 'batch', min: 1, max: COUNT_MAX }],
  readhot: [pages('filepages'), pages('hotpages'), count('loops'), { name: 'batch', min: 1, max: COUNT_MAX }],
  forkcow: [pages('pages'), count('rounds'), percent('childpct', 10000), percent('parentpct', 10000)],
  wsloop: [pages('hot'), pages('cold'), count('loops')],
} as const satisfies Record<string, readonly Parameter[]>;

/** A pattern of accesses. */
export type PatternName = keyof typeof PARAMETERS;

/** All patterns, in the order of the help. */
export const PATTERNS = Object.keys(PARAMETERS) as readonly PatternName[];

/** A workload as its arguments describe it. */
export interface WorkloadSpec {
  readonly pattern: PatternName;
  readonly seed: number;
  /** The numbers after the seed, in order. */
  readonly numbers: readonly number[];
  /** The file that is scanned; empty for patterns without one. */
  readonly path: string;
  /** The arguments as they were given, the pattern first. */
  readonly args: readonly string[];
}

/** How a pattern is called: `seq <seed> <pages> <passes>`. */
export function usageOf(pattern: PatternName): string {
  const names = PARAMETERS[pattern].map(({ name }) => `<${name}>`);
  return `${pattern} <seed> ${names.join(' ')}${takesFile(pattern) ? ' <path>' : ''}`;
}

/**
 * Reads the arguments of a workload: the pattern, the seed, its parameters.
 *
 * @throws WorkloadError naming the argument
 */
export function parseWorkload(args: readonly string[]): WorkloadSpec {
  const [name = '', seed, ...rest] = args;
  if (!Object.hasOwn(PARAMETERS, name)) {
    throw new WorkloadError(
      `workload ${name === '' ? '(none)' : name}: no such pattern\nAllowed: ${PATTERNS.join(' ')}`,
    );
  }
  const pattern = name as PatternName;
  const parameters: readonly Parameter[] = PARAMETERS[pattern];
  const wanted = parameters.length + (takesFile(pattern) ? 1 : 0);
  if (seed === undefined || rest.length !== wanted) {
    throw new WorkloadError(
      `workload ${args.join(' ')}: ${pattern} takes ${wanted + 1} arguments, not ${args.length - 1}\nAllowed: ${usageOf(pattern)}`,
    );
  }
  const number = (text: string, { name, min, max }: Parameter): number => {
    const value = /^(\d+|0[xX][0-9a-fA-F]+)$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new WorkloadError(
      `workload ${pattern}: ${name} ${text}\nAllowed: a whole number from ${min} to ${max}`,
    );
  };
  const spec = {
    pattern,
    seed: number(seed, { name: 'seed', min: 0, max: 0xffffffff }),
    numbers: parameters.map((parameter, i) => number(rest[i] as string, parameter)),
    path: takesFile(pattern) ? (rest.at(-1) as string) : '',
    args: [...args],
  };
  checkTogether(spec);
  return spec;
}

/** What no parameter tells alone: all that is mapped at the same time must fit into an address space. */
function checkTogether({ pattern, numbers, path }: WorkloadSpec): void {
  const [first = 0, second = 0] = numbers;
  const together = pattern === 'wsloop' || pattern === 'filehot' ? first + second : first;
  if (together > PAGES_MAX) {
    throw new WorkloadError(
      `workload ${pattern}: ${together} pages together\nAllowed: at most ${PAGES_MAX}, which a process of 3 GB can map`,
    );
  }
  if (takesFile(pattern) && !path.startsWith('/')) {
    throw new WorkloadError(
      `workload ${pattern}: path '${path}'\nAllowed: a path on the simulated disk, beginning with /`,
    );
  }
}

function takesFile(pattern: PatternName): boolean {
  return pattern === 'filehot' || pattern === 'readhot';
}

/** Accesses to the pattern's own pages that the workload will make: what its progress is measured by. */
export function accessesOf({ pattern, numbers }: WorkloadSpec): number {
  const [a = 0, b = 0, c = 0, d = 0] = numbers;
  const share = (pages: number, percent: number): number => Math.floor((pages * percent) / 100);
  switch (pattern) {
    case 'seq':
      return a * b;
    case 'zipf':
    case 'unif':
      return a + b;
    case 'shift':
      return c * d;
    case 'filehot':
    case 'readhot':
      return b + c * (a + Math.floor(a / d) * d);
    case 'forkcow':
      return a + b * (share(a, c) + a + share(a, d));
    case 'wsloop':
      return b + c * (4 * a + b);
  }
}
