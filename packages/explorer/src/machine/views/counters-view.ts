import type { CountersView } from '../../protocol/views.ts';
import type { SampleStore } from '../sample-store.ts';

/** The history of all counters. */
export function countersView({ names, turns, times, values }: SampleStore): CountersView {
  return {
    view: 'counters',
    names,
    time: Float64Array.from(times),
    turn: Float64Array.from(turns),
    values: values.map((column) => Float64Array.from(column)),
  };
}
