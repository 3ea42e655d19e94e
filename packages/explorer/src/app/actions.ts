import { GLOSSARY } from '../glossary/glossary.ts';
import { SCENARIOS } from '../scenarios/scenarios.ts';
import {
  hasMachine,
  SPEEDS,
  seek,
  seekEvent,
  setSpeed,
  step,
  stepUnit,
  toggleRun,
  UNITS,
} from './commands.ts';
import { activePanel, closePanel, openPanel, showLayout, toggleMaximized } from './dock.tsx';
import { EXPORTS, exportAs } from './export-menu.tsx';
import { count, hexFrame } from './format.ts';
import { showTerm } from './glossary-card.tsx';
import { status } from './machine-signals.ts';
import { breakpointsOpen, helpOpen } from './overlays.ts';
import { PANELS } from './panels.ts';
import { NOTHING, select, selectEarlier } from './selection.ts';
import { DEFAULT_LAYOUT, page, showStart } from './session.ts';
import { copyLink } from './share.ts';
import { presentStage, startScenario } from './story.ts';
import { toggleTheme } from './theme.ts';

/** Something that the reader can have done, by name. */
export interface Action {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  /** Keys that do the same; empty: none. */
  readonly keys: string;
  readonly run: () => void;
}

const action = (id: string, title: string, group: string, run: () => void, keys = ''): Action => ({
  id,
  title,
  group,
  keys,
  run,
});

function machineActions(): Action[] {
  if (!hasMachine() || page.value !== 'machine') return [];
  return [
    action('run', 'Run or pause', 'machine', toggleRun, 'space'),
    ...UNITS.flatMap(({ unit, title }) => [
      action(
        `on-${unit}`,
        `Step on by one ${title}`,
        'machine',
        () => step(1, unit),
        unit === stepUnit.value ? '.' : '',
      ),
      action(
        `back-${unit}`,
        `Step back by one ${title}`,
        'machine',
        () => step(-1, unit),
        unit === stepUnit.value ? ',' : '',
      ),
    ]),
    action('restart', 'To the beginning', 'machine', () => seek(0), 'Home'),
    action('breakpoints', 'Breakpoints', 'machine', () => (breakpointsOpen.value = true), 'B'),
    ...SPEEDS.map((turns) =>
      action(
        `speed-${turns}`,
        turns === null ? 'Full speed' : `Speed: ${count(turns)} turns a second`,
        'machine',
        () => setSpeed(turns),
      ),
    ),
    ...PANELS.map(({ id, title }) => action(`panel-${id}`, `Show ${title}`, 'panel', () => openPanel(id))),
    action('maximize', 'Enlarge the panel, or put it back', 'panel', toggleMaximized, 'M'),
    action('close', 'Close the panel', 'panel', () => closePanel(activePanel.value), 'X'),
    action('layout', 'Panels as at first', 'panel', usualPanels),
    ...EXPORTS.map(({ id, title }) =>
      action(`export-${id}`, `Export: ${title}`, 'export', () => void exportAs(id)),
    ),
    action('link', 'Copy a link to this', 'page', () => void copyLink(), 'L'),
    action('earlier', 'Select what was selected before', 'page', selectEarlier, 'Backspace'),
    action('unselect', 'Select nothing', 'page', () => select(NOTHING), 'Esc'),
  ];
}

/** Opens the panels that the page, or the story that is told, begins with. */
export function usualPanels(): void {
  showLayout(presentStage()?.scenario.layout ?? DEFAULT_LAYOUT);
}

function pageActions(): Action[] {
  return [
    action('theme', 'Light or dark', 'page', toggleTheme, 'T'),
    action('help', 'Help', 'page', () => (helpOpen.value = true), '?'),
    action('start', 'Choose another machine', 'page', showStart, 'H'),
    ...SCENARIOS.map((scenario) =>
      action(`scenario-${scenario.id}`, scenario.title, `chapter ${scenario.chapter}`, () =>
        startScenario(scenario),
      ),
    ),
  ];
}

/** What a typed place means: `frame 1f3`, `address 5 8048000`, `turn 1000`, `event 42`, `pid 5`. */
function placeActions(text: string): Action[] {
  const [word = '', a = '', b = ''] = text.trim().toLowerCase().split(/\s+/);
  const hex = (digits: string): number => Number.parseInt(digits.replace(/^0x/, ''), 16);
  const decimal = /^\d{1,15}$/.test(a) ? Number(a) : Number.NaN;
  const isHex = (digits: string): boolean => /^(0x)?[0-9a-f]{1,8}$/.test(digits);
  if (!hasMachine() || a === '') return [];
  switch (word) {
    case 'frame':
    case 'pfn':
      return frameActions(isHex(a) ? hex(a) : Number.NaN, a.startsWith('0x') ? Number.NaN : decimal);
    case 'address': {
      const pid = b === '' ? status.value.pid : Number(a);
      const address = b === '' ? a : b;
      return isHex(address) && Number.isInteger(pid)
        ? [
            action('address', `Select address ${address} of process ${pid}`, 'place', () =>
              select({ kind: 'address', pid, address: hex(address) }),
            ),
          ]
        : [];
    }
    case 'turn':
      return Number.isNaN(decimal)
        ? []
        : [action('turn', `Go to turn ${count(decimal)}`, 'place', () => seek(decimal))];
    case 'event':
      return Number.isNaN(decimal)
        ? []
        : [
            action('event', `Go to event ${count(decimal)}`, 'place', () => {
              select({ kind: 'event', seq: decimal });
              seekEvent(decimal);
            }),
          ];
    case 'pid':
    case 'task':
      return Number.isNaN(decimal)
        ? []
        : [
            action('task', `Select process ${decimal}`, 'place', () =>
              select({ kind: 'task', pid: decimal }),
            ),
          ];
    default:
      return [];
  }
}

/** The frame of the number as it was typed, read as hexadecimal, and as events and sentences have it: decimal. */
function frameActions(hex: number, decimal: number): Action[] {
  const read = hex === decimal ? [hex] : [hex, decimal];
  return read
    .filter((pfn) => pfn < status.value.frames)
    .map((pfn) =>
      action(`frame-${pfn}`, `Select frame ${hexFrame(pfn)} (${pfn})`, 'place', () =>
        select({ kind: 'frame', pfn }),
      ),
    );
}

/** At most so many are listed. */
const LISTED = 60;

/** Actions whose title has all words of the text; those that begin with it first. Terms of the glossary come last. */
export function matchingActions(text: string): Action[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const actions = [...machineActions(), ...pageActions()];
  const fits = (title: string): boolean => words.every((word) => title.toLowerCase().includes(word));
  const found = actions.filter(({ title, group }) => fits(`${title} ${group}`));
  const first = words[0] ?? '';
  found.sort((a, b) => rank(b, first) - rank(a, first));
  const terms =
    words.length === 0
      ? []
      : GLOSSARY.filter(({ name }) => fits(name)).map(({ id, name }) =>
          action(`term-${id}`, name, 'glossary', () => showTerm(id)),
        );
  return [...placeActions(text), ...found, ...terms].slice(0, LISTED);
}

function rank({ title }: Action, first: string): number {
  if (first === '') return 0;
  return title
    .toLowerCase()
    .split(' ')
    .some((word) => word.startsWith(first))
    ? 1
    : 0;
}
