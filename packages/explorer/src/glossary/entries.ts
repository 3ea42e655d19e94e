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

/** Entries of one chapter from rows of id, name and text. */
export function entries(
  chapter: number,
  rows: readonly (readonly [id: string, name: string, text: string])[],
): GlossaryEntry[] {
  return rows.map(([id, name, text]) => ({ id, name, text, chapter }));
}
