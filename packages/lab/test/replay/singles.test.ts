import { readFileSync } from 'node:fs';
import type { MachineConfig } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { bootWithFrames, EventHub, Replay, type ReplayOptions, traceFromBytes } from '../../src/index.ts';

const PIPELINE = readFileSync(new URL('../../recordings/pipeline.pwt', import.meta.url));
const MACHINE: MachineConfig = { memory: 2 ** 26, contentFree: true };

/** Replays in so many frames; what happened, in numbers. */
function outcome(config: MachineConfig, frames: number, options: ReplayOptions, step: number) {
  const kernel = bootWithFrames(config, frames);
  const replay = new Replay(kernel, traceFromBytes(PIPELINE), new EventHub(kernel.trace), options);
  // How many references were made when the event came.
  let when = 0;
  let events = 0;
  kernel.trace.listen(() => {
    when = (Math.imul(when, 31) + replay.references) | 0;
    events++;
  });
  while (replay.step(step));
  kernel.checkInvariants();
  return { report: replay.report(), hash: kernel.trace.hash, state: kernel.stateHash(), when, events };
}

describe('references that are made in a row do what single events do', () => {
  it.each([
    ['with a swap disk', { ...MACHINE, swap: [{ size: 2 ** 26 }] }, 300],
    ['until memory runs out', MACHINE, 150],
  ])('%s', (_, config, frames) => {
    const inRows = outcome(config, frames, {}, 1_000_000);
    expect(inRows.events).toBeGreaterThan(1000);
    expect(inRows.report.stopped === null).toBe('swap' in config);
    const oneByOne = outcome(config, frames, { afterEvent: () => {} }, 1_000_000);
    expect(inRows).toEqual(oneByOne);
    expect(outcome(config, frames, {}, 7)).toEqual(oneByOne);
  });
});
