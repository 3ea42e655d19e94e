import { PIECE_BYTES } from './pieces.ts';
import type { Runner } from './runner.ts';
import { type Snapshot, Snapshots, type SparseRam } from './snapshot.ts';

/** Time of execution between two states, ms: returning to a turn takes no longer than going on from the state before it. */
const SPACING_MS = 250;
/** The same for a state shortly before a turn that was gone back to: one who steps back once does so again. */
const NEAR_MS = 100;
/** Taking states may take this share of the time, and up to the other so that stepping back stays below a second. */
const SHARE = 0.1;
const SHARE_MOST = 0.2;
const SPACING_MOST_MS = 500;
/** States that are kept at most, and bytes of all. */
const RUNGS_MAX = 48;
const BYTES_MAX = 512 * 2 ** 20;

/** A state that was kept. */
interface Rung {
  readonly turn: number;
  /** Time of execution from the begin to there, ms. */
  readonly spent: number;
  readonly snapshot: Snapshot;
}

/**
 * States of a machine to return to, from its first turn on. They lie densest before where the machine is; when there are too many,
 * those go first that leave the smallest gap for their distance.
 */
export class Ladder {
  private readonly runner: Runner;
  private readonly snapshots: Snapshots;
  private readonly now: () => number;
  private rungs: Rung[] = [];
  // Time of execution up to where the machine is.
  private spent = 0;
  private cost = 0;

  /** @param runner at its first turn */
  constructor(runner: Runner, now: () => number) {
    this.runner = runner;
    this.snapshots = new Snapshots(runner, sparseRam(runner));
    this.now = now;
    if (this.threadsRest) this.keep();
  }

  private get threadsRest(): boolean {
    return this.runner.kernel.paging.daemons.allRest;
  }

  /** Time of execution between two states, ms. */
  private get spacing(): number {
    const { cost } = this;
    return Math.max(SPACING_MS, Math.min(cost / SHARE, SPACING_MOST_MS), cost / SHARE_MOST);
  }

  get bytes(): number {
    return this.snapshots.size;
  }

  /** Turns of the states that are kept. */
  get turns(): readonly number[] {
    return this.rungs.map(({ turn }) => turn);
  }

  /** The machine has worked for so long. */
  spend(ms: number): void {
    this.spent += ms;
  }

  /**
   * The machine is at a turn: keeps its state if the last one that is kept is too far behind.
   *
   * @param near it comes from farther back, and will soon be where it is wanted: from here the next step back is short
   */
  climb(turn: number, near = false): void {
    const before = this.below(turn);
    const spacing = near ? NEAR_MS : this.spacing;
    if (before !== undefined && this.spent - before.spent < spacing) return;
    // A thread in the midst of its work has state that cannot be seen: the next turn will do.
    if (this.threadsRest) this.keep();
    if (this.rungs.length > RUNGS_MAX) this.thin();
    while (this.rungs.length > 2 && this.snapshots.size > BYTES_MAX) this.thin();
  }

  /** Returns to the last state at `turn` or before. False: it is gone. */
  descend(turn: number): boolean {
    const rung = this.below(turn);
    if (rung === undefined || !this.snapshots.restore(rung.snapshot)) return false;
    this.spent = rung.spent;
    return true;
  }

  /** States after `turn` are never wanted again. */
  forgetAfter(turn: number): void {
    for (const { snapshot } of this.rungs.filter((rung) => rung.turn > turn)) this.snapshots.drop(snapshot);
    this.rungs = this.rungs.filter((rung) => rung.turn <= turn);
  }

  private below(turn: number): Rung | undefined {
    return this.rungs.findLast((rung) => rung.turn <= turn);
  }

  private keep(): void {
    const start = this.now();
    const { turn } = this.runner;
    const rung = { turn, spent: this.spent, snapshot: this.snapshots.take() };
    const at = this.rungs.findLastIndex((other) => other.turn <= turn) + 1;
    this.rungs.splice(at, 0, rung);
    this.cost = this.now() - start;
  }

  private thin(): void {
    let worst = 1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.rungs.length - 1; i++) {
      const [before, rung, after] = this.rungs.slice(i - 1, i + 2) as [Rung, Rung, Rung];
      const distance = Math.abs(this.spent - rung.spent) + SPACING_MS;
      const gap = (after.spent - before.spent) / distance;
      if (gap >= least) continue;
      least = gap;
      worst = i;
    }
    const [gone] = this.rungs.splice(worst, 1);
    if (gone !== undefined) this.snapshots.drop(gone.snapshot);
  }
}

/** The machine's RAM, unless what lies beside it shares pieces with it. */
function sparseRam({ kernel }: Runner): SparseRam | null {
  const { memory, memMap, physical } = kernel;
  const { buffer, byteOffset, byteLength } = memory.bytes;
  if (byteOffset % PIECE_BYTES !== 0 || memMap.frames * PIECE_BYTES > byteLength) return null;
  const { owner, count } = memMap;
  return { buffer, offset: byteOffset / PIECE_BYTES, firstZero: physical.maxLowPfn, owner, count };
}
