/**
 * Who runs where: the CPUs of a machine, the task and the address space that each has, and which one's turn it is.
 *
 * The machine does one thing at a time. Of its CPUs one is *selected*: the accesses and system calls that come now are its
 * own, with its MMU and TLB, its slab arrays and its page-table quicklist. Selecting another one takes no time, as the CPUs
 * run side by side; a CPU that changes its task does take time.
 */
import { dropActiveMm } from './address-space/exit.ts';
import type { MmStruct } from './address-space/mm-struct.ts';
import type { Task } from './address-space/task.ts';
import type { Vm } from './address-space/vm.ts';
import type { Clock } from './hardware/clock.ts';
import { COST_NS } from './hardware/cost-model.ts';
import type { Mmu } from './hardware/mmu.ts';
import { Prng } from './hardware/prng.ts';
import { ConfigError, KernelBug } from './kernel-bug.ts';
import type { TlbFlushI386 } from './page-tables/tlb-flush.ts';

/** What scheduling works on. */
export interface CpusParts {
  readonly vm: Vm;
  readonly clock: Clock;
  readonly tlb: TlbFlushI386;
  /** One a CPU. */
  readonly mmus: readonly Mmu[];
  /** The task that each CPU runs when there is nothing to do, pid 0. @linux init_tasks */
  readonly idle: readonly Task[];
  /** Decides in which order the CPUs get their turns. */
  readonly seed: number;
  /** Called when another CPU is selected: what is kept a CPU follows. */
  readonly onSelect: (cpu: number) => void;
}

/**
 * The CPUs.
 *
 * ```
 *             selected
 *                |
 *   cpu 0      cpu 1        cpu 2              a CPU without work runs its idle task on the last address space,
 *   init     pid 9, mm B   idle, lazily on B   until a flush of it (leave_mm) or another task comes
 * ```
 * Linux keeps one run queue and lets any CPU take any task; here a task stays on the CPU that it was given when it was made,
 * and the caller says who goes on ({@link nextOf} chooses for those who do not care).
 *
 * @linux 2.4.22 kernel/sched.c schedule(); include/asm-i386/mmu_context.h
 */
export class Cpus {
  /** The selected CPU. @linux smp_processor_id() */
  cpu = 0;
  private readonly parts: CpusParts;
  private readonly vm: Vm;
  private readonly prng: Prng;
  // The task that each CPU runs.
  private readonly currents: Task[];
  // The address space that each CPU has loaded. @linux cpu_tlbstate[].active_mm
  private readonly loaded: MmStruct[];
  private nextProcessor = 0;
  // Per CPU the pid that had the last turn, see nextOf.
  private readonly lastTurn: Int32Array;
  // When the running task was charged for its time last, ns.
  /** Times that a CPU went from one task to another. @linux kstat.context_swtch */
  switches = 0;
  private chargedAt = 0;

  /** All CPUs run their idle task on the kernel's own address space, which is loaded already. */
  constructor(parts: CpusParts) {
    this.parts = parts;
    this.vm = parts.vm;
    this.prng = new Prng(parts.seed);
    this.currents = parts.idle.slice();
    this.loaded = parts.idle.map(() => parts.vm.initMm);
    this.lastTurn = new Int32Array(parts.idle.length);
    parts.idle.forEach((task, cpu) => {
      task.processor = cpu;
      task.activeMm = parts.vm.initMm;
      parts.vm.initMm.mmCount++;
      parts.vm.initMm.cpuVmMask |= 1 << cpu;
    });
    parts.tlb.onLeaveMm = (cpu) => {
      (this.loaded[cpu] as MmStruct).cpuVmMask &= ~(1 << cpu);
    };
  }

  /** CPUs of the machine. */
  get count(): number {
    return this.currents.length;
  }

  /** The idle tasks, by CPU. */
  get idle(): readonly Task[] {
    return this.parts.idle;
  }

  /** The task that a CPU runs. */
  currentOf(cpu: number): Task {
    return this.currents[cpu] as Task;
  }

  /** The address space that a CPU has, or had until it was told to leave it: see `mm.cpuVmMask`. */
  loadedMm(cpu: number): MmStruct {
    return this.loaded[cpu] as MmStruct;
  }

  /** Gives a new task its CPU: one after the other. */
  assign(task: Task): void {
    task.processor = this.nextProcessor;
    this.nextProcessor = (this.nextProcessor + 1) % this.count;
  }

  /** Goes on with a CPU where it stands. */
  select(cpu: number): void {
    if (cpu === this.cpu) return;
    const { vm } = this;
    if (cpu < 0 || cpu >= this.count) throw new RangeError(`cpu ${cpu}: there are ${this.count}`);
    vm.current.flags = vm.allocator.currentFlags;
    this.cpu = cpu;
    this.parts.tlb.cpu = cpu;
    vm.trace.cpu = cpu;
    this.parts.onSelect(cpu);
    this.enter(this.currents[cpu] as Task);
  }

  /** Goes on with a task, on its CPU, which switches to it if it runs another one. */
  run(task: Task): void {
    this.select(task.processor);
    if (task !== this.vm.current) this.switchTo(task);
    // exec may have given it another address space.
    else if (task.mm !== null) this.load(task.mm);
  }

