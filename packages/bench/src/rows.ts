/** All rows of the bench, in the order in which they are run and printed. */
import { allocatorRows } from './allocator-rows.ts';
import { guestRows } from './guest-rows.ts';
import { hardwareRows } from './hardware-rows.ts';
import type { SimulatedPeer } from './lib-cache-sim.ts';
import { policyPeers, policyRows } from './policy-rows.ts';
import { pressurePeers, pressureRows } from './pressure-rows.ts';
import { processRows } from './process-rows.ts';
import { replayRows } from './replay-rows.ts';
import type { Row } from './row.ts';
import { scaleRows } from './scale-rows.ts';

export const rows: readonly Row[] = [
  ...processRows,
  ...allocatorRows,
  ...hardwareRows,
  ...replayRows,
  ...guestRows,
  ...pressureRows,
  ...policyRows,
  ...scaleRows,
];

/** What libCacheSim simulates as a peer, for the rows that have it. */
export const simulatedPeers: readonly SimulatedPeer[] = [...pressurePeers, ...policyPeers];
