import { type BlockRules, quarterBatch } from '../block/block-rules.ts';
import type { BounceRules } from '../block/bounce.ts';
import type { OomRules } from '../oom/oom-killer.ts';
import { GFP_NOHIGHIO, GFP_NOIO } from '../page-allocator/gfp.ts';
import type { SwapSlotRules } from '../swap/swap-areas.ts';

/** How the block layer of a release differs from the others'. */
export function blockRules(release: string): BlockRules {
  if (release === '2.4.20') {
    return {
      readLatency: 2048,
      writeLatency: 8192,
      seekCost: 16,
      requestsSmall: 64,
      requests: 128,
      smallBelowMegs: 32,
      sharedRequests: false,
      readsSteal: false,
      batch: quarterBatch,
      maxSectors: 128,
    };
  }
  if (release === '2.4.0') {
    return {
      readLatency: 1_000_000,
      writeLatency: 2_000_000,
      seekCost: 1,
      requestsSmall: 256,
      requests: 256,
      smallBelowMegs: 0,
      sharedRequests: false,
      readsSteal: true,
      batch: () => 1,
      maxSectors: 128,
    };
  }
  return {
    readLatency: 128,
    writeLatency: 512,
    seekCost: 1,
    requestsSmall: 512,
    requests: 1024,
    smallBelowMegs: 30,
    sharedRequests: true,
    readsSteal: false,
    batch: quarterBatch,
    maxSectors: 128,
  };
}

/** The same for bounce buffers. */
export function bounceRules(release: string): BounceRules {
  if (release === '2.4.0') return { lowOnly: true, pool: false, gfp: GFP_NOIO };
  return { lowOnly: false, pool: true, gfp: GFP_NOHIGHIO };
}

/** The same for swap slots. */
export function swapSlotRules(release: string): SwapSlotRules {
  const old = release === '2.4.0';
  return { maxSwapfiles: old ? 8 : 32, normalizesBounds: !old };
}

/** The same for the OOM killer. */
export function oomRules(release: string): OomRules {
  return { sparesDying: release === '2.4.22', killsSharers: release !== '2.4.0' };
}

/**
 * How many pages are read together, as a power of two, on a machine of `frames` page frames.
 *
 * @linux 2.4.22, 2.4.0 mm/swap.c swap_setup()
 */
export function pageCluster(release: string, frames: number): number {
  if (frames < 16 * 256) return 2;
  return release === '2.4.0' && frames >= 32 * 256 ? 4 : 3;
}
