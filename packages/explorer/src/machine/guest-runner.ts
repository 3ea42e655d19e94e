import { bootGuest, endingOf, type Guest, type GuestTask } from '@pagewalk/guest/browser';
import { ConfigError, errnoName, type Kernel, KernelPanic } from '@pagewalk/mm';
import type { MachineChoice } from '../protocol/choice.ts';
import { machineConfig } from './machine-config.ts';
import type { Runner } from './runner.ts';

/** What the terminal of the page begins with. */
const WINDOW = { rows: 24, columns: 80 } as const;
const ENVIRONMENT = ['TERM=xterm-256color', 'PATH=/bin:/usr/bin', 'HOME=/'];

/** A program on the guest's CPU; a turn is one exit of the CPU. */
export class GuestRunner implements Runner {
  readonly kernel: Kernel;
  turn = 0;
  readonly turnsInAll = null;
  readonly hasTerminal = true;
  readonly damaged = false;
  ended: string | null = null;
  waits = false;
  private readonly guest: Guest;
  private task: GuestTask | null = null;

  /** @param write takes what the programs print */
  constructor(choice: MachineChoice, cpu: WebAssembly.Module, write: (bytes: Uint8Array) => void) {
    const { memory, release, ...rest } = machineConfig(choice);
    this.guest = bootGuest({
      cpu,
      memory,
      ...rest,
      ...(release === undefined ? {} : { release }),
      console: { write: (_fd, bytes) => write(bytes), terminal: WINDOW },
    });
    this.kernel = this.guest.kernel;
  }

  /** Loads the program. @throws ConfigError when the kernel refuses it */
  start(program: Uint8Array, argv: readonly string[]): void {
    const task = this.guest.start(program, argv, ENVIRONMENT);
    if (typeof task === 'number') {
      throw new ConfigError(`program ${argv[0]}: the machine cannot load it (${errnoName(-task)})`);
    }
    this.task = task;
  }

  advance(turns: number): void {
    for (let i = 0; i < turns && this.ended === null && !this.waits; i++) this.exit();
  }

  type(bytes: Uint8Array): void {
    this.guest.console.push(bytes);
    this.waits = false;
  }

  resizeWindow(columns: number, rows: number): void {
    this.guest.console.resize(rows, columns);
    this.waits = false;
  }

  private exit(): void {
    const { guest, task } = this;
    try {
      guest.exit();
    } catch (error) {
      if (!(error instanceof KernelPanic || error instanceof ConfigError)) throw error;
      this.ended = error.message;
    }
    this.turn++;
    this.waits = guest.waitsFor === 'input';
    if (task !== null && task.status !== null) {
      const { code, signal } = endingOf(task.status);
      this.ended = signal === 0 ? `exited with ${code}` : `killed by signal ${signal}`;
    }
  }
}
