/** Sessions, process groups, and the stopping and going on of processes. @linux 2.4.22 kernel/signal.c, kernel/exit.c */
import type { Guest } from './guest.ts';
import { CLD, type SignalInfo } from './siginfo.ts';
import { SIG } from './signal-numbers.ts';
import { sendSignal } from './signals.ts';
import type { GuestTask } from './task.ts';

/** A stopped child is no news to a parent that set this flag of sigaction. */
const SA_NOCLDSTOP = 1;

/** Signals that stop a program. */
export const STOP_SIGNALS: ReadonlySet<number> = new Set([SIG.stop, SIG.tstp, SIG.ttin, SIG.ttou]);

/** To which group and session a process belongs, and whether it is stopped. */
export class JobState {
  /** Process group and session: the pids of their leaders. */
  group: number;
  session: number;
  /** The console is its controlling terminal. */
  hasTerminal: boolean;
  /** The signal that stopped it; 0: it runs. */
  stoppedBy = 0;
  /** What wait has not told the parent yet. */
  news: 'stopped' | 'continued' | null = null;
  /** It has called execve: its parent cannot move it to another group any more. */
  hasExeced = false;

  constructor(parent: JobState | null, pid: number) {
    this.group = parent?.group ?? pid;
    this.session = parent?.session ?? pid;
    this.hasTerminal = parent?.hasTerminal ?? false;
  }
}

/** The living members of a group, a task for each process. */
export function groupMembers(guest: Guest, group: number): GuestTask[] {
  const seen = new Set<JobState>();
  return guest.tasks.filter(({ job }) => job.group === group && !seen.has(job) && seen.add(job) !== null);
}

/** Sends a signal to all of a group; false: it has no members. */
export function signalGroup(guest: Guest, group: number, signal: number): boolean {
  const members = groupMembers(guest, group);
  for (const member of members) sendSignal(guest, member, signal);
  return members.length > 0;
}

/**
 * Nobody is there who would continue a group that stops: no member has a parent in the same session, but another group.
 * Such a group is not stopped from the keyboard.
 *
 * @param without a process that is just ending
 */
export function isOrphaned(guest: Guest, group: number, without: JobState | null = null): boolean {
  return !groupMembers(guest, group).some(({ job, parent }) => {
    if (job === without || parent === null || parent.status !== null || parent.job === without) return false;
    return parent.job.group !== group && parent.job.session === job.session;
  });
}

/** A signal that stops and one that continues exclude each other: the later one counts. */
export function cancelOpposite(task: GuestTask, signal: number): void {
  const opposite = STOP_SIGNALS.has(signal) ? [SIG.cont] : signal === SIG.cont ? STOP_SIGNALS : [];
  for (const other of opposite) {
    task.group.pending.drop(other);
    for (const thread of task.group.threads) thread.pending.drop(other);
  }
}

/** Stops a process, if its group is not orphaned (SIGSTOP always does). */
export function stopProcess(guest: Guest, task: GuestTask, signal: number): void {
  const { job } = task;
  if (signal !== SIG.stop && isOrphaned(guest, job.group)) return;
  if (job.stoppedBy !== 0) return;
  job.stoppedBy = signal;
  guest.tracer?.stopped(task, signal);
  job.news = 'stopped';
  tellParent(guest, task, CLD.stopped, signal);
}

/** A stopped process goes on. */
export function continueProcess(guest: Guest, task: GuestTask): void {
  const { job } = task;
  if (job.stoppedBy === 0) return;
  job.stoppedBy = 0;
  job.news = 'continued';
  tellParent(guest, task, CLD.continued, SIG.cont);
}

function tellParent(guest: Guest, { parent, pid }: GuestTask, code: number, status: number): void {
  if (parent === null) return;
  const flags = parent.actions[SIG.chld]?.flags ?? 0;
  const info: SignalInfo = { signo: SIG.chld, code, words: [pid, 0, status] };
  if ((flags & SA_NOCLDSTOP) === 0) sendSignal(guest, parent, SIG.chld, info);
}

/**
 * A process has ended: the terminal is taken from the session that it led, and stopped groups that nobody can continue any
 * more are hung up and continued. Call it when the process is no longer among the tasks.
 */
export function jobEnded(guest: Guest, ended: GuestTask): void {
  const { job, pid } = ended;
  if (job.session === pid && job.hasTerminal) guest.console.sessionEnded(pid);
  const groups = new Set([job.group, ...ended.children.map((child) => child.job.group)]);
  for (const group of groups) {
    const members = groupMembers(guest, group);
    if (!members.some((member) => member.job.stoppedBy !== 0) || !isOrphaned(guest, group, job)) continue;
    for (const signal of [SIG.hup, SIG.cont]) {
      for (const member of members) sendSignal(guest, member, signal);
    }
  }
}
