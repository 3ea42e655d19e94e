import type { CountersView } from '../../protocol/views.ts';

/** A zone's free pages over virtual time, oldest first. */
export interface ZoneSamples {
  /** Virtual time, ns. */
  readonly time: readonly number[];
  readonly free: readonly number[];
}

/**
 * A zone's free pages from the history of the counters up to a moment, and what they are at it. Samples of later moments, from
 * before a step back, are left out.
 *
 * @param now virtual time, ns
 */
export function zoneSamples(
  counters: CountersView | null,
  zone: string,
  now: number,
  free: number,
): ZoneSamples {
  const time: number[] = [];
  const pages: number[] = [];
  const column = counters === null ? -1 : counters.names.indexOf(`free ${zone}`);
  const values = counters?.values[column];
  if (counters !== null && values !== undefined) {
    for (let i = 0; i < counters.time.length; i++) {
      const at = (counters.time[i] as number) * 1e9;
      if (at >= now) break;
      time.push(at);
      pages.push(values[i] as number);
    }
  }
  time.push(now);
  pages.push(free);
  return { time, free: pages };
}
