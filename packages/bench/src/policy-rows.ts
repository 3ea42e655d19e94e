/** Rows about bare replacement policies: which page leaves, and nothing else. */
import { cpuNs } from './cpu-time.ts';
import type { SimulatedPeer } from './lib-cache-sim.ts';
import { Clock } from './policies/clock.ts';
import { Lru } from './policies/lru.ts';
import { writeTrace, zipfTrace } from './references.ts';
import { type Measurement, type Row, speed } from './row.ts';

/** Pages, frames and references of these rows; `host/replay.c` has the same. */
const ZIPF = { pages: 524288, frames: 131072, length: 5_000_000 } as const;
/** References in one call: V8 leaves the interpreter between calls. */
const SLICE = 50_000;

function policy(make: () => Lru | Clock): Measurement {
  const trace = zipfTrace(ZIPF.pages, ZIPF.length);
  let result: Measurement = { value: 0, missRatio: 0 };
  for (let round = 0; round < 2; round++) {
    const memory = make();
    const start = cpuNs();
    for (let at = 0; at < ZIPF.length; at += SLICE) memory.run(trace, at, at + SLICE);
    result = { value: (cpuNs() - start) / ZIPF.length, missRatio: memory.misses / ZIPF.length };
  }
  return result;
}

const POLICIES = [
  ['lru', 'bare LRU', () => new Lru(ZIPF.pages, ZIPF.frames)],
  ['clock', 'bare Clock', () => new Clock(ZIPF.pages, ZIPF.frames)],
] as const;

export const policyRows: readonly Row[] = POLICIES.flatMap(([name, what, make]): Row[] => [
  {
    name,
    what: `${what}, one reference, against C with objects`,
    peer: ['replay', name],
    goal: speed(1),
    run: () => policy(make),
  },
  {
    name: `${name}-cli`,
    what: `${what}, one reference, against libCacheSim's command`,
    peer: ['libCacheSim', `${name}-cli`],
    goal: speed(10),
    run: () => policy(make),
  },
]);

/** What libCacheSim simulates as these rows' peer. */
export const policyPeers: readonly SimulatedPeer[] = POLICIES.map(([name]) => ({
  row: `${name}-cli`,
  policy: name,
  frames: ZIPF.frames,
  trace: 'zipf',
  write: (path) => writeTrace(zipfTrace(ZIPF.pages, ZIPF.length), path),
}));
