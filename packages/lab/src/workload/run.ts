import { errnoName, type Kernel } from '@pagewalk/mm';
import { accessesOf, type WorkloadSpec } from './arguments.ts';
import { ForkRefused } from './fork-refused.ts';
import { IoCounters, type IoCounts } from './io-counters.ts';
import { Killed, MappingRefused, type PatternMemory, Runner } from './pattern-memory.ts';
import { type PatternRun, runPattern } from './patterns.ts';
import { WorkloadSession } from './session.ts';

/** Accesses between two looks at the progress. */
const SLICE = 2048;

/** What a workload went through; the names of the counts are those of the recordings. */
export interface WorkloadReport extends IoCounts {
  readonly workload: string;
  readonly args: readonly string[];
  /** Accesses of the pattern, and how many were writes. A child's are not among them. */
  readonly accesses: number;
  readonly writes: number;
  /** Faults of the process and of its children. */
  readonly minflt: number;
  readonly majflt: number;
  readonly child_minflt: number;
  readonly child_majflt: number;
  /** Faults while pages were written for the first time; 0 for patterns that do not tell. */
  readonly pop_minflt: number;
  readonly pop_majflt: number;
  /** Virtual seconds. */
  readonly seconds: number;
  /** Free pages when the program began. */
  readonly freeBefore: number;
  /** Bytes that were compared with what was stored. */
  readonly bytesVerified: number;
  /** Why it ended early; null when it did not. */
  readonly stopped: string | null;
}

/**
 * A workload on a freshly booted machine.
 *
 * ```ts
 * const run = new WorkloadRun(kernel, parseWorkload(['seq', '1', '30000', '3']));
 * while (run.step()) console.log(run.progress);
 * run.report().majflt;
 * ```
 */
export class WorkloadRun {
  // Accesses that it will make, children's included.
  private readonly total: number;
  private readonly kernel: Kernel;
  private readonly spec: WorkloadSpec;
  private readonly runner: Runner;
  private readonly io: IoCounters;
  private readonly memories: PatternMemory[] = [];
  private readonly start: { minflt: number; majflt: number; time: number; free: number };
  private pattern: PatternRun | null = null;
  private readonly child = { minflt: 0, majflt: 0 };
  private readonly populated = { minflt: 0, majflt: 0 };
  private stopped: string | null = null;
  private bytesVerified = 0;
  private done: Omit<WorkloadReport, 'bytesVerified'> | null = null;

  /**
   * Puts the files on the disk and starts the programs.
   *
   * @param session what ran on the machine before; a new one on a machine that was just booted
   * @throws WorkloadError when the machine is too small even for that
   */
  constructor(kernel: Kernel, spec: WorkloadSpec, session = new WorkloadSession(kernel)) {
    this.kernel = kernel;
    this.spec = spec;
    this.total = accessesOf(spec);
    const process = session.start(spec);
    this.runner = new Runner(kernel, process);
    this.runner.switchTo(process);
    this.io = new IoCounters(kernel);
    this.start = {
      minflt: process.minFlt,
      majflt: process.majFlt,
      time: kernel.clock.now,
      free: kernel.allocator.nrFreePages(),
    };
  }

  /** Share of the accesses that were made, 0 .. 1. */
  get progress(): number {
    return this.total === 0 ? 1 : Math.min(1, this.runner.turns / this.total);
  }

  /** Accesses that were made, children's included. */
  get accesses(): number {
    return this.runner.turns;
  }

  /** Accesses that it will make if nothing stops it. */
  get accessesInAll(): number {
    return this.total;
  }

  /** Goes on for so many accesses. False: the program has ended. */
  step(accesses = SLICE): boolean {
    if (this.done !== null) return false;
    const { runner } = this;
    const until = runner.turns + accesses;
    try {
      this.pattern ??= runPattern(runner, this.spec, this.hooks());
      let goesOn = true;
      while (goesOn && runner.turns < until) goesOn = this.pattern.next();
      if (goesOn) return true;
    } catch (error) {
      this.stopped = reasonOf(error);
    }
    this.done = this.counts();
    return false;
  }

  /** Compares all memory with what was stored there; only after the end. @throws ContentError */
  verify(): void {
    if (this.stopped !== null) return;
    for (const memory of this.memories) this.bytesVerified += memory.verify();
  }

  /** What happened, up to now or to its end. */
  report(): WorkloadReport {
    return { ...(this.done ?? this.counts()), bytesVerified: this.bytesVerified };
  }

  private hooks() {
    const { process } = this.runner;
    return {
      mapped: (memory: PatternMemory) => {
        this.memories.push(memory);
      },
      populated: () => {
        this.populated.minflt = process.minFlt - this.start.minflt;
        this.populated.majflt = process.majFlt - this.start.majflt;
      },
      childEnded: (minor: number, major: number) => {
        this.child.minflt += minor;
        this.child.majflt += major;
      },
    };
  }

  private counts(): Omit<WorkloadReport, 'bytesVerified'> {
    const { runner, spec, start, kernel } = this;
    const { process } = runner;
    return {
      workload: spec.pattern,
      args: spec.args.slice(1),
      accesses: runner.accesses,
      writes: runner.writes,
      minflt: process.minFlt - start.minflt,
      majflt: process.majFlt - start.majflt,
      child_minflt: this.child.minflt,
      child_majflt: this.child.majflt,
      pop_minflt: this.populated.minflt,
      pop_majflt: this.populated.majflt,
      seconds: (kernel.clock.now - start.time) / 1e9,
      freeBefore: start.free,
      ...this.io.since(),
      stopped: this.stopped,
    };
  }
}

/** Why a workload ends early, for a person. @throws what is not the workload's business */
function reasonOf(error: unknown): string {
  if (error instanceof Killed) return error.message;
  if (error instanceof MappingRefused || error instanceof ForkRefused) {
    return `the kernel refused ${error.message}: ${errnoName(-error.error)}`;
  }
  throw error;
}
