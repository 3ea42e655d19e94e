/**
 * The patterns of accesses. Each makes one access at a time, and what it has come to lies in its fields; the order of the accesses
 * and of the numbers drawn is that of the recorded program.
 */

import type { Process } from '@pagewalk/mm';
import type { WorkloadSpec } from './arguments.ts';
import { FileScan } from './file-scan.ts';
import { ForkRefused } from './fork-refused.ts';
import { PatternMemory, type Runner } from './pattern-memory.ts';
import { touchCall } from './program.ts';
import { Splitmix32 } from './splitmix32.ts';

/** What a pattern tells besides its accesses. */
export interface PatternHooks {
  /** All pages were written for the first time. */
  populated(): void;
  /** A child has ended; its faults. */
  childEnded(minor: number, major: number): void;
  /** Memory that the pattern maps, to be compared in the end. */
  mapped(memory: PatternMemory): void;
}

/** A pattern under way. */
export interface PatternRun {
  /** Makes the next access, with what comes before it. False: there is none. */
  next(): boolean;
}

/** The accesses of a workload. */
export function runPattern(runner: Runner, spec: WorkloadSpec, hooks: PatternHooks): PatternRun {
  const { numbers, seed } = spec;
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = numbers;
  const random = new Splitmix32(seed);
  const map = (pages: number): PatternMemory => {
    const memory = new PatternMemory(runner, pages);
    hooks.mapped(memory);
    return memory;
  };
  switch (spec.pattern) {
    case 'seq':
      return new Sweeps(map(a), b);
    case 'zipf':
      return new Scattered(map(a), random, b, c, true, hooks);
    case 'unif':
      return new Scattered(map(a), random, b, c, false, hooks);
    case 'shift':
      return new Shift(map(a), random, b, c, d, e);
    case 'filehot':
    case 'readhot': {
      const scan = new FileScan(runner, spec.path, a, spec.pattern === 'filehot');
      return new Hot(scan, map(b), c, d);
    }
    case 'forkcow':
      return new ForkCow(runner, map(a), random, b, c, d, hooks);
    case 'wsloop': {
      const hot = map(a);
      return new WorkingSetLoop(hot, map(b), c);
    }
  }
}

/** Writes all pages in order, several times. */
class Sweeps implements PatternRun {
  private readonly memory: PatternMemory;
  private readonly passes: number;
  private pass = 0;
  private i = 0;

  constructor(memory: PatternMemory, passes: number) {
    this.memory = memory;
    this.passes = passes;
  }

  next(): boolean {
    const { memory } = this;
    if (this.i === memory.pages) {
      this.i = 0;
      this.pass++;
    }
    if (this.pass >= this.passes) return false;
    memory.write(this.i, this.pass * memory.pages + this.i);
    this.i++;
    return true;
  }
}

/** Writes all pages once, then reads and writes pages that are drawn. */
class Scattered implements PatternRun {
  private readonly memory: PatternMemory;
  private readonly random: Splitmix32;
  private readonly accesses: number;
  private readonly writePercent: number;
  private readonly zipf: boolean;
  private readonly hooks: PatternHooks;
  private populating: Sweeps | null;
  private i = 0;

  constructor(
    memory: PatternMemory,
    random: Splitmix32,
    accesses: number,
    writePercent: number,
    zipf: boolean,
    hooks: PatternHooks,
  ) {
    this.memory = memory;
    this.random = random;
    this.accesses = accesses;
    this.writePercent = writePercent;
    this.zipf = zipf;
    this.hooks = hooks;
    this.populating = new Sweeps(memory, 1);
  }

  next(): boolean {
    const { memory, random } = this;
    if (this.populating !== null) {
      if (this.populating.next()) return true;
      this.populating = null;
      this.hooks.populated();
    }
    if (this.i === this.accesses) return false;
    const page = this.zipf ? random.zipf(memory.pages) : random.below(memory.pages);
    if (random.below(100) < this.writePercent) memory.write(page, this.i);
    else memory.read(page);
    this.i++;
    return true;
  }
}

/** A hot window moves through a region by half its size each phase. */
class Shift implements PatternRun {
  private readonly memory: PatternMemory;
  private readonly random: Splitmix32;
  private readonly window: number;
  private readonly phases: number;
  private readonly accesses: number;
  private readonly writePercent: number;
  private phase = 0;
  private i = 0;

  constructor(
    memory: PatternMemory,
    random: Splitmix32,
    window: number,
    phases: number,
    accesses: number,
    writePercent: number,
  ) {
    this.memory = memory;
    this.random = random;
    this.window = window;
    this.phases = phases;
    this.accesses = accesses;
    this.writePercent = writePercent;
  }

  next(): boolean {
    const { memory, random, window } = this;
    if (this.accesses === 0) return false;
    if (this.i === this.accesses) {
      this.i = 0;
      this.phase++;
    }
    if (this.phase >= this.phases) return false;
    const base = this.phase * Math.floor(window / 2);
    const page = (base + random.below(window)) % memory.pages;
    if (random.below(100) < this.writePercent) memory.write(page, this.i);
    else memory.read(page);
    this.i++;
    return true;
  }
}

