import type { Process } from '@pagewalk/mm';
import { Registers } from './cpu/registers.ts';
import { JobState } from './jobs.ts';
import { SIGNALS } from './signal-numbers.ts';

/**
 * A system call that waits. The task sleeps until `ready`; then `finish` runs with the task's memory loaded, and gives the
 * call's result or makes it wait again.
 */
export interface Sleep {
  ready(): boolean;
  finish(): CallResult;
  /** Virtual time at which it is ready at the latest, ns; absent: something else must wake it. */
  readonly wakeAt?: number;
}
/** What a system call gives: a value or negative errno, or that it waits. Null: the call has set the registers itself. */
export type CallResult = number | Sleep | null;

/** What a program asked for a signal. @linux struct k_sigaction */
export interface SignalAction {
  /** 0: default, 1: ignore, else the handler's address. */
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  /** Signals 1 .. 32, a bit each, that are blocked while the handler runs. */
  readonly mask: number;
}
export const DEFAULT_ACTION: SignalAction = { handler: 0, flags: 0, restorer: 0, mask: 0 };

/** Descriptors of thread-local storage. @linux GDT_ENTRY_TLS_ENTRIES */
export const TLS_ENTRIES = 3;

/** A task of the guest: a process of the memory manager, and what a CPU and a kernel have to know of it besides memory. */
export class GuestTask {
  readonly process: Process;
  readonly parent: GuestTask | null;
  readonly children: GuestTask[] = [];
  /** Its process group and session, and whether it is stopped; the threads of a process share it. */
  readonly job: JobState;
  /** Its registers, while another task runs. */
  readonly registers = new Registers();
  /** Descriptors of thread-local storage, two words each. */
  readonly tls = new Uint32Array(2 * TLS_ENTRIES);
  /** By signal number. */
  readonly actions: SignalAction[] = Array.from({ length: SIGNALS + 1 }, () => DEFAULT_ACTION);
  /** Blocked and pending signals 1 .. 32, a bit each. */
  blocked = 0;
  pending = 0;
  /** What it waits for; null: it can run. */
  sleep: Sleep | null = null;
  /** How it ended, as wait reports it; null: it lives. */
  status: number | null = null;
  /** Virtual time at which SIGALRM is due, ns; 0: none. */
  alarmAt = 0;
  /** Time of children that were waited for, ns. */
  childNs = 0;

  constructor(process: Process, parent: GuestTask | null) {
    this.process = process;
    this.parent = parent;
    this.job = new JobState(parent?.job ?? null, process.pid);
    if (parent === null) return;
    parent.children.push(this);
    this.registers.copy(parent.registers);
    this.tls.set(parent.tls);
    parent.actions.forEach((action, signal) => {
      this.actions[signal] = action;
    });
    this.blocked = parent.blocked;
  }

  get pid(): number {
    return this.process.pid;
  }
}
