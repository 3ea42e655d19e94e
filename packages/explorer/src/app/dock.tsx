import { batch, effect, signal } from '@preact/signals';
import {
  createDockview,
  type DockviewApi,
  type DockviewGroupPanel,
  type IContentRenderer,
} from 'dockview-core';
import { type ComponentType, render } from 'preact';
import { useEffect } from 'preact/hooks';
import 'virtual:dockview.css';
import './dock.css';
import { fromDockview, toDockview } from './dock-layout.ts';
import { keepScroll, restoreScroll } from './keep-scroll.ts';
import { keepPanels, type Layout, layoutText, NO_PANELS, parseLayout } from './layout.ts';
import { PanelBoundary } from './panel-boundary.tsx';
import { PanelContext } from './panel-context.ts';
import type { PanelDefinition } from './panel-definition.ts';
import { theme } from './theme.ts';

/** Layout as it is, as text; empty: none was shown yet. */
export const layout = signal('');

/** Id of the panel that has the keyboard; empty: none. */
export const activePanel = signal('');

/** Ids of all open panels. */
export const openPanels = signal<readonly string[]>([]);

let api: DockviewApi | null = null;
/** All panels that there can be; given by whoever makes the dock, as they use it themselves. */
let definitions: readonly PanelDefinition[] = [];
/** What is to be shown as soon as there is a dock; null: nothing, undefined: it stays as it is. */
let wanted: Layout | null | undefined;
/** Something was laid out: if there are no panels now, that is what was wanted. */
let laid = false;
/** The element in which the dock is. */
const host: { current: HTMLDivElement | null } = { current: null };

/** Shows a layout. Panels that do not exist are left out. Throws where the text is no layout. */
export function showLayout(text: string): void {
  wanted = text === NO_PANELS ? null : parseLayout(text);
  layWanted();
}

function panelOf(id: string): PanelDefinition | undefined {
  return definitions.find((panel) => panel.id === id);
}

/** Lays out what is wanted as soon as the dock has a size: without one, shares of it mean nothing. */
function layWanted(): void {
  if (!api || wanted === undefined || !host.current?.clientWidth) return;
  const { clientWidth, clientHeight } = host.current;
  const known = wanted === null ? null : keepPanels(wanted, (id) => panelOf(id) !== undefined);
  if (known === null) api.clear();
  else {
    api.layout(clientWidth, clientHeight);
    api.fromJSON(toDockview(known, clientWidth, clientHeight, (id) => panelOf(id)?.title ?? id));
  }
  wanted = undefined;
  laid = true;
  changed(api);
}

/** Opens a panel beside the active one, or brings it to the front; with `focus` it gets the keyboard. */
export function openPanel(id: string, focus = true): void {
  const definition = panelOf(id);
  if (!api || !definition) return;
  const existing = api.getPanel(id);
  const before = api.activePanel;
  // What can be seen stays as it is, unless it is to have the keyboard.
  if (existing?.api.isVisible && !focus) return;
  if (existing) existing.api.setActive();
  else api.addPanel({ id, component: id, title: definition.title, ...besideStory(api) });
  if (!focus) before?.api.setActive();
  if (focus) focusActive();
}

/** A new panel never covers the story: it goes into the active group, or into the last one. */
function besideStory(dock: DockviewApi): { position?: { referenceGroup: DockviewGroupPanel } } {
  const free = dock.groups.filter(({ panels }) => panels.every((panel) => panel.id !== 'scenario'));
  const group = free.find(({ id }) => id === dock.activeGroup?.id) ?? free.at(-1);
  return group ? { position: { referenceGroup: group } } : {};
}

export function closePanel(id: string): void {
  const panel = api?.getPanel(id);
  if (!panel) return;
  const hadKeyboard = panel.view.content.element.contains(document.activeElement);
  api?.removePanel(panel);
  // The panel that comes to the front is laid into the page later.
  if (hadKeyboard) requestAnimationFrame(focusActive);
}

