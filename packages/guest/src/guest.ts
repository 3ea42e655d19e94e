/**
 * The guest: a booted memory manager, a CPU on its memory, and the tasks that run there.
 *
 * This is the part of a kernel that is neither memory nor CPU. Here it takes what the CPU comes back with: a page fault, a
 * system call, an exception, the end of a slice. Who runs is decided in scheduler.ts; how tasks begin and end, in lifecycle.ts.
 */
import {
  boot,
  ConfigError,
  type File,
  type Kernel,
  type MachineConfig,
  type PendingSignal,
  type SwapConfig,
  type TreeDirectory,
} from '@pagewalk/mm';
import { addRandomBytes } from './auxv.ts';
import { Cpu, EXIT_PANIC, EXIT_SLICE } from './cpu/cpu.ts';
import { REG, SEG } from './cpu/registers.ts';
import { installTrapStubs } from './cpu/trap-stubs.ts';
import { FileLocks } from './files/locks.ts';
import { installRandomDevices } from './files/random-devices.ts';
import { setUpRoot, type TreeMount } from './files/root.ts';
import { Futexes } from './futex/futexes.ts';
import { Lifecycle } from './lifecycle.ts';
import { Scheduler } from './scheduler.ts';
import { fromFault, fromKernel } from './siginfo.ts';
import { SIG } from './signal-numbers.ts';
import { deliver } from './signals.ts';
import { Tracer } from './strace/tracer.ts';
import { Streams } from './streams.ts';
import { SYSTEM_CALLS } from './syscalls/table.ts';
import type { CallResult, GuestTask } from './task.ts';
import { Console, type ConsoleHost } from './terminal/console.ts';
import { TlsDescriptors } from './tls.ts';
import { UserMemory } from './user-memory.ts';

