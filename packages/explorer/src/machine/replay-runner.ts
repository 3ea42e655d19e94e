import { EventHub, Replay, ReplayError, TraceError, type UnpackedTrace } from '@pagewalk/lab/browser';
import { boot, ConfigError, type Kernel, KernelPanic } from '@pagewalk/mm';
import type { MachineChoice } from '../protocol/choice.ts';
import { machineConfig } from './machine-config.ts';
import type { Runner } from './runner.ts';

/** A recorded program; a turn is one reference, with what comes before it. What comes after the last reference is the last turn. */
export class ReplayRunner implements Runner {
  readonly kernel: Kernel;
  readonly waits = false;
  readonly hasTerminal = false;
  readonly hub: EventHub;
  ended: string | null = null;
  private replay: Replay | null = null;
  private tail = 0;

  constructor(choice: MachineChoice) {
    // What a recorded program stored is not known.
    this.kernel = boot({ ...machineConfig(choice), contentFree: true });
    this.hub = new EventHub(this.kernel.trace);
  }

  /** Makes the first process. @throws ConfigError when there is no memory even for that */
  start(trace: UnpackedTrace): void {
    this.replay = new Replay(this.kernel, trace.read(), this.hub);
  }

  get turn(): number {
    return (this.replay?.references ?? 0) + this.tail;
  }

  get turnsInAll(): number | null {
    return this.replay === null ? null : this.replay.referencesInAll + 1;
  }

  advance(turns: number): void {
    const { replay } = this;
    if (replay === null || this.ended !== null) return;
    const before = replay.references;
    try {
      if (replay.step(turns)) return;
      this.ended = replay.report().stopped?.message ?? 'the recording is at its end';
    } catch (error) {
      if (!isEnding(error)) throw error;
      this.ended = error.message;
    }
    this.tail = replay.references - before < turns ? 1 : 0;
  }

  type(): void {}

  resizeWindow(): void {}
}

function isEnding(error: unknown): error is Error {
  return (
    error instanceof KernelPanic ||
    error instanceof ConfigError ||
    error instanceof ReplayError ||
    error instanceof TraceError
  );
}
