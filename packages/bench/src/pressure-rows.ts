/** Rows about the whole memory manager with less memory than it wants: faults, reclaim, swap; content-free, untraced. */
import { bootWithFrames, EventHub, Replay } from '@pagewalk/lab';
import type { MachineConfig } from '@pagewalk/mm';
import { cpuNs } from './cpu-time.ts';
import type { SimulatedPeer } from './lib-cache-sim.ts';
import { PAGE } from './machine.ts';
import { unpackRecording, writeRecording, writeTrace, zipfTrace } from './references.ts';
import { type Row, speed } from './row.ts';

/** Most frames of users and files that each recording has at a time, on a machine with all it wants (`pagewalk squeeze`). */
const PEAKS = { cc1: 7411, sort: 23160 } as const;
type Recording = keyof typeof PEAKS;

/** Pages of the made-up program: 256 MiB. */
const ZIPF_PAGES = 65536;
const ZIPF_REFERENCES = 2_000_000;
/** What a reference costs besides the memory manager, in virtual ns. */
const REFERENCE_NS = 20;
const RW = 3;
const FIXED_PRIVATE_ANON = 0x32;
const BASE = 0x10000000;

/** The pages that rows swap have no contents, and the disk is big enough. */
const SWAPPING = { contentFree: true, swap: [{ size: 2 ** 30 }] };

/** Replays before the first that is measured: the reclaim of so small programs is warm only after several. */
const WARM_UP = 8;
const MEASURED = 5;

/**
 * CPU time of one recorded reference: decoding, system calls, TLB, walk, faults, reclaim. Each replay has a machine of its own.
 * The blocks of the recording are unpacked before, as the references are that libCacheSim reads.
 */
async function recorded(name: Recording, share: number): Promise<number> {
  const recording = await unpackRecording(name);
  const config: MachineConfig = { memory: 2 ** 28, ...SWAPPING };
  const perReference: number[] = [];
  for (let round = 0; round < WARM_UP + MEASURED; round++) {
    const kernel = bootWithFrames(config, framesOf(name, share));
    const start = cpuNs();
    const replay = new Replay(kernel, recording.read(), new EventHub(kernel.trace));
    // The hub switches events on; faults by class are not asked for here.
    kernel.trace.on = false;
    while (replay.step(1_000_000));
    if (round >= WARM_UP) perReference.push((cpuNs() - start) / replay.references);
    const { stopped } = replay.report();
    if (stopped !== null) throw new Error(`bench: ${name} at ${share} %: ${stopped.message}`);
  }
  return perReference.sort((a, b) => a - b)[MEASURED >> 1] as number;
}

/**
 * CPU time of one reference to a page drawn by Zipf, a quarter of them writes. The second half is measured. A fault reads one
 * page, not eight: neighbours on swap are no neighbours of such a program, and a bare policy reads none.
 */
function zipf(share: number): number {
  const trace = zipfTrace(ZIPF_PAGES, ZIPF_REFERENCES);
  const kernel = bootWithFrames(
    { memory: 2 ** 29, sysctl: { 'vm.page-cluster': '0' }, ...SWAPPING },
    (ZIPF_PAGES * share) / 100,
  );
  const process = kernel.spawn('bench');
  process.mmap2(BASE, ZIPF_PAGES * PAGE, RW, FIXED_PRIVATE_ANON, -1, 0);
  const { clock, paging } = kernel;
  const run = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      clock.advance(REFERENCE_NS);
      if (paging.events.nextDue <= clock.now) paging.catchUp();
      if (!process.touch(BASE + (trace[i] as number) * PAGE, (i & 3) === 0)) {
        throw new Error(`bench: reference ${i} got a signal`);
      }
    }
  };
  for (let page = 0; page < ZIPF_PAGES; page++) process.touch(BASE + page * PAGE, true);
  const slice = ZIPF_REFERENCES / 100;
  let start = 0;
  for (let at = 0; at < ZIPF_REFERENCES; at += slice) {
    if (at === ZIPF_REFERENCES / 2) start = cpuNs();
    run(at, at + slice);
  }
  return (cpuNs() - start) / (ZIPF_REFERENCES / 2);
}

function framesOf(name: Recording, share: number): number {
  return Math.round((PEAKS[name] * share) / 100);
}

const SHARES = [50, 25] as const;

export const pressureRows: readonly Row[] = [
  ...(['cc1', 'sort'] as const).flatMap((name) =>
    SHARES.map(
      (share): Row => ({
        name: `pressure-${name}-${share}`,
        what: `replay of ${name}.pwt in ${share} % of its peak, per recorded reference`,
        peer: ['libCacheSim', `pressure-${name}-${share}`],
        goal: speed(1.5),
        run: () => recorded(name, share),
      }),
    ),
  ),
  ...SHARES.map(
    (share): Row => ({
      name: `pressure-zipf-${share}`,
      what: `Zipf over ${ZIPF_PAGES} pages in ${share} % of them, per reference`,
      peer: ['libCacheSim', `pressure-zipf-${share}`],
      goal: speed(1.5),
      run: () => zipf(share),
    }),
  ),
];

/** What libCacheSim simulates as these rows' peer: which references, and how many pages fit into memory. */
export const pressurePeers: readonly SimulatedPeer[] = SHARES.flatMap((share): SimulatedPeer[] => [
  ...(['cc1', 'sort'] as const).map(
    (name): SimulatedPeer => ({
      row: `pressure-${name}-${share}`,
      policy: 'clock',
      frames: framesOf(name, share),
      trace: name,
      write: (path) => writeRecording(name, path),
    }),
  ),
  {
    row: `pressure-zipf-${share}`,
    policy: 'clock',
    frames: (ZIPF_PAGES * share) / 100,
    trace: 'small-zipf',
    write: (path) => writeTrace(zipfTrace(ZIPF_PAGES, ZIPF_REFERENCES), path),
  },
]);
