import { EventHub, Replay, type UnpackedTrace } from '@pagewalk/lab/browser';
import { boot, type Kernel } from '@pagewalk/mm';
import type { MachineChoice } from '../protocol/choice.ts';
import { CountedRunner } from './counted-runner.ts';
import { machineConfig } from './machine-config.ts';

/** A recorded program; a turn is one reference, with what comes before it. */
export class ReplayRunner extends CountedRunner {
  readonly kernel: Kernel;
  readonly hub: EventHub;
  private replay: Replay | null = null;

  constructor(choice: MachineChoice) {
    super();
    // What a recorded program stored is not known.
    this.kernel = boot({ ...machineConfig(choice), contentFree: true });
    this.hub = new EventHub(this.kernel.trace);
  }

  /** Makes the first process. @throws ConfigError when there is no memory even for that */
  start(trace: UnpackedTrace): void {
    this.replay = new Replay(this.kernel, trace.read(), this.hub);
  }

  protected get made(): number {
    return this.replay?.references ?? 0;
  }

  protected get inAll(): number | null {
    return this.replay?.referencesInAll ?? null;
  }

  protected step(references: number): boolean {
    return this.replay?.step(references) ?? false;
  }

  protected get reason(): string {
    return this.replay?.report().stopped?.message ?? 'the recording is at its end';
  }
}
