import type { ZonesView } from '../../protocol/views.ts';

/** A split or merge that is still to be seen. */
export interface BlockChange {
  readonly kind: 'split' | 'merge';
  readonly order: number;
  readonly pfn: number;
  /** Milliseconds, on the page's clock. */
  readonly since: number;
}

/** How long a change is seen, and how many at most. */
export const CHANGE_MS = 700;
const MOST = 200;

/** Splits and merges of the last moments: `before` without what is over, and what `view` brings. */
export function recentChanges(
  before: readonly BlockChange[],
  view: Pick<ZonesView, 'splits' | 'merges'>,
  now: number,
): BlockChange[] {
  const still = before.filter((change) => now - change.since < CHANGE_MS);
  const added = [
    ...view.splits.map((split) => ({ kind: 'split' as const, ...split, since: now })),
    ...view.merges.map((merge) => ({ kind: 'merge' as const, ...merge, since: now })),
  ];
  return [...still, ...added].slice(-MOST);
}

/** Splits and merges by order, since the view began. */
export class ChangeTotals {
  readonly splits = new Float64Array(16);
  readonly merges = new Float64Array(16);

  add(view: Pick<ZonesView, 'splits' | 'merges'>): void {
    for (const { order } of view.splits) this.splits[order]!++;
    for (const { order } of view.merges) this.merges[order]!++;
  }

  forget(): void {
    this.splits.fill(0);
    this.merges.fill(0);
  }
}
