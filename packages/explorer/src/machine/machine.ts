import { type Trace, type TraceEvent, tracepoints } from '@pagewalk/mm';
import type { TimedInput } from '../protocol/messages.ts';
import type { MachineMaker } from './boot-machine.ts';
import { History } from './history.ts';
import { Ladder } from './ladder.ts';
import type { Runner } from './runner.ts';

/** Turns are made in pieces of about so long before the time is looked at, ms. */
const PIECE_MS = 1;
/** So many of them before the turn that was gone back to, a state is kept. */
const NEAR_PIECES = 40;
/** Cells of the trace's ring. */
const CELL = { kind: 2, pid: 3 } as const;
/** Above is the CPU. */
const PID_MASK = 0xffff;

/** Looks at an event; true: the machine stops when the turn is over. */
export type Watch = (event: TraceEvent) => boolean;

/** What {@link Machine.forward} looks out for. */
export interface WatchList {
  /** Tracepoints that are looked at, by id. */
  readonly kinds: Uint8Array;
  readonly watch: Watch;
}

/**
 * A machine that goes forwards turn by turn, and back: it returns to a state that it had before and goes the same way again up to
 * the turn that is wanted.
 */
export class Machine {
  readonly history = new History();
  /** The event for which it stopped; null: it did not. */
  stoppedAt: TraceEvent | null = null;
  private runner!: Runner;
  private ladder!: Ladder;
  private readonly make: MachineMaker;
  private readonly now: () => number;
  private started = false;
  private watched: WatchList | null = null;
  // Turns that take about PIECE_MS.
  private piece = 16;
  private lastPid = -1;
  // The window's size has changed while the machine was back: it will when the machine is where nobody has been.
  private window: TimedInput['window'] | null = null;

  /** @param now a clock of the host in ms: it decides only how much is done at a time, and which states are kept */
  constructor(make: MachineMaker, now: () => number, inputs: readonly TimedInput[] = []) {
    this.make = make;
    this.now = now;
    this.history.inputs = inputs.toSorted((a, b) => a.turn - b.turn);
    this.boot();
  }

  get kernel() {
    return this.runner.kernel;
  }
  get turn(): number {
    return this.runner.turn;
  }
  get ended(): string | null {
    return this.runner.ended;
  }
  get damaged(): boolean {
    return this.runner.damaged;
  }
  /** It waits for terminal input. */
  get waits(): boolean {
    return this.runner.waits && this.history.nextInput(this.turn) !== this.turn;
  }
  /** Turns until the end; null: unknown. */
  get end(): number | null {
    return this.history.end ?? this.runner.turnsInAll;
  }
  /** Turns at which there is a state to return to. */
  get keptTurns(): readonly number[] {
    return this.ladder.turns;
  }
  /** Bytes that states to return to take. */
  get keptBytes(): number {
    return this.ladder.bytes;
  }

  /**
   * Goes forwards to turn `until`, but not longer than to the time `deadline`.
   *
   * @param watched events that stop it: then {@link stoppedAt} is set. Null: none
   */
  forward(until: number, deadline: number, watched: WatchList | null = null): void {
    const { runner, history } = this;
    this.watched = watched;
    this.stoppedAt = null;
    let time = this.now();
    this.ladder.climb(runner.turn);
    while (runner.turn < until && runner.ended === null && !this.waits && time < deadline) {
      this.settleWindow();
      for (const input of history.inputsAt(runner.turn)) this.arrive(input);
      const last = Math.min(until, history.nextInput(runner.turn + 1), this.nextSample());
      const turns = watched === null ? Math.min(this.piece, last - runner.turn) : 1;
      runner.advance(turns);
      this.noteProgress();
      if (this.stoppedAt !== null) break;
      if (watched !== null && (runner.turn & 63) !== 0 && this.piece > 64) continue;
      const after = this.now();
      if (watched === null) this.adapt(turns, after - time);
      this.ladder.spend(after - time);
      this.ladder.climb(runner.turn, this.isNear(until));
      time = this.now();
    }
    this.watched = null;
  }

