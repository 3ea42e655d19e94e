/**
 * The guest: a booted memory manager, a CPU on its memory, and the tasks that run there.
 *
 * This is the part of a kernel that is neither memory nor CPU: it decides who runs, takes what the CPU comes back with
 * (a page fault, a system call, an exception, the end of a slice), and delivers signals.
 */
import {
  boot,
  ConfigError,
  type File,
  type Kernel,
  type MachineConfig,
  type PendingSignal,
  type Process,
  type SwapConfig,
} from '@pagewalk/mm';
import { addRandomBytes } from './auxv.ts';
import { Cpu, EXIT_PANIC, EXIT_SLICE } from './cpu/cpu.ts';
import { REG, SEG } from './cpu/registers.ts';
import { installTrapStubs } from './cpu/trap-stubs.ts';
import { setUpRoot } from './files/root.ts';
import { jobEnded } from './jobs.ts';
import { SIG, signalBit } from './signal-numbers.ts';
import { deliver, deliverPending, restarts, sendSignal, signalWaits } from './signals.ts';
import { Tracer } from './strace/tracer.ts';
import { Streams } from './streams.ts';
import { SYSTEM_CALLS } from './syscalls/table.ts';
import { type CallResult, GuestTask } from './task.ts';
import { Console, type ConsoleHost } from './terminal/console.ts';
import { TlsDescriptors } from './tls.ts';
import { UserMemory } from './user-memory.ts';

/** What an instruction costs: a cycle of the cost model's processor. */
export const NS_PER_INSTRUCTION = 1;
/** How long a task may run before it is the next one's turn, ns. */
const SLICE_NS = 10e6;
/** What a system call costs that the memory manager does not see. */
const CALL_NS = 300;

/** Machine and surroundings of a guest. */
export interface GuestConfig {
  /** The CPU: see compileCpu and loadCpuModule. */
  readonly cpu: WebAssembly.Module;
  /** RAM in bytes: 8 MiB to 2 GiB less 4 MiB, whole MiB. */
  readonly memory: number;
  readonly release?: string;
  readonly swap?: readonly SwapConfig[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly traceCapacity?: number;
  /** Terminal or streams of the programs; default: no input, and output is dropped. */
  readonly console?: ConsoleHost;
  /** Gets a line for each system call and signal, in the form of strace; without newline. */
  readonly strace?: (line: string) => void;
  /**
   * Whether the host lets time pass while all programs sleep ({@link Guest.elapse}): for people at a terminal. Default false: the
   * clock jumps to when the first of them wakes up.
   */
  readonly hostTime?: boolean;
  /** Let the CPU translate hot code; default true. */
  readonly jit?: boolean;
}

/** What happened so far. */
export interface GuestCounts {
  /** Instructions in user mode. */
  readonly instructions: number;
  readonly pageFaults: number;
  readonly systemCalls: number;
  /** System calls that do not exist, by number: how often each was made. */
  readonly unknownCalls: ReadonlyMap<number, number>;
  readonly processes: number;
  readonly cpuPanics: number;
}

/** How a program ended: its exit code, or the signal that ended it. */
export interface GuestEnding {
  readonly code: number;
  /** 0: none. */
  readonly signal: number;
}

/** Vectors of exceptions: the signal that each sends. @linux 2.4.22 arch/i386/kernel/traps.c */
const EXCEPTION_SIGNALS: Readonly<Record<number, number>> = {
  0: SIG.fpe,
  1: SIG.trap,
  3: SIG.trap,
  4: SIG.segv,
  5: SIG.segv,
  6: SIG.ill,
  7: SIG.segv,
  9: SIG.fpe,
  10: SIG.segv,
  11: SIG.bus,
  12: SIG.bus,
  13: SIG.segv,
  16: SIG.fpe,
  17: SIG.bus,
  19: SIG.fpe,
};
const VECTOR = { generalProtection: 13, pageFault: 14, systemCall: 0x80 } as const;

/** Boots a machine with a CPU. @throws ConfigError naming the argument, its value and what is allowed */
export function bootGuest(config: GuestConfig): Guest {
  return new Guest(config);
}

/** A machine that runs programs. */
export class Guest {
  readonly kernel: Kernel;
  readonly cpu: Cpu;
  readonly user: UserMemory;
  readonly streams: Streams;
  readonly console: Console;
  /** Null: nobody wants to see the system calls. */
  readonly tracer: Tracer | null;
  /** Tasks that live, oldest first. */
  readonly tasks: GuestTask[] = [];
  private readonly tls: TlsDescriptors;
  private readonly byProcess = new Map<Process, GuestTask>();
  // Whose registers the CPU has.
  private loaded: GuestTask | null = null;
  private turn = 0;
  // Whose slice it is, and when that ends.
  private running: GuestTask | null = null;
  private sliceEnd = 0;
  private pageFaults = 0;
  private systemCalls = 0;
  private processes = 0;
  private readonly unknown = new Map<number, number>();
  private random = 0x2545f491;
  private readonly hostTime: boolean;
  // All tasks sleep, until then; null: until input comes.
  private idles = false;
  private wakesAt: number | null = null;

