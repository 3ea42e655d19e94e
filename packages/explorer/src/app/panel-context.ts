import { type ReadonlySignal, signal } from '@preact/signals';
import { createContext } from 'preact';

/** What a component knows about the panel that it is in. */
export interface PanelPlace {
  readonly id: string;
  /** Whether it can be seen: not behind another tab. */
  readonly visible: ReadonlySignal<boolean>;
}

export const PanelContext = createContext<PanelPlace>({ id: '', visible: signal(true) });
