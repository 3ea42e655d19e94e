import type { CountersView } from '../../protocol/views.ts';

/** One counter's history, ready to be drawn. */
export interface CounterSeries {
  readonly name: string;
  readonly values: Float64Array;
  /** Where the machine is: it may have gone back. */
  readonly now: number;
  readonly least: number;
  readonly most: number;
}

/** What is looked for, and whether counters that never changed are shown, too. */
export interface CounterFilter {
  readonly text: string;
  readonly still: boolean;
}

/** Counters that a filter leaves, in the order of the machine. */
export function chosenSeries(data: CountersView, filter: CounterFilter): CounterSeries[] {
  const text = filter.text.toLowerCase();
  const chosen: CounterSeries[] = [];
  data.names.forEach((name, i) => {
    if (!name.toLowerCase().includes(text)) return;
    const series = seriesOf(name, data.values[i] ?? new Float64Array(0), data.now[i] ?? 0);
    if (filter.still || series.least !== series.most) chosen.push(series);
  });
  return chosen;
}

function seriesOf(name: string, values: Float64Array, now: number): CounterSeries {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (values.length === 0) least = most = 0;
  return { name, values, now, least, most };
}

/** Sample that was taken last at or before a time; -1: none. @param times ascending */
export function sampleAt(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
