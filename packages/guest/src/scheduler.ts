/** Who runs: turns, waking up, and what happens while a task waits in the middle of the memory manager. */
import { ConfigError } from '@pagewalk/mm';
import type { Guest } from './guest.ts';
import { ITIMER } from './interval-timers.ts';
import { deliverPending, sendSignal, signalWaits } from './signals.ts';
import type { GuestTask } from './task.ts';

/** How long a task may run before it is the next one's turn, ns. */
const SLICE_NS = 10e6;
/** Tasks that wait inside each other in the memory manager at most: each keeps its place on the JavaScript stack. */
const DEPTH = 16;

/**
 * The tasks take turns, 10 ms each.
 *
 * A system call that waits leaves a {@link Sleep}, and its task's turn ends. A fault or a read that waits for a disk is in the middle of the
 * memory manager, on the JavaScript stack: others run on top of it ({@link runOthers}) and the last one that began to wait is the first to
 * go on.
 *
 * ```
 *   task A  fault, waits for page 7 -----------------------------+ goes on when page 7 is there, and B has stopped
 *   task B      runs, fault, waits for page 9 ---------+ goes on when page 9 is there
 *   task C          runs ... until page 9 is there ----+
 * ```
 * Those on top belong to other address spaces, and share no descriptors: nothing that A holds can be taken from under it.
 */
export class Scheduler {
  /** The deepest that tasks waited inside each other so far. */
  deepest = 0;
  private readonly guest: Guest;
  private readonly hostTime: boolean;
  // Whose registers the CPU has.
  private loaded: GuestTask | null = null;
  // Whose slice it is, and when that ends.
  private running: GuestTask | null = null;
  private sliceEnd = 0;
  // On whose behalf the kernel works.
  private current: GuestTask | null = null;
  private turn = 0;
  // All tasks sleep, until then; null: until input comes.
  private idles = false;
  private wakesAt: number | null = null;
  // Those that wait inside the memory manager, the outermost first.
  private readonly inside: GuestTask[] = [];

  /** @param hostTime whether the host lets time pass while all sleep */
  constructor(guest: Guest, hostTime: boolean) {
    this.guest = guest;
    this.hostTime = hostTime;
    guest.kernel.runOthersWith((done) => this.runOthers(done));
  }

  /** See {@link Guest.step}. */
  step(): void {
    do this.exit();
    while (this.running !== null);
  }

  /** See {@link Guest.exit}. */
  exit(): void {
    if (this.running === null && this.lookAround() && !this.beginSlice()) this.idle();
    const task = this.running;
    if (task !== null) this.exitOf(task);
    this.current = null;
  }

  /** See {@link Guest.waitsFor}, but for input that a program wants now. */
  get waitsFor(): 'input' | 'time' | null {
    if (!this.idles) return null;
    return this.wakesAt === null ? 'input' : 'time';
  }

  /** See {@link Guest.wakesInNs}. */
  get wakesInNs(): number {
    return this.wakesAt === null ? Infinity : Math.max(0, this.wakesAt - this.guest.kernel.clock.now);
  }

  /** See {@link Guest.elapse}. */
  elapse(ns: number): void {
    const { clock, vm, cpus } = this.guest.kernel;
    const most = this.wakesInNs;
    if (ns === Infinity && most === Infinity) return;
    // The time is nobody's.
    cpus.goIdle();
    clock.advance(Math.min(ns, most));
    vm.ports.catchUp();
    this.guest.life.noticeDeaths();
  }

  /** The task whose registers the CPU has. */
  get loadedTask(): GuestTask | null {
    return this.loaded;
  }

  /** The registers of a task are wanted in `task.registers`. */
  save(task: GuestTask): void {
    if (this.loaded === task) this.guest.cpu.save(task.registers);
  }

  /** Gives the CPU the registers of a task. */
  load(task: GuestTask): void {
    this.loaded = task;
    this.guest.tls.load(task);
    this.guest.cpu.load(task.registers);
  }

  /** A task is no more. */
  forget(task: GuestTask): void {
    if (this.loaded === task) this.loaded = null;
    if (this.running === task) this.running = null;
  }

  /**
   * The running task waits in the memory manager, with nothing in its hands but what its address space protects: others run until it
   * can go on. False: nobody could.
   *
   * @param done whether it can go on
   */
  private runOthers(done: () => boolean): boolean {
    const { guest, current: outer, inside, sliceEnd } = this;
    if (outer === null || inside.length >= DEPTH) return false;
    if (guest.tasks.length === 1 || guest.kernel.vm.current !== outer.process.task) return false;
    outer.inKernel = true;
    inside.push(outer);
    this.deepest = Math.max(this.deepest, inside.length);
    let ran = false;
    while (!done()) {
      if (this.running === null && !(this.lookAround() && this.beginSlice())) break;
      ran = true;
      if (this.running !== null) this.exitOf(this.running);
    }
    if (!done() && this.sleepUntilNextWake()) ran = true;
    inside.pop();
    outer.inKernel = false;
    this.running = null;
    this.sliceEnd = sliceEnd;
    this.current = outer;
    this.switchTo(outer);
    return ran;
  }