  /** @internal use {@link bootGuest} */
  constructor(config: GuestConfig) {
    if (config.memory > 2044 * 2 ** 20) {
      throw new ConfigError(`memory: ${config.memory} bytes; with a CPU allowed are 8 MiB to 2044 MiB`);
    }
    this.cpu = new Cpu(config.cpu, { jit: config.jit ?? true, random: () => this.randomWord() });
    const machine: MachineConfig = {
      memory: config.memory,
      ram: (bytes) => this.cpu.allocate(bytes),
      ...(config.release === undefined ? {} : { release: config.release }),
      ...(config.swap === undefined ? {} : { swap: config.swap }),
      ...(config.sysctl === undefined ? {} : { sysctl: config.sysctl }),
      ...(config.traceCapacity === undefined ? {} : { traceCapacity: config.traceCapacity }),
    };
    this.kernel = boot(machine);
    const { kernel, cpu } = this;
    cpu.onMove = (ram) => kernel.memory.rebind(ram);
    const layout = installTrapStubs(kernel);
    cpu.start(kernel.mmu.cr3, layout, { pse: kernel.mmu.pse, pge: kernel.mmu.pge });
    kernel.mmu.attached = cpu;
    this.tls = new TlsDescriptors(kernel, layout);
    this.user = new UserMemory(kernel, cpu);
    this.hostTime = config.hostTime ?? false;
    this.tracer = config.strace === undefined ? null : new Tracer(this, config.strace);
    this.streams = new Streams(this);
    this.console = new Console(this, config.console ?? null);
    setUpRoot(this);
  }

  get counts(): GuestCounts {
    return {
      instructions: this.cpu.instructions,
      pageFaults: this.pageFaults,
      systemCalls: this.systemCalls,
      unknownCalls: this.unknown,
      processes: this.processes,
      cpuPanics: this.cpu.panics,
    };
  }

  /**
   * Starts a program. Its descriptors 0, 1 and 2 are the console.
   *
   * @param program path in the machine, or the bytes of an ELF file or script, which is stored as `/<argv[0]>`
   * @returns the task, or -errno: it could not be loaded
   */
  start(
    program: string | Uint8Array,
    argv: readonly string[],
    envp: readonly string[] = [],
  ): GuestTask | number {
    const process = this.kernel.spawn(argv[0] ?? 'a.out');
    const task = this.adopt(process, null);
    this.console.openFor(task);
    const result = process.exec(program, argv, envp);
    if (result !== 0) {
      if (process.ended === null) process.exit(127);
      this.buryEnded();
      return result;
    }
    this.enterProgram(task);
    return task;
  }

  /** Runs until a task has ended. @throws ConfigError when all tasks sleep for ever, or wait for input of the console */
  runUntilEnd(task: GuestTask): GuestEnding {
    while (task.status === null) {
      this.step();
      if (this.waitsFor === 'input') throw new ConfigError('the programs wait for input of the console');
      if (this.waitsFor === 'time') this.elapse(Infinity);
    }
    return endingOf(task.status);
  }

  /**
   * Lets one task run for a slice, or time pass if all sleep.
   *
   * @throws ConfigError when all tasks sleep, and nothing will ever wake one
   */
  step(): void {
    do this.exit();
    while (this.running !== null);
  }

