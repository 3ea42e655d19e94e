import { IntervalTimers } from './interval-timers.ts';
import { JobState } from './jobs.ts';
import { PendingSignals } from './pending-signals.ts';
import type { GuestTask } from './task.ts';
import { Usage } from './usage.ts';

/**
 * What a program calls a process: one thread, or several that share memory, handlers and a pid.
 *
 * ```
 *   group of pid 7          parent, children: groups
 *     task 7   leader       its own: registers, mask, pending, stack for signals, sleep
 *     task 8                common: pending signals, timers, children, how it ends
 *     task 9
 * ```
 * @linux 2.6 struct signal_struct
 */
export class ThreadGroup {
  readonly pid: number;
  /** The thread whose tid is the group's pid. It may have ended while others live. */
  leader: GuestTask;
  /** Those that live, oldest first. */
  readonly threads: GuestTask[] = [];
  /** Null: its parent has ended, or the host started it. */
  parent: ThreadGroup | null;
  readonly children: ThreadGroup[] = [];
  /** Its process group and session, and whether it is stopped. */
  readonly job: JobState;
  /** What the parent is sent at the end; 0: nothing. */
  exitSignal: number;
  /** Signals to whichever thread takes them. */
  readonly pending = new PendingSignals();
  readonly timers = new IntervalTimers();
  /** How it will end, as wait reports it: its threads are just being ended. */
  ending: number | null = null;
  /** How it ended, as wait reports it; null: it lives. */
  status: number | null = null;
  /** @linux personality(2) */
  personality = 0;
  /** Of threads that have ended. */
  readonly ended = new Usage();
  /** Of children that were waited for, and theirs. */
  readonly waitedFor = new Usage();

  constructor(leader: GuestTask, parent: ThreadGroup | null, exitSignal: number) {
    this.leader = leader;
    this.pid = leader.process.pid;
    this.parent = parent;
    this.exitSignal = exitSignal;
    this.job = new JobState(parent?.job ?? null, this.pid);
    parent?.children.push(this);
  }

  /** All its threads' so far. */
  usage(): Usage {
    const sum = new Usage();
    sum.add(this.ended);
    for (const thread of this.threads) sum.addTask(thread);
    return sum;
  }
}
