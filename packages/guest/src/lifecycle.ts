/** Birth and end of threads and processes. @linux 2.6 kernel/exit.c */
import type { Process } from '@pagewalk/mm';
import { releaseFutexes } from './futex/robust-list.ts';
import type { Guest } from './guest.ts';
import { jobEnded } from './jobs.ts';
import { CLD, fromKernel, type SignalInfo } from './siginfo.ts';
import { SIG } from './signal-numbers.ts';
import { sendSignal } from './signals.ts';
import { DEFAULT_ACTION, GuestTask, type Sharing } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

/** A flag of sigaction for SIGCHLD: children leave no zombies. */
const SA_NOCLDWAIT = 2;
/** A process of its own, whose parent is told of its end. */
export const NEW_PROCESS: Sharing = { thread: false, handlers: false, parent: false, exitSignal: SIG.chld };
const TICK_NS = 1e7;

/** The living tasks, and how they come and go. */
export class Lifecycle {
  /** Tasks that live, oldest first. */
  readonly tasks: GuestTask[] = [];
  /** Processes so far. */
  born = 0;
  private readonly guest: Guest;

  constructor(guest: Guest) {
    this.guest = guest;
  }

  /** A task for a process that was made. */
  adopt(process: Process, parent: GuestTask | null, sharing: Sharing = NEW_PROCESS): GuestTask {
    const task = new GuestTask(process, parent, sharing);
    this.tasks.push(task);
    if (!sharing.thread) this.born++;
    if (parent !== null) this.guest.tracer?.attached(task);
    return task;
  }

  /** Ends one thread; the last one ends its process, with its own exit code. @linux sys_exit() */
  exitThread(task: GuestTask, code: number): void {
    const { group } = task;
    const status = (code & 0xff) << 8;
    if (group.threads.length === 1) this.exitGroup(group, status);
    else this.end(task, status);
  }

  /** Ends a process with all its threads. @param status as wait reports it @linux do_group_exit() */
  exitGroup(group: ThreadGroup, status: number): void {
    group.ending ??= status;
    for (const thread of [...group.threads].reverse()) {
      // It ends as soon as it comes back from the memory manager.
      if (thread.inKernel) thread.pending.add(fromKernel(SIG.kill));
      else this.end(thread, group.ending);
    }
  }

  /** After exec: the other threads end; the task is its process from now on, under the pid of that. @linux de_thread() */
  becomeSingle(task: GuestTask): void {
    const { group } = task;
    for (const thread of [...group.threads]) if (thread !== task) this.end(thread, 0);
    this.guest.kernel.run(task.process);
    task.process.takePid(group.pid);
    group.leader = task;
  }

  /** The memory manager kills whom it likes, when it finds no memory: their processes end. */
  noticeDeaths(): void {
    if (this.guest.kernel.processes.size === this.tasks.length) return;
    for (const task of [...this.tasks]) {
      const { ended } = task.process;
      if (task.dead || ended === null) continue;
      task.group.ending ??= ended.signal !== 0 ? ended.signal : (ended.code & 0xff) << 8;
      this.end(task, task.group.ending);
      this.exitGroup(task.group, task.group.ending);
    }
  }

  /** Forgets a zombie that was waited for. */
  reap(parent: ThreadGroup, child: ThreadGroup): void {
    parent.children.splice(parent.children.indexOf(child), 1);
    parent.waitedFor.add(child.ended);
    parent.waitedFor.add(child.waitedFor);
  }

  private end(task: GuestTask, status: number): void {
    if (task.dead) return;
    const { group, process } = task;
    group.ended.maxRss = Math.max(group.ended.maxRss, process.task.mm?.rss ?? 0);
    task.dead = true;
    task.sleep?.cancel?.();
    task.sleep = null;
    releaseFutexes(this.guest, task);
    if (process.ended === null) {
      const signal = status & 0x7f;
      if (signal !== 0 || process.task.vforkChild !== null)
        this.guest.kernel.lifecycle.kill(process, signal || SIG.kill);
      else process.exit(status >>> 8);
    }
    this.tasks.splice(this.tasks.indexOf(task), 1);
    this.guest.scheduler.forget(task);
    group.threads.splice(group.threads.indexOf(task), 1);
    group.ended.addTask(task);
    this.guest.tracer?.ended(task, status);
    if (group.threads.length === 0) this.finish(group);
  }

  /** The last thread has ended: children get no parent, and the parent hears of it. */
  private finish(group: ThreadGroup): void {
    group.status = group.ending ?? 0;
    jobEnded(this.guest, group.leader);
    for (const child of group.children) child.parent = null;
    const { parent } = group;
    if (parent === null) return;
    const { handler, flags } = parent.leader.actions[SIG.chld] ?? DEFAULT_ACTION;
    const unwanted = group.exitSignal === SIG.chld && (handler === 1 || (flags & SA_NOCLDWAIT) !== 0);
    if (unwanted) this.reap(parent, group);
    sendSignal(this.guest, parent.leader, group.exitSignal, endInfo(group));
  }
}

/** What SIGCHLD says of a process that has ended. */
export function endInfo({ pid, status, ended, exitSignal }: ThreadGroup): SignalInfo {
  const signal = (status ?? 0) & 0x7f;
  const times = [ended.user, ended.system].map((ns) => Math.floor(ns / TICK_NS));
  const words = [pid, 0, signal === 0 ? ((status ?? 0) >>> 8) & 0xff : signal, ...times];
  return { signo: exitSignal, code: signal === 0 ? CLD.exited : CLD.killed, words };
}
