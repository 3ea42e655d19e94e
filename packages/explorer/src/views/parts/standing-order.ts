import { useRef } from 'preact/hooks';
import { status } from '../../app/machine-signals.ts';

/** Rows in the order that they had before; new ones come after them, in their own. */
export function keepOrder<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  before: readonly string[],
): readonly T[] {
  const places = new Map(before.map((key, place) => [key, place]));
  const placeOf = (row: T): number => places.get(keyOf(row)) ?? before.length;
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
}

/**
 * Sorted rows that keep their places while the machine runs, so that they can be read and pressed: they are put in order again when it
 * stands. @param sorting by what they are sorted: another one takes effect at once
 */
export function useStandingOrder<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  sorting: string,
): readonly T[] {
  const last = useRef<{ sorting: string; keys: readonly string[] }>({ sorting, keys: [] });
  const holds = status.value.phase === 'running' && last.current.sorting === sorting;
  const ordered = holds ? keepOrder(rows, keyOf, last.current.keys) : rows;
  last.current = { sorting, keys: ordered.map(keyOf) };
  return ordered;
}
