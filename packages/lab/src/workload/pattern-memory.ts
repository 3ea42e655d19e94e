import { access, type Kernel, type Process } from '@pagewalk/mm';
import { ContentError } from '../replay/replay-error.ts';
import { touchOwnPages } from './program.ts';

const PAGE = 4096;
/** What one turn of the inner loop costs apart from the memory manager, in virtual ns. */
const TURN_NS = 20;
/** The second store of a write holds the value times this, half a page behind the first. */
const SPREAD = 2654435761;

/** A process got a signal instead of a page, or was killed. */
export class Killed extends Error {
  override readonly name = 'Killed';
  readonly signo: number;

  constructor(pid: number, signo: number) {
    super(`process ${pid} was killed by signal ${signo}`);
    this.signo = signo;
  }
}

/** The program that runs: it makes accesses, and counts them. */
export class Runner {
  readonly kernel: Kernel;
  process: Process;
  /** Accesses of the parent, as the recorded program counts them. */
  accesses = 0;
  writes = 0;
  /** Accesses of all processes; while one is made, those before it. */
  turns = 0;

  constructor(kernel: Kernel, process: Process) {
    this.kernel = kernel;
    this.process = process;
  }

  /** Another process's turn: a child's, or the parent's again. */
  switchTo(process: Process): void {
    this.process = process;
    this.kernel.run(process);
  }

  /** One turn of the inner loop begins: time passes, interrupts come, the program's own pages are used. */
  turn(): void {
    const { kernel } = this;
    kernel.clock.advance(TURN_NS);
    if (kernel.paging.events.nextDue <= kernel.clock.now) kernel.paging.catchUp();
    if (this.process.ended !== null || !touchOwnPages(this.process)) this.killed();
  }

  /** The access got no page. @throws Killed */
  killed(): never {
    const { process } = this;
    throw new Killed(process.pid, process.ended?.signal ?? process.takeSignal()?.signo ?? 9);
  }
}

/** Anonymous memory of a pattern, with what must be in it: a value for each page. */
export class PatternMemory {
  readonly address: number;
  readonly pages: number;
  private readonly runner: Runner;
  private values: Uint32Array;

  /** @throws Killed when the mapping is refused */
  constructor(runner: Runner, pages: number) {
    this.runner = runner;
    this.pages = pages;
    this.values = new Uint32Array(pages);
    const address = runner.process.mmap2(0, pages * PAGE, 3, 0x22, -1, 0);
    if (address < 0) throw new MappingRefused(pages, address);
    this.address = address;
  }

  /** Stores `value` at the begin of a page, and a product of it in the middle. */
  write(page: number, value: number): void {
    const { runner, address } = this;
    const { kernel } = runner;
    runner.turn();
    const at = (address + page * PAGE) >>> 0;
    if (!access.store32(kernel.vm, kernel.mmu, at, value | 0)) runner.killed();
    if (!access.store32(kernel.vm, kernel.mmu, at + 2048, Math.imul(value, SPREAD))) runner.killed();
    this.values[page] = value;
    runner.accesses++;
    runner.writes++;
    runner.turns++;
  }

  /** Loads the first byte of a page. @throws ContentError when it is not what was stored there last */
  read(page: number): void {
    const { runner } = this;
    const { kernel } = runner;
    runner.turn();
    const at = (this.address + page * PAGE) >>> 0;
    const byte = access.load8(kernel.vm, kernel.mmu, at);
    if (byte < 0) runner.killed();
    this.expect(page, 0, byte, (this.values[page] as number) & 255);
    runner.accesses++;
    runner.turns++;
  }

  /** Compares both words of every page with what was stored there. Returns bytes compared. */
  verify(): number {
    const { kernel } = this.runner;
    for (let page = 0; page < this.pages; page++) {
      const value = this.values[page] as number;
      for (const [offset, wanted] of [
        [0, value],
        [2048, Math.imul(value, SPREAD) >>> 0],
      ] as const) {
        const word = access.load32(kernel.vm, kernel.mmu, (this.address + page * PAGE + offset) >>> 0);
        if (word < 0) this.runner.killed();
        this.expect(page, offset, word, wanted);
      }
    }
    return this.pages * 8;
  }

  /** A child begins with a copy of what its parent has, which {@link restore} brings back for the parent. */
  save(): Uint32Array {
    return this.values.slice();
  }

  restore(values: Uint32Array): void {
    this.values = values;
  }

  private expect(page: number, offset: number, found: number, wanted: number): void {
    if (found === wanted) return;
    throw new ContentError(`page ${page} holds ${found} at ${offset}, but ${wanted} was stored there`);
  }
}

/** The kernel refused to map or to fork. */
export class MappingRefused extends Error {
  override readonly name = 'MappingRefused';
  readonly error: number;

  constructor(pages: number, error: number) {
    super(`mmap of ${pages} pages`);
    this.error = error;
  }
}