  /**
   * Switches the selected CPU to a task. Of one without an address space of its own, it gets the kernel's.
   *
   * @linux 2.4.22 kernel/sched.c schedule()
   */
  switchTo(next: Task): void {
    if (next.dead) throw new ConfigError(`process ${next.pid} has ended`);
    const previous = this.leave(next);
    if (next.mm === null) {
      next.activeMm = this.vm.initMm;
      this.vm.initMm.mmCount++;
    }
    this.load(next.mm ?? this.vm.initMm);
    dropActiveMm(this.vm, previous);
  }

  /**
   * The selected CPU has nothing to do: its idle task borrows the address space that is loaded, and looks after the CPU's
   * page-table quicklist.
   *
   * @linux 2.4.22 kernel/sched.c schedule(); arch/i386/kernel/process.c cpu_idle()
   */
  goIdle(): void {
    const idle = this.parts.idle[this.cpu] as Task;
    if (this.vm.current === idle) return;
    const previous = this.leave(idle);
    const borrowed = previous.activeMm;
    if (borrowed === null) throw new KernelBug(`pid ${previous.pid} runs without an address space`);
    idle.activeMm = borrowed;
    borrowed.mmCount++;
    this.parts.tlb.enterLazyTlb(this.cpu);
    dropActiveMm(this.vm, previous);
    this.vm.pageTables.checkPgtCache();
  }

  /** Lets go of the address spaces of others on which CPUs idle, so that those of ended processes are freed. */
  quiesce(): void {
    const selected = this.cpu;
    for (let cpu = 0; cpu < this.count; cpu++) {
      const idle = this.parts.idle[cpu] as Task;
      if (this.currents[cpu] !== idle || idle.activeMm === this.vm.initMm) continue;
      this.select(cpu);
      this.vm.initMm.mmCount++;
      this.load(this.vm.initMm);
      dropActiveMm(this.vm, idle);
      idle.activeMm = this.vm.initMm;
    }
    this.select(selected);
  }

  /**
   * Whose turn it is: a CPU that the seed chooses among those with a task, and of its tasks the one after the last.
   * A task that sleeps in vfork has none. Null when there is none at all.
   */
  nextOf<T extends { readonly task: Task }>(candidates: Iterable<T>): T | null {
    const byCpu: T[][] = Array.from({ length: this.count }, () => []);
    for (const one of candidates) {
      const { dead, vforkChild, processor } = one.task;
      if (!dead && vforkChild === null) byCpu[processor]?.push(one);
    }
    const busy = byCpu.filter((queue) => queue.length > 0);
    if (busy.length === 0) return null;
    const queue = busy[busy.length === 1 ? 0 : this.prng.below(busy.length)] as T[];
    const cpu = (queue[0] as T).task.processor;
    const last = this.lastTurn[cpu] as number;
    const chosen = queue.find(({ task }) => task.pid > last) ?? (queue[0] as T);
    this.lastTurn[cpu] = chosen.task.pid;
    return chosen;
  }

  /** Recounts. Returns what is wrong, one sentence each. */
  check(tasks: readonly Task[]): string[] {
    const faults: string[] = [];
    for (let cpu = 0; cpu < this.count; cpu++) {
      const mm = this.loaded[cpu] as MmStruct;
      const { cr3 } = this.parts.mmus[cpu] as Mmu;
      const task = this.currents[cpu] as Task;
      if (task.activeMm !== mm)
        faults.push(`cpu ${cpu}: pid ${task.pid} runs on an address space that is not loaded`);
      const marked = ((mm.cpuVmMask >>> cpu) & 1) === 1;
      if (cr3 !== (marked ? mm.pgd : this.vm.pageTables.swapperPgDir)) {
        faults.push(`cpu ${cpu}: cr3 is ${cr3.toString(16)}, cpu_vm_mask says ${marked ? 'loaded' : 'left'}`);
      }
    }
    for (const mm of new Set(tasks.map(({ mm }) => mm))) {
      if (mm === null) continue;
      for (let cpu = 0; cpu < this.count; cpu++) {
        if (((mm.cpuVmMask >>> cpu) & 1) === 1 && this.loaded[cpu] !== mm) {
          faults.push(
            `cpu_vm_mask ${mm.cpuVmMask.toString(16)} names cpu ${cpu}, which runs on another address space`,
          );
        }
      }
    }
    return faults;
  }

  /** Counts the time since the last call as the running task's. @linux update_process_times() */
  charge(): void {
    const { now } = this.parts.clock;
    this.vm.current.cpuNs += now - this.chargedAt;
    this.chargedAt = now;
  }

  /** Takes the selected CPU from its task; returns that one. */
  private leave(next: Task): Task {
    const previous = this.vm.current;
    this.parts.clock.advance(COST_NS.contextSwitch);
    this.switches++;
    this.charge();
    previous.flags = this.vm.allocator.currentFlags;
    this.currents[this.cpu] = next;
    this.enter(next);
    return previous;
  }

  private enter(task: Task): void {
    this.vm.current = task;
    this.vm.trace.pid = task.pid;
    this.vm.allocator.currentFlags = task.flags;
  }

  /** Loads an address space on the selected CPU. @linux switch_mm() */
  private load(next: MmStruct): void {
    const bit = 1 << this.cpu;
    (this.loaded[this.cpu] as MmStruct).cpuVmMask &= ~bit;
    next.cpuVmMask |= bit;
    this.loaded[this.cpu] = next;
    this.parts.tlb.switchMm(this.cpu, next.pgd);
  }
}
