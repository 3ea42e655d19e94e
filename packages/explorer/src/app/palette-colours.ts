import { FRAME_USE, type FrameUseName } from '../protocol/views.ts';

/** Colours by use, for canvas and CSS alike. They differ in lightness, too, and where there is room a pattern tells them apart. */

export type ThemeName = 'light' | 'dark';

/** Drawn over the colour where a cell is large enough: at least 8 pixels. */
export type Pattern = 'solid' | 'dot' | 'slash' | 'backslash' | 'cross' | 'bar' | 'dash' | 'ring';

export interface UseColour {
  readonly name: FrameUseName;
  /** In words, for legends. */
  readonly title: string;
  readonly light: string;
  readonly dark: string;
  readonly pattern: Pattern;
  /** Id in the glossary. */
  readonly term: string;
}

const USES: Readonly<Record<FrameUseName, Omit<UseColour, 'name'>>> = {
  free: { title: 'free', light: '#dfe5ea', dark: '#26303b', pattern: 'solid', term: 'free-frame' },
  anonymous: { title: 'anonymous', light: '#1f6fb5', dark: '#4a9be0', pattern: 'solid', term: 'anonymous' },
  pageCache: { title: 'page cache', light: '#3fa58f', dark: '#3fb89d', pattern: 'slash', term: 'page-cache' },
  buffers: { title: 'buffers', light: '#86c8ea', dark: '#a5dcf5', pattern: 'dash', term: 'buffers' },
  slab: { title: 'slab', light: '#e39b0b', dark: '#f2b134', pattern: 'dot', term: 'slab' },
  pageTable: { title: 'page table', light: '#c8430f', dark: '#ee6a35', pattern: 'cross', term: 'page-table' },
  reserved: { title: 'reserved', light: '#8d9eb1', dark: '#566270', pattern: 'backslash', term: 'reserved' },
  kernel: { title: 'kernel', light: '#3d3a63', dark: '#706191', pattern: 'bar', term: 'kernel-frame' },
  sharedMemory: {
    title: 'shared memory',
    light: '#98358a',
    dark: '#c362b7',
    pattern: 'ring',
    term: 'shared-memory',
  },
  swapCache: { title: 'swap cache', light: '#d3c35c', dark: '#e6d97a', pattern: 'slash', term: 'swap-cache' },
  vmalloc: { title: 'vmalloc', light: '#ffb3b3', dark: '#f3b6cb', pattern: 'dot', term: 'vmalloc' },
};

/** In the order of FRAME_USE: index with a value of `MemoryView.use`. */
export const USE_COLOURS: readonly UseColour[] = (Object.keys(FRAME_USE) as FrameUseName[]).map((name) => ({
  name,
  ...USES[name],
}));

/** Colours of things that are not uses of a frame. */
const MARKS = {
  dirty: { light: '#b3261e', dark: '#ff7a6b' },
  locked: { light: '#1b2430', dark: '#f5f7fa' },
  referenced: { light: '#7a4f00', dark: '#ffd480' },
  active: { light: '#1f6fb5', dark: '#4a9be0' },
  inactive: { light: '#9db4c8', dark: '#5d7386' },
  inactiveClean: { light: '#cfdbe5', dark: '#3b4a57' },
  selected: { light: '#d1006c', dark: '#ff5fa8' },
  min: { light: '#c8430f', dark: '#ee6a35' },
  low: { light: '#e39b0b', dark: '#f2b134' },
  high: { light: '#3fa58f', dark: '#3fb89d' },
  swapped: { light: '#98358a', dark: '#cf6cc0' },
  split: { light: '#c8430f', dark: '#ee6a35' },
  merge: { light: '#1f6fb5', dark: '#4a9be0' },
  kill: { light: '#b3261e', dark: '#ff7a6b' },
} as const;

export type MarkName = keyof typeof MARKS;

/** Series of charts, in the order in which they are taken. `dash` for the line, so that colour is not all. */
export const SERIES: readonly {
  readonly light: string;
  readonly dark: string;
  readonly dash: readonly number[];
}[] = [
  { light: '#1f6fb5', dark: '#4a9be0', dash: [] },
  { light: '#c8430f', dark: '#ee6a35', dash: [6, 3] },
  { light: '#3fa58f', dark: '#3fb89d', dash: [2, 2] },
  { light: '#98358a', dark: '#cf6cc0', dash: [8, 3, 2, 3] },
  { light: '#e39b0b', dark: '#f2b134', dash: [] },
  { light: '#3d3a63', dark: '#8f8cc9', dash: [6, 3] },
  { light: '#86c8ea', dark: '#a5dcf5', dash: [2, 2] },
  { light: '#8e98a3', dark: '#aab4be', dash: [8, 3, 2, 3] },
];

/** Colour of a value of FRAME_USE. */
export function colourOfUse(use: number, theme: ThemeName): string {
  return (USE_COLOURS[use] ?? (USE_COLOURS[0] as UseColour))[theme];
}

export function colourOfMark(mark: MarkName, theme: ThemeName): string {
  return MARKS[mark][theme];
}

/** All as custom properties: `--use-slab`, `--mark-dirty`, `--series-0`. */
export function colourProperties(theme: ThemeName): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...USE_COLOURS.map((use) => [`--use-${use.name}`, use[theme]]),
    ...Object.entries(MARKS).map(([name, mark]) => [`--mark-${name}`, mark[theme]]),
    ...SERIES.map((series, i) => [`--series-${i}`, series[theme]]),
  ]);
}
