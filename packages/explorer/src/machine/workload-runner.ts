import { ContentError, parseWorkload, WorkloadError, WorkloadRun } from '@pagewalk/lab/browser';
import { boot, ConfigError, type Kernel, KernelPanic } from '@pagewalk/mm';
import type { MachineChoice } from '../protocol/choice.ts';
import { machineConfig } from './machine-config.ts';
import type { Runner } from './runner.ts';

/** A pattern of accesses; a turn is one access, with what comes before it. What comes after the last is the last turn. */
export class WorkloadRunner implements Runner {
  readonly kernel: Kernel;
  readonly waits = false;
  readonly hasTerminal = false;
  ended: string | null = null;
  private run: WorkloadRun | null = null;
  private tail = 0;

  constructor(choice: MachineChoice) {
    this.kernel = boot(machineConfig(choice));
  }

  /** Starts the program. @throws WorkloadError naming the argument, or that memory does not suffice */
  start(args: readonly string[]): void {
    this.run = new WorkloadRun(this.kernel, parseWorkload(args));
  }

  get turn(): number {
    return (this.run?.accesses ?? 0) + this.tail;
  }

  get turnsInAll(): number | null {
    return this.run === null ? null : this.run.accessesInAll + 1;
  }

  advance(turns: number): void {
    const { run } = this;
    if (run === null || this.ended !== null) return;
    const before = run.accesses;
    try {
      if (run.step(turns)) return;
      this.ended = run.report().stopped ?? 'all accesses were made';
    } catch (error) {
      if (!isEnding(error)) throw error;
      this.ended = error.message;
    }
    this.tail = run.accesses - before < turns ? 1 : 0;
  }

  type(): void {}

  resizeWindow(): void {}
}

function isEnding(error: unknown): error is Error {
  return (
    error instanceof KernelPanic ||
    error instanceof ConfigError ||
    error instanceof ContentError ||
    error instanceof WorkloadError
  );
}
