import { parseWorkload, WorkloadRun } from '@pagewalk/lab/browser';
import { boot, type Kernel } from '@pagewalk/mm';
import type { MachineChoice } from '../protocol/choice.ts';
import { CountedRunner } from './counted-runner.ts';
import { machineConfig } from './machine-config.ts';

/** A pattern of accesses; a turn is one access, with what comes before it. */
export class WorkloadRunner extends CountedRunner {
  readonly kernel: Kernel;
  private run: WorkloadRun | null = null;

  constructor(choice: MachineChoice) {
    super();
    this.kernel = boot(machineConfig(choice));
  }

  /** Starts the program. @throws WorkloadError naming the argument, or that memory does not suffice */
  start(args: readonly string[]): void {
    this.run = new WorkloadRun(this.kernel, parseWorkload(args));
  }

  protected get made(): number {
    return this.run?.accesses ?? 0;
  }

  protected get inAll(): number | null {
    return this.run?.accessesInAll ?? null;
  }

  protected step(accesses: number): boolean {
    return this.run?.step(accesses) ?? false;
  }

  protected get reason(): string {
    return this.run?.report().stopped ?? 'all accesses were made';
  }
}
