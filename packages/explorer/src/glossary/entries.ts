import type { GlossaryEntry } from './glossary.ts';

/** Entries of one chapter from rows of id, name and text. */
export function entries(
  chapter: number,
  rows: readonly (readonly [id: string, name: string, text: string])[],
): GlossaryEntry[] {
  return rows.map(([id, name, text]) => ({ id, name, text, chapter }));
}
