/** Paging with an active and an inactive list: 2.4.20, 2.4.22. */
import { GFP_NOIO } from './page-allocator/gfp.ts';
import { BufferCache } from './page-cache/buffers/buffer-cache.ts';
import { bdflushRound, syncOldBuffers } from './page-cache/buffers/flush.ts';
import type { PagingGeneration } from './paging-generation.ts';
import { Kswapd } from './reclaim/kswapd.ts';
import { TwoListReclaim } from './reclaim/two-list/two-list-reclaim.ts';
import { SwapCache } from './swap/swap-cache.ts';

export const TWO_LIST_PAGING: PagingGeneration = {
  newBuffers: (parts) => new BufferCache(parts),
  newSwapCache: (parts) => new SwapCache(parts),
  newReclaim: (paging, { vm, slab, clock }) => {
    const { buffers } = paging;
    const reclaim = new TwoListReclaim({
      vm,
      swap: paging.swapCache,
      buffers,
      slab,
      ports: { ...paging.shrinkers, outOfMemory: () => paging.oom.outOfMemory() },
    });
    const kswapd = new Kswapd(vm.allocator, () => clock.now, {
      rounds: (zone, gfp) => reclaim.rounds(zone, gfp),
      ...paging.waitPorts,
    });
    return {
      plugIn() {
        const { allocator } = vm;
        allocator.ports = {
          ...allocator.ports,
          tryToFreePagesZone: (zone, gfp) => reclaim.tryToFreePagesZone(zone, gfp),
          wakeupKswapd: () => paging.wake('kswapd'),
          yieldAndRetry: (_gfp, _order, attempt) => paging.yieldUnlessHopeless(attempt),
        };
      },
      threads: {
        kswapd: (first) => kswapd.body(first),
        bdflush(first) {
          if (!first) while (!bdflushRound(buffers));
          return Number.POSITIVE_INFINITY;
        },
        kupdated: (first) => paging.kupdated(() => syncOldBuffers(buffers), first),
      },
      tryToFreePages: () => {
        reclaim.tryToFreePages(GFP_NOIO);
      },
    };
  },
};