  /** Goes back to a state that it had at turn `turn` or before: {@link forward} does the rest. */
  back(turn: number): void {
    if (!this.ladder.descend(turn)) this.boot();
  }

  /** Terminal input arrives now. Whatever is known of later turns is forgotten. */
  type(bytes: Uint8Array): void {
    this.changeFuture({ turn: this.turn, bytes });
  }

  /** The terminal's window has another size: from now on, or from where the machine has not been yet. */
  resizeWindow(columns: number, rows: number): void {
    const last = this.history.inputs.findLast(({ window }) => window !== undefined)?.window;
    this.window = last?.columns === columns && last.rows === rows ? null : { columns, rows };
    this.settleWindow();
  }

  private settleWindow(): void {
    const { window } = this;
    if (window === null || window === undefined || this.turn < this.history.furthest) return;
    this.window = null;
    this.changeFuture({ turn: this.turn, bytes: new Uint8Array(0), window });
  }

  private changeFuture(input: TimedInput): void {
    if (this.ended !== null || !this.runner.hasTerminal) return;
    this.history.forgetAfter(this.turn, this.kernel.trace.seq);
    this.history.inputs.push(input);
    this.ladder.forgetAfter(this.turn);
  }

  private arrive({ bytes, window }: TimedInput): void {
    if (window !== undefined) this.runner.resizeWindow(window.columns, window.rows);
    else this.runner.type(bytes);
  }

  /** Whether the machine has been at `until` before, and will be there again soon. */
  private isNear(until: number): boolean {
    const left = until - this.turn;
    return left > 0 && left <= NEAR_PIECES * this.piece && until <= this.history.furthest;
  }

  private boot(): void {
    const { history } = this;
    this.started = false;
    this.make({
      booted: (runner) => {
        this.runner = runner;
      },
      event: (trace, base) => this.onEvent(trace, base),
      output: (bytes) => history.print(this.started ? this.runner.turn + 1 : 0, bytes),
    });
    this.started = true;
    this.ladder = new Ladder(this.runner, this.now);
    this.noteProgress();
  }

  private nextSample(): number {
    const { furthest, samples } = this.history;
    if (this.turn >= furthest) return samples.next;
    return this.window === null ? Number.POSITIVE_INFINITY : furthest;
  }

  private noteProgress(): void {
    const { runner, history } = this;
    const { turn } = runner;
    if (turn < history.furthest) return;
    history.furthest = turn;
    if (runner.ended !== null) history.end = turn;
    const { samples } = history;
    if (turn >= samples.next && turn !== samples.turns.at(-1)) samples.take(runner.kernel, turn);
  }

  private adapt(turns: number, ms: number): void {
    if (turns < this.piece) return;
    const factor = Math.min(2, Math.max(0.25, PIECE_MS / Math.max(ms, 0.01)));
    this.piece = Math.max(1, Math.min(1 << 16, Math.round(this.piece * factor)));
  }

  private onEvent(trace: Trace, base: number): void {
    const { history, watched } = this;
    const { ring } = trace;
    if ((ring[base] as number) === history.events.last + 1) {
      history.events.append(trace, base, this.started ? this.runner.turn + 1 : 0);
      const pid = (ring[base + CELL.pid] as number) & PID_MASK;
      if (pid !== this.lastPid) this.noteName(pid);
    }
    if (watched === null || this.stoppedAt !== null) return;
    if (watched.kinds[ring[base + CELL.kind] as number] === 0) return;
    const event = trace.decode(base);
    if (watched.watch(event)) this.stoppedAt = event;
  }

  private noteName(pid: number): void {
    this.lastPid = pid;
    const task = this.kernel.vm?.current;
    if (task !== undefined && task.pid === pid) this.history.names.set(pid, task.comm);
  }
}

/** Marks for {@link WatchList.kinds}: the tracepoints of these names; without names all. */
export function kindsOf(names: readonly string[]): Uint8Array {
  const kinds = new Uint8Array(256);
  tracepoints().forEach(({ name }, id) => {
    if (names.length === 0 || names.includes(name)) kinds[id] = 1;
  });
  return kinds;
}
