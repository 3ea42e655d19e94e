/** What a goal is a bound of. */
export type GoalKind = 'speed' | 'time' | 'ns' | 'ms' | 'MB' | 'none';

/**
 * `speed`: at least `bound` times the peer's speed; `time`: at most `bound` times the peer's time; `ns`, `ms`, `MB`: at
 * most that many, without a peer; `none`: a figure without a goal, in ns.
 */
export interface Goal {
  readonly kind: GoalKind;
  readonly bound: number;
}

/** What a row comes to if it counts something besides time. */
export interface Measurement {
  /** Nanoseconds, milliseconds or megabytes, as {@link Row.run} says. */
  readonly value: number;
  /** Share of the references that found their page absent, 0 .. 1; null: the row counts none. Both sides must find the same. */
  readonly missRatio: number | null;
}

/** One row of the bench. */
export interface Row {
  readonly name: string;
  readonly what: string;
  /** Program and argument of the peer (see peers.ts); null = no peer. */
  readonly peer: readonly [program: string, row: string] | null;
  readonly goal: Goal;
  /** Runs our side: nanoseconds of CPU time per operation; milliseconds or megabytes if the goal is in those. */
  run(): number | Measurement | Promise<number>;
}

/** What the figures of a row are in. */
export function unitOf({ goal }: Row): 'ns' | 'ms' | 'MB' {
  return goal.kind === 'ms' || goal.kind === 'MB' ? goal.kind : 'ns';
}

/** A measurement on one line, for {@link parseMeasurement}. */
export function printMeasurement(result: number | Measurement): string {
  if (typeof result === 'number') return String(result);
  return result.missRatio === null ? String(result.value) : `${result.value} ${result.missRatio}`;
}

/** Reads what our side or a peer prints: the value, and the miss ratio if there is one. @throws Error when it is neither */
export function parseMeasurement(text: string): Measurement {
  const [value = Number.NaN, missRatio = null, ...rest] = text.trim().split(/\s+/).map(Number);
  if (text.trim() === '' || Number.isNaN(value) || Number.isNaN(missRatio ?? 0) || rest.length > 0) {
    throw new Error(`no measurement: '${text.trim()}'`);
  }
  return { value, missRatio };
}

export const speed = (bound: number): Goal => ({ kind: 'speed', bound });
/** A figure without a goal. */
export const unbound: Goal = { kind: 'none', bound: 0 };
export const time = (bound: number): Goal => ({ kind: 'time', bound });
