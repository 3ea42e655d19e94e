import type { MachineChoice, ProgramChoice } from '../protocol/choice.ts';
import type { Breakpoint, TimedInput } from '../protocol/messages.ts';
import { SCENARIOS, scenarioOf } from '../scenarios/scenarios.ts';
import { memoryProblem, RECORDINGS, RELEASES, SHIPPED_PROGRAMS, swapProblem } from './form-values.ts';
import { allPanelsOf, type Layout, NO_PANELS, parseLayout } from './layout.ts';
import { escapeValue, LinkParts, short } from './link-parts.ts';
import { PANEL_IDS } from './panel-ids.ts';
import { NOTHING, parseSelection, SELECTION_FORMS, type Selection, selectionText } from './selection.ts';
import { parseSize, sizeText } from './sizes.ts';
import { packInput, unpackInput } from './terminal-input.ts';
import { joinWords, splitWords, wordsProblem } from './words.ts';

const MIB = 2 ** 20;
/** Parts that say what runs. */
const PROGRAM_KEYS = ['run', 'elf', 'recording', 'workload'] as const;

/** All that a link reproduces. */
export interface ExplorerState {
  readonly choice: MachineChoice;
  /** Turn that the machine is at. */
  readonly at: number;
  /** Text of layout.ts, or NO_PANELS; empty: the default. */
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
 * Reverse of {@link encodeState}; null: the address says nothing. A link that names only a scenario has the machine and the panels of
 * that scenario.
 *
 * @throws Error in one line, naming each part of the link that is wrong, its value and what it may be
 */
export async function decodeState(hash: string): Promise<ExplorerState | null> {
  const text = hash.replace(/^#/, '');
  if (text === '') return null;
  const parts = new LinkParts(text);
  const scenario = parts.read('scenario', null, scenarioAtText);
  const told = scenario && scenarioOf(scenario.id);
  const program = readProgram(parts, told?.choice.program);
  const cpu = program?.kind === 'program' || program?.kind === 'elf';
  const state = {
    choice: {
      release: parts.read('release', told?.choice.release ?? '2.4.22', releaseOf),
      memory: parts.read('memory', told?.choice.memory ?? 32 * MIB, (value) => memoryOf(value, cpu)),
      swap: parts.read('swap', told?.choice.swap ?? 0, swapOf),
      sysctl: readSysctl(parts) ?? told?.choice.sysctl ?? {},
    },
    at: parts.read('at', 0, turnOf),
    layout: parts.read('panels', told?.layout ?? '', layoutOf),
    selection: parts.read('select', NOTHING, selectionOf),
    breakpoints: parts.readAll('break', breakpointOf),
    input: await readInput(parts, cpu),
    scenario,
  };
  if (parts.problems.length > 0 || program === null) throw new Error(`link: ${parts.told}`);
  return { ...state, choice: { ...state.choice, program } };
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

/** What runs: what the link names, or else what the scenario has. Null: that is wrong, which is noted. */
function readProgram(parts: LinkParts, otherwise: ProgramChoice | undefined): ProgramChoice | null {
  const named = PROGRAM_KEYS.filter((key) => parts.one(key) !== '');
  const sha256 = parts.read('sha256', '', hashOf);
  const key = named[0];
  if (named.length > 1) {
    parts.problems.push(
      `${named.map((k) => `${k}=${parts.one(k)}`).join(' and ')}: only one of them may run`,
    );
    return null;
  }
  if (parts.one('sha256') !== '' && key !== 'elf' && key !== 'recording') {
    parts.wrong('sha256', parts.one('sha256'), 'is of a file: it needs elf= or recording=');
  }
  if (key === undefined) {
    // One that is wrong as a link is told already.
    if (!otherwise && parts.problems.length === 0) {
      parts.problems.push('it must name a program: run=, elf=, recording= or workload=');
    }
    return otherwise ?? null;
  }
  if (key === 'elf' && parts.one('sha256') === '') {
    parts.wrong('elf', parts.one('elf'), 'needs sha256=, which tells the file from others');
  }
  return parts.read<ProgramChoice | null>(key, null, (value) => programOf(key, value, sha256));
}

function programOf(key: (typeof PROGRAM_KEYS)[number], value: string, sha256: string): ProgramChoice {
  if (key === 'recording') {
    if (sha256 !== '') return { kind: 'recording', name: value, sha256 };
    const names = RECORDINGS.map(({ line }) => line);
    if (!names.includes(value.replace(/\.pwt$/, ''))) {
      throw new Error(`must be one of ${names.join(', ')}, or a file with its sha256=`);
    }
    return { kind: 'recording', name: value };
  }
  const problem = wordsProblem(value);
  if (problem !== '') throw new Error(problem);
  const words = splitWords(value);
  if (key === 'workload') return { kind: 'workload', args: words };
  const [name = '', ...args] = words;
  if (key === 'elf') return { kind: 'elf', name, args, sha256 };
  if (!SHIPPED_PROGRAMS.includes(name)) {
    throw new Error(`must begin with one of ${SHIPPED_PROGRAMS.join(', ')}`);
  }
  return { kind: 'program', name, args };
}

function hashOf(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error('must be 64 hexadecimal digits');
  return text.toLowerCase();
}

/** `mm_page_alloc:order > 0`; a `-` before it: switched off. */
export function breakpointText({ event, condition, enabled }: Breakpoint): string {
  return `${enabled ? '' : '-'}${event}${condition === '' ? '' : `:${condition}`}`;
}

function breakpointOf(text: string, at: number, all: readonly string[]): Breakpoint {
  const match = /^(-?)(\w+)(?::(.*))?$/.exec(text);
  if (!match) throw new Error('must be a tracepoint, or tracepoint:condition; a - before it switches it off');
  if (all.indexOf(text) !== at) throw new Error('comes more than once');
  return { event: match[2] as string, condition: match[3] ?? '', enabled: match[1] === '' };
}

/** `buddy.2`; with the answer shown `buddy.2.answer`. */
function scenarioText({ id, stage, shown }: NonNullable<ExplorerState['scenario']>): string {
  return `${id}.${stage}${shown ? '.answer' : ''}`;
}

function scenarioAtText(text: string): NonNullable<ExplorerState['scenario']> {
  const match = /^([^.]+)(?:\.(\d{1,3})(\.answer)?)?$/.exec(text);
  if (!match) throw new Error('must be <scenario>, <scenario>.<stage> or <scenario>.<stage>.answer');
  const id = match[1] as string;
  const stages = scenarioOf(id)?.stages.length;
  if (stages === undefined) throw new Error(`must be one of ${SCENARIOS.map((s) => s.id).join(', ')}`);
  const stage = Number(match[2] ?? 0);
  if (stage >= stages) throw new Error(`must have a stage from 0 to ${stages - 1}`);
  return { id, stage, shown: match[3] !== undefined };
}

function releaseOf(text: string): string {
  if (!RELEASES.some((release) => release === text)) throw new Error(`must be one of ${RELEASES.join(', ')}`);
  return text;
}

function memoryOf(text: string, cpu: boolean): number {
  const bytes = sizeOf(text);
  const problem = memoryProblem(bytes, cpu);
  if (problem !== '') throw new Error(`must be ${problem}`);
  return bytes;
}

function swapOf(text: string): number {
  const bytes = sizeOf(text);
  const problem = swapProblem(bytes);
  if (problem !== '') throw new Error(`must be ${problem}`);
  return bytes;
}

function sizeOf(text: string): number {
  const bytes = parseSize(text);
  if (Number.isNaN(bytes)) throw new Error('must be a size, such as 16M');
  return bytes;
}

function turnOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error('must be a whole number, of a turn');
  return Number(text);
}

/** Null: the link has no settings. */
function readSysctl(parts: LinkParts): Record<string, string> | null {
  // A name like __proto__ is one like any other.
  const settings: Record<string, string> = Object.create(null);
  parts.readAll('sysctl', (text) => {
    const match = /^\s*([\w./-]+)\s*=\s*(\S.*?)\s*$/.exec(text);
    if (!match) throw new Error('must be name=value');
    const name = match[1] as string;
    if (name in settings) throw new Error(`comes after ${name}=${settings[name]}: a setting may come once`);
    settings[name] = match[2] as string;
  });
  return parts.all('sysctl').length === 0 ? null : settings;
}

/** Names of panels are known, too, and each comes once. */
function layoutOf(text: string): string {
  if (text === NO_PANELS) return text;
  const seen = new Set<string>();
  let layout: Layout;
  try {
    layout = parseLayout(text);
  } catch (error) {
    throw new Error(
      `is no layout: ${error instanceof Error ? error.message.replace(/^layout '.*': /, '') : error}`,
    );
  }
  for (const id of allPanelsOf(layout)) {
    if (!PANEL_IDS.some((known) => known === id)) {
      throw new Error(
        `has ${short(id)}, which is no panel; there are ${PANEL_IDS.join(', ')}; panels=${NO_PANELS} opens none`,
      );
    }
    if (seen.has(id)) throw new Error(`has ${short(id)} twice; a panel may come once`);
    seen.add(id);
  }
  return text;
}

function selectionOf(text: string): Selection {
  const selection = parseSelection(text);
  if (selection.kind === 'none') throw new Error(`must be one of ${SELECTION_FORMS}`);
  return selection;
}

async function readInput(parts: LinkParts, cpu: boolean): Promise<readonly TimedInput[]> {
  const text = parts.one('input');
  if (text !== '' && !cpu) {
    parts.wrong('input', text, 'needs a program that reads a terminal: run= or elf=');
    return [];
  }
  try {
    return await unpackInput(text);
  } catch (error) {
    parts.wrong('input', text, error instanceof Error ? error.message : String(error));
    return [];
  }
}