/** The group of the active panel fills the dock, or goes back to its place. */
export function toggleMaximized(): void {
  if (!api) return;
  if (api.hasMaximizedGroup()) api.exitMaximizedGroup();
  else if (api.activePanel) api.maximizeGroup(api.activePanel);
}

/** Goes to another tab or group, or moves the panel: `act` has what dock-moves.ts wants. */
export function inDock(act: (dock: DockviewApi) => void): void {
  if (!api) return;
  act(api);
  focusActive();
}

function focusActive(): void {
  const element = api?.activePanel?.view.content.element;
  // Never a field, which would take the letters that are keys of the page; nor a row, which goes as the table moves.
  const target =
    element?.querySelector<HTMLElement>('[tabindex="0"]:not([role=option], tr)') ??
    element?.querySelector('button');
  (target ?? element)?.focus();
}

function content(id: string): IContentRenderer {
  const element = document.createElement('div');
  element.className = 'panel-content';
  element.tabIndex = -1;
  keepScroll(element);
  const visible = signal(true);
  return {
    element,
    init({ api: panel }) {
      visible.value = panel.isVisible;
      panel.onDidVisibilityChange(({ isVisible }) => (visible.value = isVisible));
      const definition = panelOf(id);
      if (!definition) return;
      const View = definition.component;
      element.setAttribute('role', 'region');
      element.setAttribute('aria-label', definition.title);
      element.dataset['panel'] = id;
      render(
        <PanelContext.Provider value={{ id, visible }}>
          <PanelBoundary title={definition.title}>
            <View panelId={id} />
          </PanelBoundary>
        </PanelContext.Provider>,
        element,
      );
    },
    dispose() {
      render(null, element);
    },
  };
}

function changed(dock: DockviewApi): void {
  restoreScroll();
  // And when all is in the page again, which the dock may do after it has told.
  requestAnimationFrame(restoreScroll);
  batch(() => {
    const now = dock.panels.length === 0 ? null : fromDockview(dock.toJSON());
    layout.value = now !== null ? layoutText(now) : laid ? NO_PANELS : '';
    openPanels.value = dock.panels.map((panel) => panel.id);
    activePanel.value = dock.activePanel?.id ?? '';
  });
}

/** The part of the page in which the panels are. `empty` is shown while none is open. */
export function Dock({ panels, empty: Empty }: { panels: readonly PanelDefinition[]; empty: ComponentType }) {
  useEffect(() => {
    definitions = panels;
    const dock = createDockview(host.current as HTMLDivElement, {
      createComponent: ({ name }) => content(name),
      createWatermarkComponent: () => {
        const element = document.createElement('div');
        element.className = 'panel-content';
        return { element, init: () => render(<Empty />, element), dispose: () => render(null, element) };
      },
      theme: { name: 'pagewalk', className: 'dockview-pagewalk', gap: 6, dndTabIndicator: 'line' },
      defaultRenderer: 'onlyWhenVisible',
      scrollbars: 'native',
    });
    api = dock;
    const tell = () => changed(dock);
    const listeners = [dock.onDidLayoutChange(tell), dock.onDidActivePanelChange(tell)];
    const unwatch = effect(() => dock.updateOptions({ theme: dockTheme(theme.value) }));
    const sizes = new ResizeObserver(layWanted);
    sizes.observe(host.current as HTMLDivElement);
    layWanted();
    return () => {
      for (const listener of listeners) listener.dispose();
      unwatch();
      sizes.disconnect();
      api = null;
      dock.dispose();
    };
  }, []);
  return <div class="dock" ref={host} />;
}

function dockTheme(colorScheme: 'light' | 'dark') {
  return {
    name: 'pagewalk',
    className: 'dockview-pagewalk',
    gap: 6,
    dndTabIndicator: 'line',
    colorScheme,
  } as const;
}
