import type { ZoneView } from '../../protocol/views.ts';

/** Splits and merges of blocks of an order that are still to be seen. */
export interface BlockChange {
  readonly zone: string;
  readonly order: number;
  readonly splits: number;
  readonly merges: number;
  /** Milliseconds, on the page's clock. */
  readonly since: number;
}

type Counted = Pick<ZoneView, 'name' | 'splits' | 'merges'>;

/** How long a change is seen. */
export const CHANGE_MS = 700;

/**
 * Splits and merges of the last moments: `before` without what is over, and what there is more of than there `was`. After going back
 * there is less: that is no change.
 */
export function recentChanges(
  before: readonly BlockChange[],
  was: readonly Counted[],
  zones: readonly Counted[],
  now: number,
): readonly BlockChange[] {
  const still = before.filter((change) => now - change.since < CHANGE_MS);
  const added = zones.flatMap((zone) => {
    const then = was.find(({ name }) => name === zone.name);
    if (then === undefined) return [];
    return zone.splits.map((count, order) => ({
      zone: zone.name,
      order,
      splits: Math.max(0, count - (then.splits[order] as number)),
      merges: Math.max(0, (zone.merges[order] as number) - (then.merges[order] as number)),
      since: now,
    }));
  });
  return [...still, ...added.filter(({ splits, merges }) => splits + merges > 0)];
}

/** Splits and merges of one order among those that are to be seen. */
export function changesOf(
  changes: readonly BlockChange[],
  zone: string,
  order: number,
): { readonly splits: number; readonly merges: number } {
  let splits = 0;
  let merges = 0;
  for (const change of changes) {
    if (change.zone !== zone || change.order !== order) continue;
    splits += change.splits;
    merges += change.merges;
  }
  return { splits, merges };
}
