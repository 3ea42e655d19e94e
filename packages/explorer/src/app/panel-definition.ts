import type { ComponentType } from 'preact';

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
