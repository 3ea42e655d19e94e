/** Names that are most like a mistyped one: for messages. */

const NAMED = 4;

/** The names that have most pairs of letters in common with `name`, the best first. */
export function alike(name: string, names: readonly string[]): string[] {
  const wanted = pairsOf(name);
  return names
    .map((other) => ({ other, likeness: likeness(wanted, pairsOf(other)) }))
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, NAMED)
    .map(({ other }) => other);
}

/** Share of the pairs that both have, 0 .. 1. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const pair of a) if (b.has(pair)) common++;
  return (2 * common) / (a.size + b.size);
}

/** Each letter with the next one; the ends count as letters. */
function pairsOf(name: string): Set<string> {
  const text = ` ${name.toLowerCase()} `;
  return new Set(Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2)));
}
