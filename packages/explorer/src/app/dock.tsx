import { batch, effect, signal } from '@preact/signals';
import { createDockview, type DockviewApi, type IContentRenderer } from 'dockview-core';
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import 'virtual:dockview.css';
import './dock.css';
import { fromDockview, toDockview } from './dock-layout.ts';
import { keepPanels, layoutText, parseLayout } from './layout.ts';
import { PanelBoundary } from './panel-boundary.tsx';
import { PanelContext } from './panel-context.ts';
import { panelOf } from './panels.ts';
import { theme } from './theme.ts';

/** Layout as it is, as text; empty: no panel is open. */
export const layout = signal('');

/** Id of the panel that has the keyboard; empty: none. */
export const activePanel = signal('');

/** Ids of all open panels. */
export const openPanels = signal<readonly string[]>([]);

let api: DockviewApi | null = null;
/** What is to be shown as soon as there is a dock. */
let wanted = '';

/** Shows a layout. Panels that do not exist are left out. Throws where the text is no layout. */
export function showLayout(text: string): void {
  const parsed = keepPanels(parseLayout(text), (id) => panelOf(id) !== undefined);
  wanted = text;
  if (!api) return;
  if (parsed === null) {
    api.clear();
    return;
  }
  const { width, height } = api;
  api.fromJSON(toDockview(parsed, width || 1200, height || 700, (id) => panelOf(id)?.title ?? id));
}

/** Opens a panel beside the active one, or brings it to the front; with `focus` it gets the keyboard. */
export function openPanel(id: string, focus = true): void {
  const definition = panelOf(id);
  if (!api || !definition) return;
  const existing = api.getPanel(id);
  if (existing) existing.api.setActive();
  else api.addPanel({ id, component: id, title: definition.title });
  if (focus) focusActive();
}

export function closePanel(id: string): void {
  const panel = api?.getPanel(id);
  if (panel) api?.removePanel(panel);
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
  const target = element?.querySelector<HTMLElement>('[tabindex="0"], button, input, select, textarea');
  (target ?? element)?.focus();
}

function content(id: string): IContentRenderer {
  const element = document.createElement('div');
  element.className = 'panel-content';
  element.tabIndex = -1;
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

/** The part of the page in which the panels are. */
export function Dock() {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const dock = createDockview(host.current as HTMLDivElement, {
      createComponent: ({ name }) => content(name),
      theme: { name: 'pagewalk', className: 'dockview-pagewalk', gap: 6, dndTabIndicator: 'line' },
      defaultRenderer: 'onlyWhenVisible',
      scrollbars: 'native',
    });
    api = dock;
    const changed = () =>
      batch(() => {
        const now = dock.panels.length === 0 ? null : fromDockview(dock.toJSON());
        layout.value = now === null ? '' : layoutText(now);
        openPanels.value = dock.panels.map((panel) => panel.id);
        activePanel.value = dock.activePanel?.id ?? '';
      });
    const listeners = [dock.onDidLayoutChange(changed), dock.onDidActivePanelChange(changed)];
    const unwatch = effect(() => dock.updateOptions({ theme: dockTheme(theme.value) }));
    if (wanted !== '') showLayout(wanted);
    return () => {
      for (const listener of listeners) listener.dispose();
      unwatch();
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
