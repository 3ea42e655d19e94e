/**
 * The patterns of accesses. Each is a generator that yields when its runner is due to pause, so that whoever runs it can show progress;
 * the order of the accesses and of the numbers drawn is that of the recorded program.
 */

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
export type PatternRun = Generator<void, void, void>;

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
      return seq(map(a), b);
    case 'zipf':
      return scattered(map(a), random, b, c, () => random.zipf(a), hooks);
    case 'unif':
      return scattered(map(a), random, b, c, () => random.below(a), hooks);
    case 'shift':
      return shift(map(a), random, b, c, d, e);
    case 'filehot':
    case 'readhot': {
      const scan = new FileScan(runner, spec.path, a, spec.pattern === 'filehot');
      return hot(scan, map(b), c, d);
    }
    case 'forkcow':
      return forkcow(runner, map(a), random, b, c, d, hooks);
    case 'wsloop':
      return wsloop(map(a), map(b), c);
  }
}

/** Writes all pages in order, several times. */
function* seq(memory: PatternMemory, passes: number): PatternRun {
  const { pages } = memory;
  for (let pass = 0; pass < passes; pass++) {
    for (let i = 0; i < pages; i++) {
      memory.write(i, pass * pages + i);
      if (memory.runner.due) yield;
    }
  }
}

/** Writes all pages once, then reads and writes pages that `choose` draws. */
function* scattered(
  memory: PatternMemory,
  random: Splitmix32,
  accesses: number,
  writePercent: number,
  choose: () => number,
  hooks: PatternHooks,
): PatternRun {
  yield* seq(memory, 1);
  hooks.populated();
  for (let i = 0; i < accesses; i++) {
    const page = choose();
    if (random.below(100) < writePercent) memory.write(page, i);
    else memory.read(page);
    if (memory.runner.due) yield;
  }
}

/** A hot window moves through a region by half its size each phase. */
function* shift(
  memory: PatternMemory,
  random: Splitmix32,
  window: number,
  phases: number,
  accesses: number,
  writePercent: number,
): PatternRun {
  for (let phase = 0; phase < phases; phase++) {
    const base = phase * Math.floor(window / 2);
    for (let i = 0; i < accesses; i++) {
      const page = (base + random.below(window)) % memory.pages;
      if (random.below(100) < writePercent) memory.write(page, i);
      else memory.read(page);
      if (memory.runner.due) yield;
    }
  }
}

/** A file is scanned; after each batch of its pages, as many hot pages are written, round robin. */
function* hot(scan: FileScan, memory: PatternMemory, loops: number, batch: number): PatternRun {
  yield* seq(memory, 1);
  let next = 0;
  for (let loop = 0; loop < loops; loop++) {
    for (let i = 0; i < scan.pages; i++) {
      scan.access(i);
      if (memory.runner.due) yield;
      if ((i + 1) % batch === 0) {
        for (let k = 0; k < batch; k++) {
          memory.write(next, i);
          if (++next === memory.pages) next = 0;
          if (memory.runner.due) yield;
        }
      }
    }
  }
}

/** A parent populates memory; in each round a child writes and reads it all, then the parent writes some. */
function* forkcow(
  runner: Runner,
  memory: PatternMemory,
  random: Splitmix32,
  rounds: number,
  childPercent: number,
  parentPercent: number,
  hooks: PatternHooks,
): PatternRun {
  const { pages } = memory;
  yield* seq(memory, 1);
  const parent = runner.process;
  for (let round = 0; round < rounds; round++) {
    const saved = random.state;
    const counted = { accesses: runner.accesses, writes: runner.writes };
    touchCall(parent, 'fork');
    const child = parent.fork();
    if (typeof child === 'number') throw new ForkRefused(child);
    const contents = memory.save();
    runner.switchTo(child);
    touchCall(child, 'fork');
    for (let i = 0; i < Math.floor((pages * childPercent) / 100); i++) {
      memory.write(random.below(pages), i);
      if (runner.due) yield;
    }
    for (let i = 0; i < pages; i++) {
      memory.read(i);
      if (runner.due) yield;
    }
    touchCall(child, 'exit');
    child.exit(0);
    hooks.childEnded(child.minFlt, child.majFlt);
    memory.restore(contents);
    // What the child counted ended with it.
    Object.assign(runner, counted);
    runner.switchTo(parent);
    touchCall(parent, 'wait');
    random.state = (saved ^ 0xabcdef01) >>> 0;
    for (let i = 0; i < Math.floor((pages * parentPercent) / 100); i++) {
      memory.write(random.below(pages), i);
      if (runner.due) yield;
    }
  }
}

/** A hot set is written four times, then a large cold one is read once, again and again. */
function* wsloop(hotSet: PatternMemory, cold: PatternMemory, loops: number): PatternRun {
  yield* seq(cold, 1);
  for (let loop = 0; loop < loops; loop++) {
    for (let k = 0; k < 4; k++) {
      for (let i = 0; i < hotSet.pages; i++) {
        hotSet.write(i, loop);
        if (hotSet.runner.due) yield;
      }
    }
    for (let i = 0; i < cold.pages; i++) {
      cold.read(i);
      if (hotSet.runner.due) yield;
    }
  }
}
