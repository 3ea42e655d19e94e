import { ADDRESS_SPACE } from './address-space.ts';
import { COUNTERS } from './counters.ts';
import type { GlossaryEntry } from './entries.ts';
import { EXPLORER } from './explorer.ts';
import { MACHINE_COUNTERS } from './machine-counters.ts';
import { PHYSICAL } from './physical.ts';
import { RECLAIM } from './reclaim.ts';

/** All of them. */
export const GLOSSARY: readonly GlossaryEntry[] = [
  ...EXPLORER,
  ...PHYSICAL,
  ...ADDRESS_SPACE,
  ...RECLAIM,
  ...COUNTERS,
  ...MACHINE_COUNTERS,
];

const byId = new Map(GLOSSARY.map((entry) => [entry.id, entry]));

export function termOf(id: string): GlossaryEntry | undefined {
  return byId.get(id);
}
