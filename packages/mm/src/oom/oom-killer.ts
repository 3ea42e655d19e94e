import { CAP, SIGKILL, SIGTERM, type Task } from '../address-space/task.ts';
import { PF } from '../page-allocator/process-flags.ts';
import type { Trace } from '../trace/trace.ts';
import { type Badness, badness } from './badness.ts';
import { OOM_BADNESS, OOM_CHECK, OOM_KILL } from './tracepoints.ts';

/** Ticks in a second. */
const HZ = 100;

/** What the OOM killer asks of other rooms. */
export interface OomPorts {
  /** All tasks, in the order of the task list. */
  tasks(): Iterable<Task>;
  /** Ticks since boot. */
  jiffies(): number;
  /** Free slots of swap. */
  nrSwapPages(): number;
  /** Sends a signal that cannot be ignored, and tells whoever runs the task that its flags have changed. */
  kill(task: Task, signal: number): void;
  /** Prints a line of the kernel log. */
  print(text: string): void;
  /** Lets others run, so that the victim can exit. */
  yield(): void;
  /** Nobody is left to be killed. @throws KernelPanic */
  panic(text: string): never;
}

/** What differs between releases. */
export interface OomRules {
  /** 2.4.22: a task that was chosen already is not chosen again. */
  readonly sparesDying: boolean;
  /** Not 2.4.0: all tasks that share the victim's memory die with it, and may take any page (PF_MEMDIE). */
  readonly killsSharers: boolean;
}

/**
 * The last resort: kills a task to get its memory.
 *
 * Reclaim asks whenever it failed; the answer is to kill only if swap is full, reclaim failed ten times in at least a second,
 * without a rest of five seconds in between, and nobody was killed in the last five seconds.
 *
 * @linux 2.4.22 mm/oom_kill.c
 */
export class OomKiller {
  private readonly ports: OomPorts;
  private readonly rules: OomRules;
  private readonly trace: Trace;
  private first = 0;
  private last = 0;
  private count = 0;
  private lastkill = 0;

  constructor(parts: { ports: OomPorts; rules: OomRules; trace: Trace }) {
    this.ports = parts.ports;
    this.rules = parts.rules;
    this.trace = parts.trace;
  }

  /** How good a victim a task would be now. */
  badnessOf(task: Task): Badness {
    return badness(task, this.ports.jiffies(), this.rules.sparesDying);
  }

  /** Reclaim could free nothing. @linux 2.4.22 mm/oom_kill.c out_of_memory() */
  outOfMemory(): void {
    const swap = this.ports.nrSwapPages();
    if (swap > 0) {
      this.note(swap, 0, 0, this.count, 0, false);
      return;
    }
    const now = this.ports.jiffies();
    const sinceLast = now - this.last;
    const sinceFirst = now - this.first;
    const sinceKill = now - this.lastkill;
    this.last = now;
    let kills = false;
    if (sinceLast <= 5 * HZ) {
      if (sinceFirst < HZ) {
        this.note(swap, sinceLast, sinceFirst, this.count, sinceKill, false);
        return;
      }
      this.count++;
      kills = this.count >= 10 && sinceKill >= 5 * HZ;
    }
    this.note(swap, sinceLast, sinceFirst, this.count, sinceKill, kills);
    if (sinceLast <= 5 * HZ && !kills) return;
    if (kills) {
      this.lastkill = now;
      this.oomKill();
    }
    this.first = now;
    this.count = 0;
  }

  private note(swap: number, last: number, first: number, count: number, kill: number, kills: boolean): void {
    if (this.trace.on) this.trace.emit(OOM_CHECK, swap, last, first, count, kill, kills ? 1 : 0);
  }

  /**
   * Kills the worst task and all that share its address space.
   *
   * @throws KernelPanic when there is none
   * @linux 2.4.22 mm/oom_kill.c oom_kill()
   */
  oomKill(): void {
    const chosen = this.selectBadProcess();
    if (chosen === null) this.ports.panic('Out of memory and no killable processes...');
    for (const task of this.ports.tasks()) {
      const dies = this.rules.killsSharers ? task.mm === chosen.task.mm : task === chosen.task;
      if (dies) this.killTask(task, chosen.badness);
    }
    this.ports.yield();
  }

  /** The task with the most points, the first of equals; null: nobody has any. @linux select_bad_process() */
  selectBadProcess(): { task: Task; badness: Badness } | null {
    let chosen: { task: Task; badness: Badness } | null = null;
    for (const { task, badness: candidate } of this.candidates()) {
      if (this.trace.on) {
        this.trace.emit(
          OOM_BADNESS,
          task.pid,
          candidate.points,
          candidate.totalVm,
          candidate.cpuDivisor,
          candidate.runDivisor,
          candidate.niced ? 1 : 0,
          (candidate.admin ? 1 : 0) | (candidate.rawio ? 2 : 0),
          candidate.dying ? 1 : 0,
        );
      }
      if (candidate.points > (chosen?.badness.points ?? 0)) chosen = { task, badness: candidate };
    }
    return chosen;
  }

  /** Every task with its badness now. */
  candidates(): { task: Task; badness: Badness }[] {
    const now = this.ports.jiffies();
    return [...this.ports.tasks()]
      .filter(({ pid }) => pid !== 0)
      .map((task) => ({ task, badness: badness(task, now, this.rules.sparesDying) }));
  }

  /** @linux oom_kill_task() */
  private killTask(task: Task, { points }: Badness): void {
    this.ports.print(`Out of Memory: Killed process ${task.pid} (${task.comm}).`);
    task.flags |= PF.MEMALLOC | (this.rules.killsSharers ? PF.MEMDIE : 0);
    const signal = task.capable(CAP.sysRawio) ? SIGTERM : SIGKILL;
    if (this.trace.on) this.trace.emit(OOM_KILL, task.pid, points, signal);
    this.ports.kill(task, signal);
  }
}