/** A file is scanned; after each batch of its pages, as many hot pages are written, round robin. */
class Hot implements PatternRun {
  private readonly scan: FileScan;
  private readonly memory: PatternMemory;
  private readonly loops: number;
  private readonly batch: number;
  private readonly populating: Sweeps;
  private loop = 0;
  private i = 0;
  // Hot pages that are still to be written before the scan goes on, and the next of them.
  private due = 0;
  private hot = 0;

  constructor(scan: FileScan, memory: PatternMemory, loops: number, batch: number) {
    this.scan = scan;
    this.memory = memory;
    this.loops = loops;
    this.batch = batch;
    this.populating = new Sweeps(memory, 1);
  }

  next(): boolean {
    const { scan, memory } = this;
    if (this.populating.next()) return true;
    if (this.due > 0) {
      this.due--;
      memory.write(this.hot, this.i - 1);
      if (++this.hot === memory.pages) this.hot = 0;
      return true;
    }
    if (this.i === scan.pages) {
      this.i = 0;
      this.loop++;
    }
    if (this.loop >= this.loops) return false;
    scan.access(this.i);
    this.i++;
    if (this.i % this.batch === 0) this.due = this.batch;
    return true;
  }
}

/** A parent populates memory; in each round a child writes and reads it all, then the parent writes some. */
class ForkCow implements PatternRun {
  private readonly runner: Runner;
  private readonly memory: PatternMemory;
  private readonly random: Splitmix32;
  private readonly rounds: number;
  private readonly childWrites: number;
  private readonly parentWrites: number;
  private readonly hooks: PatternHooks;
  private readonly parent: Process;
  private readonly populating: Sweeps;
  private stage: 'fork' | 'child-writes' | 'child-reads' | 'parent-writes' = 'fork';
  private round = 0;
  private i = 0;
  private child: Process | null = null;
  // What the parent has when it forks.
  private saved = 0;
  private counted = { accesses: 0, writes: 0 };
  private contents: Uint32Array = new Uint32Array(0);

  constructor(
    runner: Runner,
    memory: PatternMemory,
    random: Splitmix32,
    rounds: number,
    childPercent: number,
    parentPercent: number,
    hooks: PatternHooks,
  ) {
    this.runner = runner;
    this.memory = memory;
    this.random = random;
    this.rounds = rounds;
    this.childWrites = Math.floor((memory.pages * childPercent) / 100);
    this.parentWrites = Math.floor((memory.pages * parentPercent) / 100);
    this.hooks = hooks;
    this.parent = runner.process;
    this.populating = new Sweeps(memory, 1);
  }

  next(): boolean {
    const { memory, random } = this;
    if (this.populating.next()) return true;
    for (;;) {
      switch (this.stage) {
        case 'fork':
          if (this.round === this.rounds) return false;
          this.fork();
          this.enter('child-writes');
          break;
        case 'child-writes':
          if (this.i < this.childWrites) {
            memory.write(random.below(memory.pages), this.i++);
            return true;
          }
          this.enter('child-reads');
          break;
        case 'child-reads':
          if (this.i < memory.pages) {
            memory.read(this.i++);
            return true;
          }
          this.endChild();
          this.enter('parent-writes');
          break;
        case 'parent-writes':
          if (this.i < this.parentWrites) {
            memory.write(random.below(memory.pages), this.i++);
            return true;
          }
          this.round++;
          this.enter('fork');
          break;
      }
    }
  }

  private enter(stage: ForkCow['stage']): void {
    this.stage = stage;
    this.i = 0;
  }

  private fork(): void {
    const { runner, parent, memory } = this;
    this.saved = this.random.state;
    this.counted = { accesses: runner.accesses, writes: runner.writes };
    touchCall(parent, 'fork');
    const child = parent.fork();
    if (typeof child === 'number') throw new ForkRefused(child);
    this.child = child;
    this.contents = memory.save();
    runner.switchTo(child);
    touchCall(child, 'fork');
  }

  private endChild(): void {
    const { runner, parent, memory, random } = this;
    const child = this.child as Process;
    touchCall(child, 'exit');
    child.exit(0);
    this.hooks.childEnded(child.minFlt, child.majFlt);
    memory.restore(this.contents);
    // What the child counted ended with it.
    Object.assign(runner, this.counted);
    runner.switchTo(parent);
    touchCall(parent, 'wait');
    random.state = (this.saved ^ 0xabcdef01) >>> 0;
  }
}

/** Times that the hot set is written in a loop. */
const HOT_PASSES = 4;

/** A hot set is written four times, then a large cold one is read once, again and again. */
class WorkingSetLoop implements PatternRun {
  private readonly hot: PatternMemory;
  private readonly cold: PatternMemory;
  private readonly loops: number;
  private readonly populating: Sweeps;
  private loop = 0;
  private i = 0;

  constructor(hot: PatternMemory, cold: PatternMemory, loops: number) {
    this.hot = hot;
    this.cold = cold;
    this.loops = loops;
    this.populating = new Sweeps(cold, 1);
  }

  next(): boolean {
    const { hot, cold } = this;
    if (this.populating.next()) return true;
    const writes = HOT_PASSES * hot.pages;
    if (this.i === writes + cold.pages) {
      this.i = 0;
      this.loop++;
    }
    if (this.loop >= this.loops) return false;
    if (this.i < writes) hot.write(this.i % hot.pages, this.loop);
    else cold.read(this.i - writes);
    this.i++;
    return true;
  }
}
