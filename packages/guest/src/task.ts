import type { Process } from '@pagewalk/mm';
import { Registers } from './cpu/registers.ts';
import type { JobState } from './jobs.ts';
import { PendingSignals } from './pending-signals.ts';
import { SIGNALS } from './signal-numbers.ts';
import { SignalSet } from './signal-set.ts';
import { ThreadGroup } from './thread-group.ts';

/**
 * A system call that waits. The task sleeps until `ready`, or until `wakeAt`; then `finish` runs with the task's memory loaded, and
 * gives the call's result or makes it wait again. A signal with a handler breaks it off: it is made again if the handler asked for that
 * (SA_RESTART), else its result is -EINTR.
 */
export interface Sleep {
  ready(): boolean;
  finish(): CallResult;
  /** Virtual time at which it is ready at the latest, ns; absent: something else must wake it. */
  readonly wakeAt?: number;
  /** Of one that is never made again: its result when it is broken off. @linux ERESTARTNOHAND, EINTR */
  interrupted?(): number;
  /** It is broken off, or the task ends: nobody is to wake it any more. */
  cancel?(): void;
}
/** What a system call gives: a value or negative errno, or that it waits. Null: the call has set the registers itself. */
export type CallResult = number | Sleep | null;

/** What a program asked for a signal. @linux struct k_sigaction */
export interface SignalAction {
  /** 0: default, 1: ignore, else the handler's address. */
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  /** Signals that are blocked while the handler runs. */
  readonly mask: SignalSet;
}
export const DEFAULT_ACTION: SignalAction = { handler: 0, flags: 0, restorer: 0, mask: new SignalSet() };

/** The stack that handlers run on which ask for it. @linux sas_ss_sp, sas_ss_size */
export interface SignalStack {
  readonly start: number;
  /** 0: there is none. */
  readonly size: number;
  readonly flags: number;
}
export const NO_STACK: SignalStack = { start: 0, size: 0, flags: 0 };

/** Descriptors of thread-local storage. @linux GDT_ENTRY_TLS_ENTRIES */
export const TLS_ENTRIES = 3;

/** What a new task shares with the one that made it. */
export interface Sharing {
  /** It is a thread of the same process. */
  readonly thread: boolean;
  /** It has the same table of handlers. */
  readonly handlers: boolean;
  /** It becomes a sibling, not a child. */
  readonly parent: boolean;
  readonly exitSignal: number;
}

/** A task of the guest: a task of the memory manager, and what a CPU and a kernel have to know of it besides memory. */
export class GuestTask {
  readonly process: Process;
  group: ThreadGroup;
  /** Its registers, while another task runs. */
  readonly registers = new Registers();
  /** Descriptors of thread-local storage, two words each. */
  readonly tls = new Uint32Array(2 * TLS_ENTRIES);
  /** By signal number. With CLONE_SIGHAND other tasks have the same array. @linux struct sighand_struct */
  actions: SignalAction[];
  /** Signals that wait until they are let in. */
  readonly blocked = new SignalSet();
  /** The mask to go back to when a handler returns from a call that set another one for its time. @linux saved_sigmask */
  savedMask: SignalSet | null = null;
  /** Signals that it waits for in sigtimedwait: they are not delivered. */
  awaited: SignalSet | null = null;
  /** Signals to this thread alone. */
  readonly pending = new PendingSignals();
  signalStack = NO_STACK;
  /** What it waits for; null: it can run. */
  sleep: Sleep | null = null;
  /** It has ended, if perhaps not its process. */
  dead = false;
  /** It waits in the middle of the memory manager, while others run. */
  inKernel = false;
  /** Where its tid is to be cleared at its end, and who waits there woken; 0: nowhere. @linux clear_child_tid */
  clearTidAt = 0;
  /** Head of its list of futexes that it holds; 0: none. @linux robust_list */
  robustListAt = 0;
  /** Time in user mode, ns. */
  userNs = 0;

  /** @param parent who made it; null: the host */
  constructor(process: Process, parent: GuestTask | null, sharing: Sharing) {
    this.process = process;
    if (parent !== null && sharing.thread) this.group = parent.group;
    else {
      const begetter = sharing.parent ? (parent?.group.parent ?? null) : (parent?.group ?? null);
      this.group = new ThreadGroup(this, begetter, sharing.exitSignal);
    }
    this.group.threads.push(this);
    if (parent === null) {
      this.actions = Array.from({ length: SIGNALS + 1 }, () => DEFAULT_ACTION);
      return;
    }
    this.actions = sharing.handlers ? parent.actions : parent.actions.slice();
    this.registers.copy(parent.registers);
    this.tls.set(parent.tls);
    this.blocked.set(parent.blocked);
  }

  /** Of the process: what getpid gives. */
  get pid(): number {
    return this.group.pid;
  }
  /** Of this thread alone. */
  get tid(): number {
    return this.process.pid;
  }
  /** Its process group and session, and whether it is stopped. */
  get job(): JobState {
    return this.group.job;
  }
  /** The parent process' leader; null: it has none that lives. */
  get parent(): GuestTask | null {
    return this.group.parent?.leader ?? null;
  }
  /** The leaders of child processes. */
  get children(): readonly GuestTask[] {
    return this.group.children.map(({ leader }) => leader);
  }
  /** How its process ended, as wait reports it; null: it lives. */
  get status(): number | null {
    return this.group.status;
  }
}
