/** A bar of a plot. */
export interface Bar {
  readonly label: string;
  /** Positive. */
  readonly value: number;
  /** The value as it is printed behind the bar. */
  readonly text: string;
}

/** Narrowest plot that still shows a difference, in characters. */
const BAR_MIN = 4;

/**
 * Bars on a logarithmic scale that begins at a third of the smallest value: `label ######## text`. On a terminal too narrow for
 * bars only labels and values are left.
 */
export function plotBars(bars: readonly Bar[], width: number): string {
  if (bars.length === 0) return '  (nothing to plot)';
  const label = Math.max(...bars.map((bar) => bar.label.length));
  const text = Math.max(...bars.map((bar) => bar.text.length));
  const room = width - label - text - 6;
  const start = Math.min(...bars.map(({ value }) => value)) / 3;
  const span = Math.log(Math.max(...bars.map(({ value }) => value)) / start);
  return bars
    .map((bar) => {
      const share = span === 0 ? 1 : Math.log(bar.value / start) / span;
      const length = Math.max(1, Math.round(share * Math.min(60, room)));
      const drawn = room < BAR_MIN ? '' : `${'█'.repeat(length)} `;
      return `  ${bar.label.padEnd(label)} ${drawn}${bar.text}`;
    })
    .join('\n');
}
