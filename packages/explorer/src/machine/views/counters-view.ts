import type { Kernel } from '@pagewalk/mm';
import type { CountersView } from '../../protocol/views.ts';
import type { SampleStore } from '../sample-store.ts';

/** The history of all counters, and what they are now. */
export function countersView(samples: SampleStore, kernel: Kernel): CountersView {
  const { names, turns, times, values } = samples;
  return {
    view: 'counters',
    names,
    time: Float64Array.from(times),
    turn: Float64Array.from(turns),
    now: samples.present(kernel),
    values: values.map((column) => Float64Array.from(column)),
  };
}
