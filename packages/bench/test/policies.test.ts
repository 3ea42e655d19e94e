import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Clock } from '../src/policies/clock.ts';
import { Lru } from '../src/policies/lru.ts';
import { zipfTrace } from '../src/references.ts';

/** Policies as they are told: a queue whose last page leaves. */
class Queue {
  misses = 0;
  private readonly queue: { page: number; used: boolean }[] = [];
  private readonly clock: boolean;
  private readonly frames: number;

  constructor(clock: boolean, frames: number) {
    this.clock = clock;
    this.frames = frames;
  }

  reference(page: number): void {
    const at = this.queue.findIndex((entry) => entry.page === page);
    if (at !== -1) {
      const entry = this.queue[at] as { page: number; used: boolean };
      entry.used = true;
      if (!this.clock) this.queue.unshift(...this.queue.splice(at, 1));
      return;
    }
    this.misses++;
    while (this.queue.length === this.frames) {
      const last = this.queue.pop() as { page: number; used: boolean };
      if (!this.clock || !last.used) break;
      this.queue.unshift({ page: last.page, used: false });
    }
    this.queue.unshift({ page, used: false });
  }
}

const PAGES = 24;
const POLICIES = [
  ['lru', Lru, false],
  ['clock', Clock, true],
] as const;

describe.each(POLICIES)('%s', (_, Policy, isClock) => {
  it('keeps the pages that a queue keeps', () => {
    const references = fc.array(fc.nat(PAGES - 1), { maxLength: 300 });
    fc.assert(
      fc.property(references, fc.integer({ min: 1, max: PAGES + 2 }), (pages, frames) => {
        const policy = new Policy(PAGES, frames);
        const queue = new Queue(isClock, frames);
        const trace = Int32Array.from(pages);
        for (let i = 0; i < trace.length; i++) {
          policy.run(trace, i, i + 1);
          queue.reference(trace[i] as number);
          expect(policy.misses).toBe(queue.misses);
        }
        expect(policy.used).toBe(Math.min(frames, new Set(pages).size));
      }),
    );
  });

  it('does the same in one call as in many', () => {
    const trace = zipfTrace(256, 3000);
    const whole = new Policy(256, 40);
    whole.run(trace, 0, trace.length);
    const pieces = new Policy(256, 40);
    for (let at = 0; at < trace.length; at += 100) pieces.run(trace, at, at + 100);
    expect(pieces.misses).toBe(whole.misses);
  });
});

it('LRU of n frames misses all of a loop over n + 1 pages, and nothing but the first turn of one over n', () => {
  const loop = Int32Array.from({ length: 60 }, (_, i) => i % 6);
  const short = new Lru(6, 5);
  short.run(loop, 0, 60);
  const enough = new Lru(6, 6);
  enough.run(loop, 0, 60);
  expect([short.misses, enough.misses]).toEqual([60, 6]);
});

describe('against host/replay.c', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-bench-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'replay');
  const source = fileURLToPath(new URL('../host/replay.c', import.meta.url));
  let compiled = process.platform === 'linux';
  try {
    if (compiled) execFileSync('gcc', ['-O2', source, '-o', program], { stdio: 'pipe' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    compiled = false;
  }

  it.runIf(compiled).each([
    [64, 1, 2000],
    [64, 16, 5000],
    [1024, 100, 20_000],
    [4096, 4096, 20_000],
  ])('%i pages, %i frames, %i references: equally many misses', (pages, frames, count) => {
    const trace = zipfTrace(pages, count);
    for (const [name, Policy] of POLICIES) {
      const policy = new Policy(pages, frames);
      policy.run(trace, 0, count);
      const output = execFileSync(program, [name, String(pages), String(frames), String(count)], {
        encoding: 'utf8',
      });
      expect(Math.round(Number(output.split(' ')[1]) * count)).toBe(policy.misses);
    }
  });
});