  /**
   * Lets the CPU run until it comes back once, with a fault, a system call, an exception or the end of its own slice, and sees to
   * that; or lets time pass if all sleep. The smallest step that the machine can make: many of them are what {@link step} does.
   *
   * @throws ConfigError when all tasks sleep, and nothing will ever wake one
   */
  exit(): void {
    const task = this.running ?? this.beginSlice();
    this.running = null;
    if (task === null) return;
    const { kernel, cpu } = this;
    const before = cpu.instructions;
    kernel.run(task.process);
    const vector = cpu.run(kernel.mmu.cr3);
    const alive = task.process.ran((cpu.instructions - before) * NS_PER_INSTRUCTION);
    if (alive) this.handle(task, vector);
    if (!this.backToUser(task) || task.process.task.vforkChild !== null) return;
    if (task.job.stoppedBy !== 0) return;
    if (task.sleep === null && kernel.clock.now < this.sliceEnd) this.running = task;
  }

  /**
   * What the last {@link step} found that the machine waits for: input of the console, or time that the host lets pass. Null:
   * there is something to do.
   */
  get waitsFor(): 'input' | 'time' | null {
    if (this.console.starving) return 'input';
    if (!this.idles) return null;
    return this.wakesAt === null ? 'input' : 'time';
  }

  /** When the first task wakes up by itself, ns from now; Infinity: none does. */
  get wakesInNs(): number {
    return this.wakesAt === null ? Infinity : Math.max(0, this.wakesAt - this.kernel.clock.now);
  }

  /** Time passes while all tasks sleep: at most until the first wakes up. */
  elapse(ns: number): void {
    const { clock, vm } = this.kernel;
    const most = this.wakesInNs;
    if (ns === Infinity && most === Infinity) return;
    clock.advance(Math.min(ns, most));
    vm.ports.catchUp();
    this.buryEnded();
  }

  /** The task whose registers the CPU has: who makes a system call. */
  get loadedTask(): GuestTask | null {
    return this.loaded;
  }

  /** A task for a process that was made. */
  adopt(process: Process, parent: GuestTask | null): GuestTask {
    const task = new GuestTask(process, parent);
    this.tasks.push(task);
    this.byProcess.set(process, task);
    this.processes++;
    if (parent !== null) this.tracer?.attached(task);
    return task;
  }

  /** The running task's registers, to look at and to change: {@link reload} brings changes to the CPU. */
  registersOf(task: GuestTask): void {
    if (this.loaded === task) this.cpu.save(task.registers);
  }

  /** Gives the CPU the registers of the running task, which were changed. */
  reload(task: GuestTask): void {
    this.loaded = task;
    this.tls.load(task);
    this.cpu.load(task.registers);
  }

  /** After exec: the task begins its new program. */
  enterProgram(task: GuestTask): void {
    const { registers, process } = task;
    registers.start(process.entry, process.task.esp);
    this.cpu.resetFpu(registers);
    task.tls.fill(0);
    addRandomBytes(this, task);
    if (this.loaded === task) this.reload(task);
  }

  /** Fills what the CPU knows of GS and FS from the task's descriptors. */
  loadTlsSegments(task: GuestTask): void {
    for (const segment of [SEG.fs, SEG.gs]) this.tls.fillSegment(task, segment);
  }

  /** A task that sleeps may have something to do: it looks for itself when its turn comes. */
  wake(_task: GuestTask): void {
    this.turn %= Math.max(1, this.tasks.length);
  }

  /** Ends a task by a signal. */
  killTask(task: GuestTask, signal: number): void {
    if (task.process.ended === null && !task.process.task.dead) this.kernel.kill(task.process, signal);
    this.buryEnded();
  }

  /** Ends a task. */
  exitTask(task: GuestTask, code: number): void {
    task.process.exit(code & 0xff);
    this.buryEnded();
  }

  /** Forgets a zombie that was waited for. */
  reap(parent: GuestTask, child: GuestTask): void {
    parent.children.splice(parent.children.indexOf(child), 1);
  }

  /** A file's bytes were changed by the kernel, or its device is mapped: code that the CPU took from there is out of date. */
  cpuForgets(file: File | null | undefined): void {
    if (file === null || file === undefined) return;
    const { mapping } = file.inode;
    // Directories and files of /proc have no pages.
    const mapped = mapping !== null && mapping.iMmap.length + mapping.iMmapShared.length > 0;
    if (mapped || file.mmapKind === 'device') this.cpu.dirtyAll();
  }

