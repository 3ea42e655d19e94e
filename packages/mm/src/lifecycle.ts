/** Births and ends of processes: who gets which pid, who is whose child, and who reaps whom. */
import { doExit, releaseTask } from './address-space/exit.ts';
import { doFork } from './address-space/fork.ts';
import { setBootLimits, spawnTask } from './address-space/spawn.ts';
import { deadlySignal, Task } from './address-space/task.ts';
import { CLONE, refuseCloneFlags, waitForVfork } from './address-space/vfork.ts';
import { Errno } from './errno.ts';
import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';
import { PF } from './page-allocator/process-flags.ts';
import { Process } from './process.ts';
import type { Addr } from './types.ts';

/** Pids are below this; when they are used up they begin here again. @linux PID_MAX */
const PID_MAX = 0x8000;
const FIRST_PID_AGAIN = 300;

/** Makes the processes of {@link Kernel.processes}, and ends them. */
export class Lifecycle {
  /** The pid given last. @linux last_pid */
  lastPid: number;
  /** Tasks that are on the JavaScript stack, in the middle of the kernel, while others run: they end when they come back. */
  readonly interrupted = new Set<Task>();
  private readonly kernel: Kernel;

  /** @param kernel whose own threads have started: their pids are given */
  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.lastPid = kernel.threads.length;
  }

  /** See {@link Kernel.spawn}. */
  spawn(comm: string, uid: number): Process {
    const { kernel, init } = this;
    const task = new Task(this.nextPid(), init, comm);
    task.uid = uid;
    task.gid = uid;
    task.user = uid;
    const refused = task.pid === 0 ? -Errno.EAGAIN : spawnTask(kernel.vm, task, init);
    if (refused === -Errno.EAGAIN) {
      throw new ConfigError(`processes: no more than the ${kernel.vm.nrThreads} that there are; '${comm}'`);
    }
    if (refused !== 0) throw new ConfigError(`memory: none left for process '${comm}'`);
    this.lastPid = task.pid;
    init.children.push(task);
    kernel.cpus.assign(task);
    if (uid !== 0) task.capEffective = 0;
    task.startTime = kernel.clock.jiffies();
    setBootLimits(task, kernel.vm.maxThreads);
    return this.register(task);
  }

  /** See {@link Process.fork} and {@link Process.clone}. */
  fork(parent: Process, flags = 0, stack: Addr = 0): Process | number {
    const { kernel } = this;
    const refused = refuseCloneFlags(flags);
    if (refused !== 0) return refused;
    kernel.run(parent);
    const pid = this.nextPid();
    const task = pid === 0 ? -Errno.EAGAIN : doFork(kernel.vm, pid, flags);
    if (typeof task === 'number') return task;
    this.lastPid = task.pid;
    task.startTime = kernel.clock.jiffies();
    kernel.cpus.assign(task);
    if ((flags & CLONE.thread) !== 0) task.tgid = parent.task.tgid;
    if (stack !== 0) task.esp = stack;
    const process = this.register(task);
    if ((flags & CLONE.vfork) !== 0) {
      waitForVfork(parent.task, task);
      if (task.processor !== parent.task.processor) kernel.cpus.goIdle();
      kernel.run(process);
    }
    return process;
  }

  /** A signal ends a process when it would go back to user mode. */
  kill(process: Process, signal: number): void {
    this.kernel.cpus.run(process.task);
    this.exit(process, signal, signal);
  }

  /** See {@link Process.exit}: the parent, or init, reaps it at once. */
  exit(process: Process, code: number, signal = 0): void {
    const { vm, cpus, processes } = this.kernel;
    const { task } = process;
    doExit(vm, task, code);
    process.ending = { code: signal === 0 ? code : 0, signal };
    processes.delete(task.pid);
    const parent = task.parent;
    const reaper = parent !== null && !parent.dead && parent.vforkChild === null ? parent : this.init;
    // init runs where it is needed; a parent on another CPU leaves this one without work.
    if (reaper === this.init) reaper.processor = cpus.cpu;
    if (reaper.processor !== cpus.cpu) cpus.goIdle();
    cpus.run(reaper);
    releaseTask(vm, task);
    if (reaper === this.init && cpus.count > 1) cpus.goIdle();
  }

  /** Lets a process that was killed, and is not the running one, exit as if its turn had come. Whether there was one. */
  reapKilled(): boolean {
    const { vm, cpus, processes } = this.kernel;
    // A kernel thread only borrows the CPU of this task, which is in the middle of something.
    const interrupted = cpus.currentOf(cpus.cpu);
    for (const process of processes.values()) {
      const { task } = process;
      if (task === interrupted || task.vforkChild !== null || this.interrupted.has(task)) continue;
      const deadly = deadlySignal(task);
      if (deadly === null) continue;
      const borrower = vm.current;
      const flags = vm.allocator.currentFlags;
      this.interrupted.add(interrupted);
      vm.current = interrupted;
      this.kill(process, deadly.signo);
      cpus.run(interrupted);
      this.interrupted.delete(interrupted);
      vm.current = borrower;
      vm.trace.pid = borrower.pid;
      const killed = borrower === interrupted ? interrupted.flags & PF.MEMDIE : 0;
      vm.allocator.currentFlags = flags | killed;
      return true;
    }
    return false;
  }

  /** Whether a task waits in the middle of the kernel. */
  waitsInside(task: Task): boolean {
    return this.interrupted.has(task);
  }

  /** The process that runs, or the youngest. */
  lastRun(): Process | undefined {
    const { processes, vm } = this.kernel;
    return processes.get(vm.current.pid) ?? [...processes.values()].at(-1);
  }

  private register(task: Task): Process {
    const process = new Process(this.kernel, task);
    this.kernel.processes.set(task.pid, process);
    return process;
  }

  /** Pid 1: the parent of whatever has no other. Its program is not simulated. */
  private get init(): Task {
    return this.kernel.threads[0] as Task;
  }

  /** The next pid that no task has; 0: all are taken. @linux 2.4.22 kernel/fork.c get_pid() */
  private nextPid(): number {
    if (this.kernel.processes.size >= PID_MAX - FIRST_PID_AGAIN) return 0;
    let pid = this.lastPid;
    do pid = pid + 1 < PID_MAX ? pid + 1 : FIRST_PID_AGAIN;
    while (this.kernel.processes.has(pid));
    return pid;
  }
}
