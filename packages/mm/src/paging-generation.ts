/**
 * What a generation of kernels puts into {@link Paging}: kinds of buffers and swap cache, and reclaim with its threads.
 */
import type { DaemonBody } from './daemons.ts';
import type { BufferCache, BufferCacheParts } from './page-cache/buffers/buffer-cache.ts';
import type { Paging, PagingParts } from './paging.ts';
import type { SwapAreas } from './swap/swap-areas.ts';
import type { SwapCache } from './swap/swap-cache.ts';

/** Reclaim, as paging uses it. */
export interface ReclaimMechanism {
  /** Gives the rooms below what they asked for. */
  plugIn(): void;
  /** The kernel threads by name. */
  readonly threads: Readonly<Record<string, DaemonBody>>;
  /** Frees pages for buffers, which cannot be made otherwise. @linux free_more_memory() */
  tryToFreePages(): void;
}

/** One generation. */
export interface PagingGeneration {
  newBuffers(parts: BufferCacheParts): BufferCache;
  newSwapCache(parts: {
    cache: PagingParts['vm']['pageCache'];
    buffers: BufferCache;
    areas: SwapAreas;
  }): SwapCache;
  newReclaim(paging: Paging, parts: PagingParts): ReclaimMechanism;
}
