import { useContext, useEffect, useRef } from 'preact/hooks';
import { PanelContext } from './panel-context.ts';

/** What a view of its own does with the keys that move in pictures. Missing ones do nothing. */
export interface PanelKeys {
  /** W, S. */
  readonly zoom?: (direction: 1 | -1) => void;
  /** A, D (and Shift-W, Shift-S up and down). */
  readonly pan?: (dx: -1 | 0 | 1, dy: -1 | 0 | 1) => void;
  /** F: shows what is selected. */
  readonly showSelection?: () => void;
}

const handlers = new Map<string, () => PanelKeys>();

/** The view answers W A S D and F while its panel is the active one. */
export function usePanelKeys(keys: PanelKeys): void {
  const { id } = useContext(PanelContext);
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    handlers.set(id, () => latest.current);
    return () => {
      handlers.delete(id);
    };
  }, [id]);
}

/** Keys of a panel; undefined: it has none. */
export function panelKeys(id: string): PanelKeys | undefined {
  return handlers.get(id)?.();
}

/** Keys of all panels that are open. */
export function allPanelKeys(): PanelKeys[] {
  return [...handlers.values()].map((keys) => keys());
}
