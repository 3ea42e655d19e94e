import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/** One `@linux` tag of the memory manager's sources. */
export interface WhereEntry {
  /** All kernel names of the tag, in order; the first is the one that callers and callees show. */
  readonly names: readonly string[];
  /** Those of them that are functions. */
  readonly functions: readonly string[];
  /** The kernel source file of each name; null: the tag does not say. */
  readonly kernelFiles: readonly (string | null)[];
  /** All kernel source files that the tag names. */
  readonly mentions: readonly string[];
  readonly release: string;
  /** The tag as it stands in the source. */
  readonly text: string;
  /** Our file, from the top of the repository, and the line of the declaration. */
  readonly file: string;
  readonly line: number;
  /** The declaration: `PageAllocator.rmqueue`. */
  readonly symbol: string;
  /** Numbers of the entries that call this one, and that it calls. */
  readonly callers: readonly number[];
  readonly callees: readonly number[];
}

/** The index that the build makes from the sources (scripts/where-index.mjs). */
export interface WhereIndex {
  readonly defaultRelease: string;
  readonly entries: readonly WhereEntry[];
}

/** Reads the index; it lies beside the bundled program. */
export function readWhereIndex(): WhereIndex {
  const url = new URL('./where.json', import.meta.url);
  try {
    return JSON.parse(readFileSync(url, 'utf8')) as WhereIndex;
  } catch {
    throw new UsageError(
      'where: the index of kernel names is missing or damaged (dist/where.json)\nMake it with: npm run build',
    );
  }
}

/** Entries with the kernel name; those that are functions come first. */
export function entriesOf(index: WhereIndex, name: string): WhereEntry[] {
  const found = index.entries.filter((entry) => entry.names.includes(name));
  const isFunction = (entry: WhereEntry): number => (entry.functions.includes(name) ? 0 : 1);
  const isFirst = (entry: WhereEntry): number => (entry.names[0] === name ? 0 : 1);
  return found.sort((a, b) => isFunction(a) - isFunction(b) || isFirst(a) - isFirst(b));
}

/** Known names that look most like `name`, best first, at most `count`. */
export function closestNames(index: WhereIndex, name: string, count: number): string[] {
  const wanted = name.toLowerCase();
  const known = new Set(index.entries.flatMap((entry) => entry.functions));
  const scored = [...known].map((candidate) => {
    const inside = candidate.includes(wanted) || (candidate.length > 3 && wanted.includes(candidate));
    const distance = editDistance(wanted, candidate.toLowerCase());
    return { candidate, score: inside ? Math.min(distance, 2) : distance };
  });
  const limit = Math.max(2, Math.ceil(name.length / 2));
  return scored
    .filter(({ score }) => score <= limit)
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Letters to insert, delete or change to make `b` of `a`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