  /** 32 random bits of a fixed sequence. */
  randomWord(): number {
    this.random ^= this.random << 13;
    this.random ^= this.random >>> 17;
    this.random ^= this.random << 5;
    return this.random >>> 0;
  }

  /** The stream behind a descriptor, if it is one of ours. */
  streamOf(file: File | null | undefined) {
    return file === null || file === undefined ? null : this.streams.of(file);
  }

  private nextTask(): GuestTask | null {
    const { tasks } = this;
    const { now } = this.kernel.clock;
    for (const task of tasks) {
      if (task.alarmAt === 0 || task.alarmAt > now) continue;
      task.alarmAt = 0;
      sendSignal(this, task, SIG.alrm);
    }
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
    if (process.task.vforkChild !== null || task.status !== null) return false;
    if (task.job.stoppedBy !== 0) return process.task.pending.length > 0;
    return sleep === null || signalWaits(task) || (sleep.wakeAt ?? Infinity) <= now || sleep.ready();
  }

  /** Nobody can run: a kernel thread works, a disk gets done, or time passes until a task wants to wake up. */
  private idle(): void {
    if (this.kernel.step()) return;
    let next = Infinity;
    for (const { sleep, alarmAt } of this.tasks) {
      next = Math.min(next, sleep?.wakeAt ?? Infinity, alarmAt === 0 ? Infinity : alarmAt);
    }
    if (next === Infinity && !this.console.isOpen) {
      throw new ConfigError('every process sleeps, and nothing will ever wake one');
    }
    this.idles = this.hostTime || next === Infinity;
    this.wakesAt = next === Infinity ? null : next;
    if (!this.idles) this.elapse(Infinity);
  }

  /** Looks anew what there is to do; false: nothing, until input comes. */
  private lookAround(): boolean {
    this.idles = false;
    this.wakesAt = null;
    if (this.console.starving) return false;
    this.noticeDeaths();
    return true;
  }

  private switchTo(task: GuestTask): void {
    if (this.loaded !== task) {
      if (this.loaded !== null) this.cpu.save(this.loaded.registers);
      this.reload(task);
    }
    this.kernel.run(task.process);
  }

  /** Goes on with a system call that slept; false: it sleeps again, or the task has ended. */
  private wakeUp(task: GuestTask): boolean {
    const { sleep } = task;
    if (sleep === null) return true;
    task.sleep = null;
    if (signalWaits(task) && !sleep.ready()) {
      this.tracer?.interrupted(task);
      if (restarts(task)) {
        // The number is still in EAX: the call is made again.
        this.cpu.eip = this.cpu.eip - 2;
      } else {
        this.cpu.setReg(REG.eax, EINTR);
      }
      return this.backToUser(task);
    }
    this.finishCall(task, sleep.finish());
    return this.backToUser(task) && task.sleep === null;
  }

  /** Gives the CPU to the next task that can run; null: there is none, or it went on sleeping or ended. */
  private beginSlice(): GuestTask | null {
    if (!this.lookAround()) return null;
    const task = this.nextTask();
    if (task === null) {
      this.idle();
      return null;
    }
    this.switchTo(task);
    if (task.sleep !== null && !this.wakeUp(task)) return null;
    this.sliceEnd = this.kernel.clock.now + SLICE_NS;
    return task.status === null && task.job.stoppedBy === 0 ? task : null;
  }

  private handle(task: GuestTask, vector: number): void {
    if (vector === VECTOR.systemCall) this.systemCall(task);
    else if (vector === VECTOR.pageFault) {
      this.pageFaults++;
      task.process.pageFault(this.cpu.cr2, this.cpu.errorCode, this.cpu.reg(REG.esp));
    } else if (vector === EXIT_PANIC) this.killTask(task, SIG.segv);
    else if (vector !== EXIT_SLICE && !(vector === VECTOR.generalProtection && this.emulate())) {
      this.registersOf(task);
      deliver(this, task, EXCEPTION_SIGNALS[vector] ?? SIG.segv, { code: 0, addr: this.cpu.eip }, true);
      if (task.status === null) this.reload(task);
    }
  }

