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

/** One row of the bench. */
export interface Row {
  readonly name: string;
  readonly what: string;
  /** Program and argument of the peer (see peers.ts); null = no peer. */
  readonly peer: readonly [program: string, row: string] | null;
  readonly goal: Goal;
  /** Runs our side: nanoseconds of CPU time per operation; milliseconds or megabytes if the goal is in those. */
  run(): number;
}

/** What the figures of a row are in. */
export function unitOf({ goal }: Row): 'ns' | 'ms' | 'MB' {
  return goal.kind === 'ms' || goal.kind === 'MB' ? goal.kind : 'ns';
}

export const speed = (bound: number): Goal => ({ kind: 'speed', bound });
export const time = (bound: number): Goal => ({ kind: 'time', bound });
