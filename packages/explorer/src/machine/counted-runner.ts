import { ContentError, ReplayError, TraceError, WorkloadError } from '@pagewalk/lab/browser';
import { ConfigError, type Kernel, KernelPanic } from '@pagewalk/mm';
import type { Runner } from './runner.ts';

/** What makes accesses one by one and counts them. What comes after the last is the last turn. */
export abstract class CountedRunner implements Runner {
  abstract readonly kernel: Kernel;
  readonly waits = false;
  readonly hasTerminal = false;
  ended: string | null = null;
  damaged = false;
  private tail = 0;

  /** Accesses that were made. */
  protected abstract get made(): number;
  /** Accesses until the end; null: nothing was started. */
  protected abstract get inAll(): number | null;
  /** Makes so many accesses; false: it has ended. */
  protected abstract step(accesses: number): boolean;
  /** Why it has ended. */
  protected abstract get reason(): string;

  get turn(): number {
    return this.made + this.tail;
  }

  get turnsInAll(): number | null {
    return this.inAll === null ? null : this.inAll + 1;
  }

  advance(turns: number): void {
    if (this.inAll === null || this.ended !== null) return;
    const before = this.made;
    try {
      if (this.step(turns)) return;
      this.ended = this.reason;
    } catch (error) {
      if (!isEnding(error)) throw error;
      this.ended = error.message;
      this.damaged = error instanceof TraceError;
    }
    this.tail = this.made - before < turns ? 1 : 0;
  }

  type(): void {}

  resizeWindow(): void {}
}

/** Errors that are the end of a machine or of what runs on it, not faults of ours. */
function isEnding(error: unknown): error is Error {
  return [KernelPanic, ConfigError, ReplayError, TraceError, ContentError, WorkloadError].some(
    (kind) => error instanceof kind,
  );
}
