import { ADDRESS_SPACE } from './address-space.ts';
import { COUNTERS } from './counters.ts';
import { EXPLORER } from './explorer.ts';
import { MACHINE_COUNTERS } from './machine-counters.ts';
import { PHYSICAL } from './physical.ts';
import { RECLAIM } from './reclaim.ts';

/** A counter or term, explained. */
export interface GlossaryEntry {
  /** Small letters, digits, `-` and `_`; of a chart's counter `counter:` and its name. `data-term` names it so. */
  readonly id: string;
  readonly name: string;
  /** One to three sentences; units where it is a number. */
  readonly text: string;
  /** Chapter of the book; 0: none. */
  readonly chapter: number;
}

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
