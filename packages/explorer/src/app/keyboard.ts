import { effect } from '@preact/signals';
import { nextUnit, pause, seek, step, stopExport, toggleRun } from './commands.ts';
import { activePanel, closePanel, inDock, toggleMaximized } from './dock.tsx';
import { type Direction, movePanel, neighbour, nextGroup, nextTab } from './dock-moves.ts';
import { refusal } from './machine-signals.ts';
import { breakpointsOpen, exporting, exportOpen, helpOpen, paletteOpen } from './overlays.ts';
import { allPanelKeys, panelKeys } from './panel-keys.ts';
import { NOTHING, select, selectEarlier, selection } from './selection.ts';
import { page, showStart } from './session.ts';
import { copyLink } from './share.ts';
import { toggleTheme } from './theme.ts';

/** A key and what it does; the list is also the help's. */
export interface KeyBinding {
  /** As `KeyboardEvent.key` gives it, small letters; several do the same. */
  readonly keys: readonly string[];
  /** As the help shows it. */
  readonly shown: string;
  readonly about: string;
  readonly group: 'machine' | 'pictures' | 'panels' | 'page';
  /** Only while a machine is shown. */
  readonly machine: boolean;
  readonly run: (event: KeyboardEvent) => void;
}

const inPanel = (
  event: KeyboardEvent,
  act: (keys: NonNullable<ReturnType<typeof panelKeys>>) => void,
): void => {
  const id = (event.target as HTMLElement).closest?.<HTMLElement>('[data-panel]')?.dataset['panel'];
  // The panel with the keyboard; if it has no picture, the first that has one.
  const keys = panelKeys(id ?? activePanel.value) ?? allPanelKeys()[0];
  if (keys) act(keys);
};

const key = (
  keys: string,
  shown: string,
  about: string,
  group: KeyBinding['group'],
  run: KeyBinding['run'],
  machine = true,
): KeyBinding => ({ keys: keys.split(' '), shown, about, group, run, machine });

export const KEYS: readonly KeyBinding[] = [
  { ...key('space', 'Space', 'run or pause', 'machine', toggleRun), keys: [' '] },
  key('.', '.', 'step on, by the chosen unit', 'machine', () => step(1)),
  key(',', ',', 'step back', 'machine', () => step(-1)),
  key('>', '>', 'on to the next fault', 'machine', () => step(1, 'fault')),
  key('<', '<', 'back to the fault before', 'machine', () => step(-1, 'fault')),
  key('u', 'U', 'step by turns, faults or events', 'machine', nextUnit),
  key('home', 'Home', 'to the beginning', 'machine', () => seek(0)),
  key('b', 'B', 'breakpoints', 'machine', () => (breakpointsOpen.value = true)),
  key('w', 'W', 'closer', 'pictures', (e) => inPanel(e, (k) => k.zoom?.(1))),
  key('s', 'S', 'further away', 'pictures', (e) => inPanel(e, (k) => k.zoom?.(-1))),
  key('a', 'A', 'to the left', 'pictures', (e) => inPanel(e, (k) => k.pan?.(-1, 0))),
  key('d', 'D', 'to the right', 'pictures', (e) => inPanel(e, (k) => k.pan?.(1, 0))),
  key('r', 'R', 'up', 'pictures', (e) => inPanel(e, (k) => k.pan?.(0, -1))),
  key('v', 'V', 'down', 'pictures', (e) => inPanel(e, (k) => k.pan?.(0, 1))),
  key('f', 'F', 'what is selected, in all panels', 'pictures', () => {
    for (const keys of allPanelKeys()) keys.showSelection?.();
  }),
  key('backspace', 'Backspace', 'select what was selected before', 'pictures', selectEarlier),
  key('m', 'M', 'enlarge the panel, or put it back', 'panels', toggleMaximized),
  key(']', ']', 'next tab', 'panels', () => inDock((dock) => nextTab(dock, 1))),
  key('[', '[', 'the tab before', 'panels', () => inDock((dock) => nextTab(dock, -1))),
  key('x', 'X', 'close the panel', 'panels', () => closePanel(activePanel.value)),
  key('l', 'L', 'copy a link to this', 'page', () => void copyLink()),
  key('e', 'E', 'export: traces, a picture, /proc', 'page', () => (exportOpen.value = true)),
  key(':', ': or Ctrl-K', 'commands by name', 'page', () => (paletteOpen.value = true), false),
  key('t', 'T', 'light or dark', 'page', toggleTheme, false),
  key('h', 'H', 'choose another machine', 'page', showStart),
  key('?', '?', 'this help', 'page', () => (helpOpen.value = true), false),
];

/** Keys of the dock that are held together with others. */
export const DOCK_KEYS: readonly (readonly [shown: string, about: string])[] = [
  ['F6, Shift-F6', 'next group of panels, the one before'],
  ['Ctrl-Shift-arrow', 'the group in that direction'],
  ['Alt-Shift-arrow', 'move the panel in that direction'],
  ['Enter, F6', 'type in the Terminal, leave it'],
];

/** True: it was one of them. */
function dockKey(event: KeyboardEvent): boolean {
  if (event.key === 'F6') inDock((dock) => nextGroup(dock, event.shiftKey ? -1 : 1));
  else {
    const direction = /^Arrow(Left|Right|Up|Down)$/.exec(event.key)?.[1]?.toLowerCase() as
      | Direction
      | undefined;
    if (!direction || !event.shiftKey || event.metaKey || event.ctrlKey === event.altKey) return false;
    if (event.altKey) inDock((dock) => movePanel(dock, direction));
    else inDock((dock) => neighbour(dock, direction)?.activePanel?.api.setActive());
  }
  event.preventDefault();
  return true;
}

/** Where letters are text. */
function takesText(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return (
    element?.closest?.(
      'input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable], .xterm',
    ) != null
  );
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const control = event.ctrlKey || event.metaKey;
  if (control && !event.altKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    paletteOpen.value = true;
    return;
  }
  if (document.querySelector('dialog[open]')) return;
  if (page.value === 'machine' && dockKey(event)) return;
  if (control || event.altKey) return;
  if (event.key === 'Escape') backOut();
  if (takesText(event.target)) return;
  const target = event.target as HTMLElement;
  // A button answers space itself, and so does a box to check; a slider answers its own keys.
  if (event.key === ' ' && target.closest('button, summary, input[type=checkbox], [role=tab], [role=option]'))
    return;
  if (
    event.key === 'Home' &&
    target.closest('input[type=range], [role=grid], [role=listbox], [role=tree], .view-body')
  )
    return;
  const name = event.key.toLowerCase();
  const binding = KEYS.find(({ keys }) => keys.includes(name));
  if (!binding || (binding.machine && page.value !== 'machine')) return;
  event.preventDefault();
  binding.run(event);
}

function backOut(): void {
  if (exporting.value !== null) stopExport();
  else if (refusal.value !== '') refusal.value = '';
  else if (selection.value.kind !== 'none') select(NOTHING);
}

/** From now on the page listens. */
export function listenToKeys(): void {
  addEventListener('keydown', onKeyDown);
  // Nothing is left running that nobody sees.
  effect(() => {
    if (page.value !== 'machine') pause();
  });
}
