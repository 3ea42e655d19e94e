/** Ids of all panels: what layouts may name. */
export const PANEL_IDS = [
  'scenario',
  'machine',
  'memory',
  'frame',
  'zones',
  'buddy',
  'tasks',
  'space',
  'walk',
  'tlb',
  'lists',
  'slab',
  'slab-cache',
  'vmalloc',
  'swap',
  'files',
  'oom',
  'counters',
  'events',
  'why',
  'terminal',
  'proc',
] as const;

export type PanelId = (typeof PANEL_IDS)[number];
