import type { Goal } from './row.ts';

/** What is known about a row after it ran: one element of `results` in the JSON output. */
export interface Result {
  readonly row: string;
  readonly what: string;
  /** Unit of `ours`, `peer` and `rounds`; ns and ms are CPU time. */
  readonly unit: 'ns' | 'ms' | 'MB';
  /** Median of our rounds, and of the peer's. */
  readonly ours: number;
  readonly peer: number | null;
  readonly peerProgram: string | null;
  /** Why the peer did not run; null if it did, or if the row has none. */
  readonly missingPeer: string | null;
  /** peer / ours if the goal is a speed, otherwise ours / peer; null without a peer. */
  readonly ratio: number | null;
  readonly goal: Goal | null;
  /** Share of the references that found their page absent, the peer's being the same; null: the row counts none. */
  readonly missRatio: number | null;
  /** Null: there is no goal, or no peer to tell. */
  readonly met: boolean | null;
  /** All rounds, in the order in which they ran. */
  readonly rounds: { readonly ours: readonly number[]; readonly peer: readonly number[] };
}

function goalText(goal: Goal | null): string {
  if (goal === null) return '-';
  if (goal.kind === 'speed') return `>= ${goal.bound}x`;
  return goal.kind === 'time' ? `<= ${goal.bound}x` : `<= ${goal.bound} ${goal.kind}`;
}

/** Prints the results as a table, and below it what both sides agree on and why peers are missing. */
export function printTable(results: readonly Result[]): void {
  const width = Math.max(...results.map(({ what }) => what.length)) + 2;
  const line = (what: string, ...cells: string[]) =>
    console.log(`${what.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join('')}`.trimEnd());
  line('CPU time per operation', 'pagewalk', 'peer', 'ratio', 'goal', '');
  for (const result of results) {
    let peer = '-';
    if (result.missingPeer !== null) peer = 'no peer';
    else if (result.peer !== null) peer = `${result.peer.toFixed(1)} ns`;
    const ratio = result.ratio === null ? '-' : `${result.ratio.toFixed(2)}x`;
    const met = result.met === null ? '' : result.met ? 'met' : 'missed';
    line(result.what, `${result.ours.toFixed(1)} ${result.unit}`, peer, ratio, goalText(result.goal), met);
  }
  for (const { row, missRatio, peer } of results) {
    if (missRatio === null) continue;
    const both = peer === null ? '' : ", and of the peer's";
    console.log(`${row}: ${(100 * missRatio).toFixed(2)} % of the references miss${both}`);
  }
  for (const reason of new Set(results.flatMap(({ missingPeer }) => missingPeer ?? []))) {
    console.log(`no peer: ${reason}`);
  }
}