  /** Lets the CPU run a task whose slice it is, until it comes back once. */
  private exitOf(task: GuestTask): void {
    const { guest } = this;
    this.running = null;
    this.current = task;
    guest.runCpu(task);
    if (!this.backToUser(task) || task.process.task.vforkChild !== null) return;
    if (task.job.stoppedBy !== 0) return;
    if (task.sleep === null && guest.kernel.clock.now < this.sliceEnd) this.running = task;
  }

  /** Looks anew what there is to do; false: nothing, until input comes. */
  private lookAround(): boolean {
    this.idles = false;
    this.wakesAt = null;
    if (this.guest.console.starving) return false;
    this.guest.life.noticeDeaths();
    return true;
  }

  /** Gives the CPU to the next task that can run: `running`, unless it goes on sleeping or ends. False: there is none. */
  private beginSlice(): boolean {
    const task = this.nextTask();
    if (task === null) return false;
    this.current = task;
    this.switchTo(task);
    if (task.sleep !== null && !this.wakeUp(task)) return true;
    this.sliceEnd = this.guest.kernel.clock.now + SLICE_NS;
    if (!task.dead && task.job.stoppedBy === 0) this.running = task;
    return true;
  }

  private nextTask(): GuestTask | null {
    const { tasks, kernel } = this.guest;
    const { now } = kernel.clock;
    this.expireTimers(now);
    for (let i = 0; i < tasks.length; i++) {
      const at = (this.turn + i) % tasks.length;
      const task = tasks[at] as GuestTask;
      if (!this.canRun(task, now)) continue;
      this.turn = (at + 1) % tasks.length;
      return task;
    }
    return null;
  }

  private canRun(task: GuestTask, now: number): boolean {
    const { process, sleep } = task;
    if (task.inKernel || process.task.vforkChild !== null || this.isProtected(task)) return false;
    if (task.job.stoppedBy !== 0) return process.task.pending.length > 0;
    return sleep === null || signalWaits(task) || (sleep.wakeAt ?? Infinity) <= now || sleep.ready();
  }

  /** Whether a task could change what one that waits inside has in its hands. */
  private isProtected({ process }: GuestTask): boolean {
    for (const { process: other } of this.inside) {
      if (other.task.mm === process.task.mm || other.task.files === process.task.files) return true;
    }
    return false;
  }

  private expireTimers(now: number): void {
    const { guest } = this;
    for (const task of guest.tasks) {
      const { group } = task;
      if (group.threads[0] !== task) continue;
      if (group.timers.realDue <= now) sendSignal(guest, task, group.timers.expire(ITIMER.real, now));
      if (!group.timers.countsTime) continue;
      guest.kernel.cpus.charge();
      const { user, system } = group.usage();
      sendSignal(guest, task, group.timers.expire(ITIMER.virtual, user));
      sendSignal(guest, task, group.timers.expire(ITIMER.prof, user + system));
    }
  }

  /** Nobody can run: a kernel thread works, a disk gets done, or time passes until a task wants to wake up. */
  private idle(): void {
    const { kernel, console } = this.guest;
    const next = this.nextWake();
    if (next > kernel.paging.events.nextDue && kernel.step()) return;
    if (next === Infinity && !console.isOpen) {
      throw new ConfigError('every process sleeps, and nothing will ever wake one');
    }
    this.idles = this.hostTime || next === Infinity;
    this.wakesAt = next === Infinity ? null : next;
    if (!this.idles) this.elapse(Infinity);
  }

  /** Virtual time at which the first task wants to wake up, ns; infinite: none does. */
  private nextWake(): number {
    let next = Infinity;
    for (const { sleep, group, job } of this.guest.tasks) {
      // Who is stopped sleeps on.
      const wakeAt = job.stoppedBy === 0 ? (sleep?.wakeAt ?? Infinity) : Infinity;
      next = Math.min(next, wakeAt, group.timers.realDue);
    }
    return next;
  }

  /** Time passes until a task wants to wake up; false: something else happens before. */
  private sleepUntilNextWake(): boolean {
    const { clock, paging } = this.guest.kernel;
    const next = this.nextWake();
    if (next <= clock.now || next > paging.events.nextDue) return false;
    clock.advance(next - clock.now);
    return true;
  }

  private switchTo(task: GuestTask): void {
    if (this.loaded !== task) {
      if (this.loaded !== null) this.guest.cpu.save(this.loaded.registers);
      this.load(task);
    }
    this.guest.kernel.run(task.process);
  }

  /** Goes on with a system call that slept, or delivers a signal to the sleeper; false: it sleeps again, or has ended. */
  private wakeUp(task: GuestTask): boolean {
    const { sleep } = task;
    if (sleep !== null && (sleep.ready() || (sleep.wakeAt ?? Infinity) <= this.guest.kernel.clock.now)) {
      task.sleep = null;
      task.awaited = null;
      this.guest.finishCall(task, sleep.finish());
    }
    return this.backToUser(task) && task.sleep === null;
  }

  /** Signals that wait are delivered; false: the task has ended. */
  private backToUser(task: GuestTask): boolean {
    const { guest } = this;
    const { process } = task;
    if (!task.dead && (process.ended !== null || process.task.pending.length > 0))
      guest.takeFaultSignals(task);
    if (!task.dead && signalWaits(task)) {
      guest.registersOf(task);
      deliverPending(guest, task);
      if (!task.dead) guest.reload(task);
    }
    return !task.dead;
  }
}
