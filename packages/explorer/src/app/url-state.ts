import type { MachineChoice, ProgramChoice } from '../protocol/choice.ts';
import type { Breakpoint, TimedInput } from '../protocol/messages.ts';
import { NOTHING, parseSelection, type Selection, selectionText } from './selection.ts';
import { parseSize, sizeText } from './sizes.ts';
import { packInput, unpackInput } from './terminal-input.ts';
import { joinWords, splitWords } from './words.ts';

/** All that a link reproduces. */
export interface ExplorerState {
  readonly choice: MachineChoice;
  /** Turn that the machine is at. */
  readonly at: number;
  /** Text of layout.ts; empty: the default. */
  readonly layout: string;
  readonly selection: Selection;
  readonly breakpoints: readonly Breakpoint[];
  readonly input: readonly TimedInput[];
  /** Scenario, its stage, and whether the answer is shown; null: none. */
  readonly scenario: { readonly id: string; readonly stage: number; readonly shown: boolean } | null;
}

/** What follows `#` in the address: `release=2.4.22&memory=16M&run=quicksort+8&at=1200&panels=row(memory,events)`. */
export async function encodeState(state: ExplorerState): Promise<string> {
  const { choice } = state;
  const pairs: [string, string][] = [
    ['release', choice.release],
    ['memory', sizeText(choice.memory)],
    ['swap', sizeText(choice.swap)],
    ...Object.entries(choice.sysctl).map(([name, value]): [string, string] => ['sysctl', `${name}=${value}`]),
    ...programPairs(choice.program),
    ['at', String(state.at)],
    ['panels', state.layout],
    ['select', selectionText(state.selection)],
    ...state.breakpoints.map((b): [string, string] => ['break', breakpointText(b)]),
    ['input', await packInput(state.input)],
  ];
  if (state.scenario) pairs.unshift(['scenario', scenarioText(state.scenario)]);
  return pairs
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${escapeValue(value)}`)
    .join('&');
}

/**
 * Reverse of {@link encodeState}; null: the address says nothing.
 *
 * @throws Error in one line, naming the part of the link, its value and what it may be
 */
export async function decodeState(hash: string): Promise<ExplorerState | null> {
  const text = hash.replace(/^#/, '');
  if (text === '') return null;
  const all = new Map<string, string[]>();
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? '' : unescapeValue(part.slice(equals + 1));
    all.set(key, [...(all.get(key) ?? []), value]);
  }
  const one = (key: string): string => all.get(key)?.[0] ?? '';
  return {
    choice: {
      release: one('release') || '2.4.22',
      memory: size(one('memory') || '32M', 'memory'),
      swap: size(one('swap') || '0', 'swap'),
      sysctl: Object.fromEntries((all.get('sysctl') ?? []).map(sysctlPair)),
      program: readProgram(one),
    },
    at: whole(one('at') || '0', 'at'),
    layout: one('panels'),
    selection: one('select') === '' ? NOTHING : parseSelection(one('select')),
    breakpoints: (all.get('break') ?? []).map(parseBreakpoint),
    input: await unpackInput(one('input')),
    scenario: parseScenario(one('scenario')),
  };
}

function programPairs(program: ProgramChoice): [string, string][] {
  switch (program.kind) {
    case 'program':
      return [['run', joinWords([program.name, ...program.args])]];
    case 'elf':
      return [
        ['elf', joinWords([program.name, ...program.args])],
        ['sha256', program.sha256],
      ];
    case 'recording':
      return [
        ['recording', program.name],
        ['sha256', program.sha256 ?? ''],
      ];
    case 'workload':
      return [['workload', joinWords(program.args)]];
  }
}

function readProgram(one: (key: string) => string): ProgramChoice {
  const sha256 = one('sha256');
  if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new Error(`link: sha256=${sha256.slice(0, 12)}… must be 64 hexadecimal digits`);
  }
  if (one('workload') !== '') return { kind: 'workload', args: splitWords(one('workload')) };
  if (one('recording') !== '') {
    return { kind: 'recording', name: one('recording'), ...(sha256 === '' ? {} : { sha256 }) };
  }
  const kind = one('elf') === '' ? 'program' : 'elf';
  const [name = '', ...args] = splitWords(one(kind === 'elf' ? 'elf' : 'run'));
  if (name === '') throw new Error('link: it must name a program: run=, elf=, recording= or workload=');
  if (kind === 'program') return { kind, name, args };
  if (sha256 === '') throw new Error(`link: elf=${name} needs sha256=, which tells the file from others`);
  return { kind, name, args, sha256 };
}

/** `mm_page_alloc:order > 0`; a `-` before it: switched off. */
export function breakpointText({ event, condition, enabled }: Breakpoint): string {
  return `${enabled ? '' : '-'}${event}${condition === '' ? '' : `:${condition}`}`;
}

function parseBreakpoint(text: string): Breakpoint {
  const match = /^(-?)(\w+)(?::(.*))?$/.exec(text);
  if (!match) throw new Error(`link: break=${text} must be a tracepoint, or tracepoint:condition`);
  return { event: match[2] as string, condition: match[3] ?? '', enabled: match[1] === '' };
}

/** `buddy.2`; with the answer shown `buddy.2.answer`. */
function scenarioText({ id, stage, shown }: NonNullable<ExplorerState['scenario']>): string {
  return `${id}.${stage}${shown ? '.answer' : ''}`;
}

function parseScenario(text: string): ExplorerState['scenario'] {
  const match = /^([a-z0-9-]+)(?:\.(\d{1,3})(\.answer)?)?$/.exec(text);
  if (!match) return null;
  return { id: match[1] as string, stage: Number(match[2] ?? 0), shown: match[3] !== undefined };
}

function sysctlPair(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new Error(`link: sysctl=${text} must be name=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function size(text: string, key: string): number {
  const bytes = parseSize(text);
  if (Number.isNaN(bytes)) throw new Error(`link: ${key}=${text} must be a size, such as 16M`);
  return bytes;
}

function whole(text: string, key: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`link: ${key}=${text} must be a whole number`);
  return Number(text);
}

/** What an address may hold stays readable; a space is `+`. */
function escapeValue(value: string): string {
  return encodeURIComponent(value)
    .replace(/%20/g, '+')
    .replace(/%(2C|3A|2F|3D)/g, decodeURIComponent);
}

function unescapeValue(value: string): string {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    throw new Error(`link: ${value.slice(0, 40)} has a % that stands for nothing`);
  }
}
