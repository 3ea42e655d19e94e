import type { ComponentType } from 'preact';
import { MachinePanel } from './machine-panel.tsx';

/** A view that can be opened as a panel. */
export interface PanelDefinition {
  /** Small letters, digits and `-`: links and layouts name it so. */
  readonly id: string;
  readonly title: string;
  readonly component: ComponentType<{ panelId: string }>;
  /** What it shows, in one sentence: palette and help. */
  readonly about: string;
  /** Chapter of the book; 0: none. */
  readonly chapter: number;
  /** Path data of an icon of 16 by 16. */
  readonly icon: string;
}

/**
 * All panels, in the order of the palette. Each view brings its own entry; ids that layouts may name: memory, frame, zones, buddy,
 * tasks, space, walk, tlb, lists, slab, slab-cache, vmalloc, swap, files, oom, counters, events, why, terminal, proc, machine, scenario.
 */
export const PANELS: readonly PanelDefinition[] = [
  {
    id: 'machine',
    title: 'Machine',
    component: MachinePanel,
    about: 'What the machine is made of, where it is, and the hash of its state.',
    chapter: 0,
    icon: 'M2 3h12v8H2zM5 14h6M8 11v3',
  },
];

export function panelOf(id: string): PanelDefinition | undefined {
  return PANELS.find((panel) => panel.id === id);
}
