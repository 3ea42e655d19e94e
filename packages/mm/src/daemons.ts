/**
 * The kernel's threads at work: kswapd, bdflush, kupdated. Each is a generator that yields where it sleeps.
 */
import type { Task } from './address-space/task.ts';
import type { Vm } from './address-space/vm.ts';
import type { Clock } from './hardware/clock.ts';
import { COST_NS } from './hardware/cost-model.ts';
import type { EventQueue, PendingEvent } from './hardware/event-queue.ts';
import { PF } from './page-allocator/process-flags.ts';
import type { Sleep } from './reclaim/thread-sleep.ts';
import { defineTracepoint } from './trace/trace.ts';

/** A kernel thread gets the CPU. */
const KTHREAD_RUN = defineTracepoint({
  name: 'kthread_run',
  fields: ['thread'],
  origin: 'kernel/sched.c schedule()',
});

/**
 * The work of a thread from one rest to the next: yields where it sleeps in the midst of it, and returns how it rests. While it
 * rests nothing of it is left but what lies in objects, so a machine whose threads all rest can be brought back to a state.
 *
 * @param first it was started just now, and not woken
 */
export type DaemonBody = (first: boolean) => DaemonWork | Sleep;
/** Work that may sleep in the midst of it; what cannot is done at once, and only tells how the thread rests. */
export type DaemonWork = Generator<Sleep, Sleep, void>;

/** One kernel thread. */
export class Daemon {
  readonly task: Task;
  /** Whether it wants to run. */
  awake = false;
  /** @internal whether it is on the JavaScript stack: it cannot be entered again */
  running = false;
  /** @internal */
  timer: PendingEvent | null = null;
  /** @internal whether calls do not wake it */
  deaf = false;
  /** @internal */
  readonly work: DaemonBody;
  /** @internal the work under way; null: it rests */
  body: DaemonWork | null = null;
  /** @internal see {@link Daemons.start} */
  readonly inside: boolean;

  constructor(task: Task, work: DaemonBody, inside: boolean) {
    this.task = task;
    this.work = work;
    this.inside = inside;
  }
}

/**
 * All kernel threads, and which of them are awake.
 *
 * They run when a user's task goes back to user mode, when the running task sleeps in the kernel, and when the machine is
 * idle. kswapd of 2.4.20 and later waits for its writes by itself; a thread that waits for I/O anywhere deeper keeps the CPU's
 * task waiting with it.
 */
export class Daemons {
  private readonly vm: Vm;
  private readonly clock: Clock;
  private readonly events: EventQueue;
  private readonly charge: () => void;
  private readonly threads: Daemon[] = [];
  // Threads that are awake, in the order in which they were woken.
  private readonly queue: Daemon[] = [];
  // Threads that wait for I/O, with the question whether it has ended.
  private readonly waiting: { daemon: Daemon; done: () => boolean }[] = [];

  /** @param charge counts the time since its last call as the running task's */
  constructor(vm: Vm, clock: Clock, events: EventQueue, charge: () => void) {
    this.vm = vm;
    this.charge = charge;
    this.clock = clock;
    this.events = events;
  }

  /**
   * Starts a thread: it runs up to its first sleep.
   *
   * @param inside whether it may run while another task sleeps in the kernel. Not one that waits for locks which such a task
   *   may hold: both would sleep for ever
   */
  start(task: Task, work: DaemonBody, inside = true): Daemon {
    const daemon = new Daemon(task, work, inside);
    this.threads.push(daemon);
    this.resume(daemon, true);
    return daemon;
  }

  /** Whether no thread is in the midst of its work. */
  get allRest(): boolean {
    return this.threads.every(({ body }) => body === null);
  }

  /** All threads, in the order in which they were started. */
  get list(): readonly Daemon[] {
    return this.threads;
  }

  /** Whether a thread wants to run. */
  get anyAwake(): boolean {
    return this.queue.length > 0;
  }

  /** Wakes a thread, if it sleeps. It runs when the running task goes back to user mode, or sleeps. */
  wake(daemon: Daemon): void {
    if (daemon.awake || daemon.running || daemon.deaf) return;
    if (daemon.timer !== null) this.events.cancel(daemon.timer);
    daemon.timer = null;
    daemon.awake = true;
    this.queue.push(daemon);
    this.vm.needResched = true;
  }

  /**
   * Lets the thread that was woken first run until it sleeps; false: none is awake.
   * @param inside whether a task sleeps in the kernel meanwhile
   */
  runOne(inside = false): boolean {
    if (this.waiting.length > 0) this.wakeWhereIoEnded();
    if (this.queue.length === 0) return false;
    const index = inside ? this.queue.findIndex((daemon) => daemon.inside) : 0;
    const daemon = index < 0 ? undefined : this.queue.splice(index, 1)[0];
    if (daemon === undefined) return false;
    daemon.awake = false;
    this.runAs(daemon.task, () => this.resume(daemon));
    return true;
  }

  private resume(daemon: Daemon, first = false): void {
    daemon.running = true;
    const sleep = this.goOn(daemon, first);
    daemon.running = false;
    const until = typeof sleep === 'number' ? sleep : sleep.until;
    daemon.deaf = typeof sleep !== 'number';
    if (typeof sleep !== 'number' && sleep.done !== null) this.waiting.push({ daemon, done: sleep.done });
    if (until === Number.POSITIVE_INFINITY) return;
    daemon.timer = this.events.schedule(until, () => {
      daemon.timer = null;
      daemon.deaf = false;
      this.wake(daemon);
    });
  }

  /** Lets a thread work until it sleeps. */
  private goOn(daemon: Daemon, first: boolean): Sleep {
    const work = daemon.body ?? daemon.work(first);
    if (typeof work === 'number' || !('next' in work)) return work;
    daemon.body = work;
    const { value, done } = work.next();
    if (done === true) daemon.body = null;
    return value;
  }

  private wakeWhereIoEnded(): void {
    const { waiting } = this;
    for (let i = 0; i < waiting.length; ) {
      const { daemon, done } = waiting[i] as { daemon: Daemon; done: () => boolean };
      if (!done()) {
        i++;
        continue;
      }
      waiting.splice(i, 1);
      daemon.deaf = false;
      this.wake(daemon);
    }
  }

  /**
   * Runs `work` as another task of the same CPU, which borrows the address space that is loaded. Then the task before goes on.
   *
   * @linux 2.4.22 kernel/sched.c schedule(): a task without mm takes over active_mm
   */
  private runAs(task: Task, work: () => void): void {
    const { vm } = this;
    const previous = vm.current;
    const { pid } = vm.trace;
    const flags = vm.allocator.currentFlags;
    this.clock.advance(COST_NS.contextSwitch);
    this.charge();
    vm.current = task;
    vm.trace.pid = task.pid;
    vm.allocator.currentFlags = task.flags;
    if (vm.trace.on) vm.trace.emit(KTHREAD_RUN, task.pid);
    work();
    this.charge();
    task.flags = vm.allocator.currentFlags;
    vm.current = previous;
    vm.trace.pid = pid;
    // The thread may have killed the task that it interrupts.
    vm.allocator.currentFlags = flags | (previous.flags & (PF.MEMDIE | PF.MEMALLOC));
    this.clock.advance(COST_NS.contextSwitch);
  }
}