/** What an instruction costs: a cycle of the cost model's processor. */
export const NS_PER_INSTRUCTION = 1;
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
  /** Files that become the root, on a disk of their own. Default: an empty root in memory. */
  readonly root?: TreeDirectory;
  /** Further trees, each on a disk of its own, mounted in this order. */
  readonly mounts?: readonly TreeMount[];
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
/** si_code of those that say where they happened. TRAP_BRKPT would be the address behind; 2.4 says nothing at all there. */
const EXCEPTION_CODES: Readonly<Record<number, number>> = {
  // FPE_INTDIV
  0: 1,
  // ILL_ILLOPN
  6: 2,
  // FPE_FLTINV: which of the six it was is in the status word.
  16: 7,
  // BUS_ADRALN
  17: 1,
  19: 7,
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
  readonly locks = new FileLocks(this);
  /** Null: nobody wants to see the system calls. */
  readonly tracer: Tracer | null;
  readonly tls: TlsDescriptors;
  readonly futexes = new Futexes();
  readonly scheduler: Scheduler;
  readonly life: Lifecycle;
  private pageFaults = 0;
  private systemCalls = 0;
  private readonly unknown = new Map<number, number>();
  private random = 0x2545f491;

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
    this.scheduler = new Scheduler(this, config.hostTime ?? false);
    this.life = new Lifecycle(this);
    this.user = new UserMemory(kernel, cpu);
    this.tracer = config.strace === undefined ? null : new Tracer(this, config.strace);
    this.streams = new Streams(this);
    this.console = new Console(this, config.console ?? null);
    installRandomDevices(this);
    setUpRoot(this, config.root ?? null, config.mounts ?? []);
  }

  /** Tasks that live, oldest first. */
  get tasks(): readonly GuestTask[] {
    return this.life.tasks;
  }

  get counts(): GuestCounts {
    return {
      instructions: this.cpu.instructions,
      pageFaults: this.pageFaults,
      systemCalls: this.systemCalls,
      unknownCalls: this.unknown,
      processes: this.life.born,
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
    const task = this.life.adopt(process, null);
    this.console.openFor(task);
    const result = process.exec(program, argv, envp);
    if (result !== 0) {
      this.life.exitGroup(task.group, 127 << 8);
      return result;
    }
    this.enterProgram(task);
    return task;
  }

  /** Runs until a task's process has ended. @throws ConfigError when all tasks sleep for ever, or wait for input of the console */
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
    this.scheduler.step();
  }

  /**
   * Lets the CPU run until it comes back once, with a fault, a system call, an exception or the end of its own slice, and sees to
   * that; or lets time pass if all sleep. The smallest step that the machine can make: many of them are what {@link step} does.
   *
   * @throws ConfigError when all tasks sleep, and nothing will ever wake one
   */
  exit(): void {
    this.scheduler.exit();
  }

  /**
   * What the last {@link step} found that the machine waits for: input of the console, or time that the host lets pass. Null:
   * there is something to do.
   */
  get waitsFor(): 'input' | 'time' | null {
    return this.console.starving ? 'input' : this.scheduler.waitsFor;
  }

  /** When the first task wakes up by itself, ns from now; Infinity: none does. */
  get wakesInNs(): number {
    return this.scheduler.wakesInNs;
  }

  /** Time passes while all tasks sleep: at most until the first wakes up. */
  elapse(ns: number): void {
    this.scheduler.elapse(ns);
  }

  /** The task whose registers the CPU has: who makes a system call. */
  get loadedTask(): GuestTask | null {
    return this.scheduler.loadedTask;
  }

  /** The running task's registers, to look at and to change: {@link reload} brings changes to the CPU. */
  registersOf(task: GuestTask): void {
    this.scheduler.save(task);
  }

  /** Gives the CPU the registers of the running task, which were changed. */
  reload(task: GuestTask): void {
    this.scheduler.load(task);
  }

  /** After exec: the task begins its new program. */
  enterProgram(task: GuestTask): void {
    const { registers, process } = task;
    registers.start(process.entry, process.task.esp);
    this.cpu.resetFpu(registers);
    task.tls.fill(0);
    addRandomBytes(this, task);
    if (this.loadedTask === task) this.reload(task);
  }

  /** Fills what the CPU knows of GS and FS from the task's descriptors. */
  loadTlsSegments(task: GuestTask): void {
    for (const segment of [SEG.fs, SEG.gs]) this.tls.fillSegment(task, segment);
  }

  /** Ends a task's process by a signal. */
  killTask(task: GuestTask, signal: number): void {
    this.life.exitGroup(task.group, signal);
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

  /** Lets the CPU run the task whose registers it has, until it comes back, and sees to why it did. */
  runCpu(task: GuestTask): void {
    const { kernel, cpu } = this;
    const before = cpu.instructions;
    kernel.run(task.process);
    const vector = cpu.run(kernel.mmu.cr3);
    const ns = (cpu.instructions - before) * NS_PER_INSTRUCTION;
    task.userNs += ns;
    if (task.process.ran(ns)) this.handle(task, vector);
  }

  /** A system call has given its result, or waits. */
  finishCall(task: GuestTask, result: CallResult): void {
    if (task.dead || task.process.ended !== null) return;
    if (result !== null && typeof result !== 'number') {
      task.sleep = result;
      return;
    }
    if (result !== null) this.cpu.setReg(REG.eax, result);
    this.tracer?.exit(task, this.cpu.reg(REG.eax) | 0);
  }

  /** Signals that the memory manager sent: for faults that it could not repair, or for want of memory. */
  takeFaultSignals(task: GuestTask): void {
    const { process } = task;
    let signal: PendingSignal | null;
    while (process.ended === null && (signal = process.takeSignal()) !== null) {
      this.registersOf(task);
      deliver(this, task, fromFault(signal.signo, signal.code, signal.addr), true);
      if (!task.dead) this.reload(task);
    }
    this.life.noticeDeaths();
  }

  private handle(task: GuestTask, vector: number): void {
    if (vector === VECTOR.systemCall) this.systemCall(task);
    else if (vector === VECTOR.pageFault) {
      this.pageFaults++;
      task.process.pageFault(this.cpu.cr2, this.cpu.errorCode, this.cpu.reg(REG.esp));
    } else if (vector === EXIT_PANIC) this.killTask(task, SIG.segv);
    else if (vector !== EXIT_SLICE && !(vector === VECTOR.generalProtection && this.emulate())) {
      this.registersOf(task);
      deliver(this, task, this.exceptionInfo(vector), true);
      if (!task.dead) this.reload(task);
    }
  }

  /** What a program is told of an exception. @linux 2.4.22 arch/i386/kernel/traps.c */
  private exceptionInfo(vector: number) {
    const signal = EXCEPTION_SIGNALS[vector] ?? SIG.segv;
    const code = EXCEPTION_CODES[vector];
    return code === undefined ? fromKernel(signal) : fromFault(signal, code, this.cpu.eip);
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
}

/** Where a system call's arguments are. */
const CALL_REGISTERS = [REG.ebx, REG.ecx, REG.edx, REG.esi, REG.edi, REG.ebp];
const ENOSYS = -38;

/** A wait status in words. */
export function endingOf(status: number): GuestEnding {
  return { code: (status >>> 8) & 0xff, signal: status & 0x7f };
}