  /** Signals that wait are delivered; false: the task has ended. */
  private backToUser(task: GuestTask): boolean {
    const { process } = task;
    if (process.ended !== null || process.task.pending.length > 0) this.takeFaultSignals(task);
    if (task.status === null && signalWaits(task) && task.sleep === null) {
      this.registersOf(task);
      deliverPending(this, task);
      if (task.status === null) this.reload(task);
    }
    return task.status === null;
  }

  /** Signals that the memory manager sent: for faults that it could not repair, or for want of memory. */
  private takeFaultSignals(task: GuestTask): void {
    const { process } = task;
    let signal: PendingSignal | null;
    while (process.ended === null && (signal = process.takeSignal()) !== null) {
      this.registersOf(task);
      deliver(this, task, signal.signo, signal, true);
      if (task.status === null) this.reload(task);
    }
    this.buryEnded();
  }

  private systemCall(task: GuestTask): void {
    const { cpu } = this;
    this.systemCalls++;
    const number = cpu.reg(REG.eax);
    const call = SYSTEM_CALLS[number];
    this.tracer?.enter(
      task,
      number,
      CALL_REGISTERS.map((register) => cpu.reg(register)),
    );
    if (call === undefined) {
      this.unknown.set(number, (this.unknown.get(number) ?? 0) + 1);
      this.finishCall(task, ENOSYS);
      return;
    }
    this.kernel.clock.advance(CALL_NS);
    const [a, b, c] = [cpu.reg(REG.ebx), cpu.reg(REG.ecx), cpu.reg(REG.edx)];
    const result = call(this, task, a, b, c, cpu.reg(REG.esi), cpu.reg(REG.edi), cpu.reg(REG.ebp));
    this.finishCall(task, result);
  }

  private finishCall(task: GuestTask, result: CallResult): void {
    if (task.process.ended !== null) return;
    if (result !== null && typeof result !== 'number') {
      task.sleep = result;
      return;
    }
    if (result !== null) this.cpu.setReg(REG.eax, result);
    this.tracer?.exit(task, this.cpu.reg(REG.eax) | 0);
  }

  /** Instructions that are the kernel's to do: rdtsc, whose count is the virtual clock's. */
  private emulate(): boolean {
    const { cpu } = this;
    const code = this.user.get(cpu.eip, 2);
    if (code === null || code[0] !== 0x0f || code[1] !== 0x31) return false;
    const cycles = Math.floor(this.kernel.clock.now);
    cpu.setReg(REG.eax, cycles % 2 ** 32);
    cpu.setReg(REG.edx, Math.floor(cycles / 2 ** 32));
    cpu.eip = cpu.eip + 2;
    return true;
  }

  /** The memory manager kills whom it likes, when it finds no memory. */
  private noticeDeaths(): void {
    if (this.kernel.processes.size !== this.tasks.length) this.buryEnded();
  }

  /** Tasks whose process has ended, by whomever, become zombies; their children get no parent. */
  private buryEnded(): void {
    for (let i = 0; i < this.tasks.length; i++) {
      const task = this.tasks[i] as GuestTask;
      const { ended } = task.process;
      if (ended === null) continue;
      this.tasks.splice(i--, 1);
      this.byProcess.delete(task.process);
      if (this.loaded === task) this.loaded = null;
      if (this.running === task) this.running = null;
      task.status = ended.signal !== 0 ? ended.signal : (ended.code & 0xff) << 8;
      this.tracer?.ended(task, task.status);
      jobEnded(this, task);
      const { parent } = task;
      if (parent === null) continue;
      parent.childNs += task.process.task.cpuNs + task.childNs;
      const { handler } = parent.actions[SIG.chld] as { handler: number };
      if (handler === 1) this.reap(parent, task);
      if (handler > 1) parent.pending = (parent.pending | signalBit(SIG.chld)) >>> 0;
    }
    this.turn %= Math.max(1, this.tasks.length);
  }
}

/** Where a system call's arguments are. */
const CALL_REGISTERS = [REG.ebx, REG.ecx, REG.edx, REG.esi, REG.edi, REG.ebp];
const EINTR = -4;
const ENOSYS = -38;

/** A wait status in words. */
export function endingOf(status: number): GuestEnding {
  return { code: (status >>> 8) & 0xff, signal: status & 0x7f };
}
