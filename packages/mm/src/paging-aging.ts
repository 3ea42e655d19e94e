/** Paging by page age: 2.4.0. */
import { KernelBug } from './kernel-bug.ts';
import { AgingPageAllocator } from './page-allocator/aging-page-allocator.ts';
import { GFP_KERNEL, GFP_NOIO } from './page-allocator/gfp.ts';
import { AgingPageCache } from './page-cache/aging-page-cache.ts';
import { AgingBufferCache } from './page-cache/buffers/aging-buffers.ts';
import type { PagingParts } from './paging.ts';
import type { PagingGeneration } from './paging-generation.ts';
import { PageAgingReclaim } from './reclaim/page-aging/page-aging-reclaim.ts';
import { waitAlone } from './reclaim/thread-sleep.ts';
import { AgingSwapCache } from './swap/aging-swap-cache.ts';

/** The allocator and the page cache that such a machine was booted with. */
function aged({ vm }: PagingParts): { allocator: AgingPageAllocator; cache: AgingPageCache } {
  const { allocator, pageCache } = vm;
  if (!(allocator instanceof AgingPageAllocator) || !(pageCache instanceof AgingPageCache)) {
    throw new KernelBug('reclaim by page age on a machine whose pages have none');
  }
  return { allocator, cache: pageCache };
}

export const AGING_PAGING: PagingGeneration = {
  newBuffers: (parts) => {
    const { allocator } = parts.cache;
    if (!(allocator instanceof AgingPageAllocator) || !(parts.cache instanceof AgingPageCache)) {
      throw new KernelBug('buffers of 2.4.0 on a machine whose pages have no age');
    }
    const { aging } = parts.cache;
    return new AgingBufferCache(parts, allocator.pressure, () => aging.nrInactiveDirtyPages);
  },
  newSwapCache: (parts) => new AgingSwapCache(parts),
  newReclaim: (paging, parts) => {
    const { vm, slab, clock } = parts;
    const { allocator, cache } = aged(parts);
    const { pressure } = allocator;
    const buffers = paging.buffers as AgingBufferCache;
    const reclaim = new PageAgingReclaim({
      vm,
      lists: cache.aging,
      pressure,
      swap: paging.swapCache,
      buffers,
      slab,
      ports: {
        ...paging.shrinkers,
        wakeupBdflush: () => paging.wake('bdflush'),
        tryToFreeBuffers: (pfn, wait) => buffers.tryToFreeBuffersWaiting(pfn, wait),
      },
    });
    // Who sleeps until kswapd's next pass is over.
    let waiting = 0;
    let passes = 0;
    const wakeupKswapd = (block: boolean) => {
      if (vm.current.comm === 'kswapd') return;
      paging.wake('kswapd');
      // If kswapd is on the stack, this task keeps it waiting: it must go on by itself.
      if (!block || paging.isRunning('kswapd')) return;
      const before = passes;
      waiting++;
      paging.waits.until(() => passes !== before);
      waiting--;
    };
    return {
      plugIn() {
        allocator.aging = {
          nrActivePages: () => cache.aging.nrActivePages,
          nrInactiveDirtyPages: () => cache.aging.nrInactiveDirtyPages,
          wakeupKswapd,
          wakeupBdflush: () => paging.wake('bdflush'),
          wakeKreclaimd: () => paging.wake('kreclaimd'),
          reclaimPage: (zone) => reclaim.reclaimPage(zone),
          pageLaunder: (gfp, sync) => reclaim.pageLaunder(gfp, sync),
          tryToFreePages: (gfp) => reclaim.tryToFreePages(gfp),
          yieldCpu: () => paging.yieldCpu(),
          mayTryAgain: (_gfp, attempt) => paging.yieldUnlessHopeless(attempt),
        };
        cache.onFound = () => {
          const missing = reclaim.inactiveShortage();
          if (missing > pressure.inactiveTarget >> 1 && reclaim.freeShortage() > 0) wakeupKswapd(false);
        };
      },
      threads: {
        kswapd: () =>
          reclaim.kswapd({
            jiffies: () => clock.jiffies(),
            now: () => clock.now,
            anyoneWaits: () => waiting > 0,
            wakeWaiters: () => {
              passes++;
            },
            ...paging.waitPorts,
            oomIfNeeded: () => {
              const { free, clean } = pressure;
              const noSwap = paging.swapAreas.swapinfo().free <= 0;
              if (free <= pressure.min && free + clean <= pressure.low && noSwap) paging.oom.oomKill();
            },
          }),
        kreclaimd: (first) => reclaim.kreclaimd(first),
        *bdflush() {
          for (;;) {
            let flushed = buffers.flushDirtyBuffers(false);
            if (reclaim.freeShortage() > 0) {
              flushed += yield* waitAlone(reclaim.launder(GFP_KERNEL, false), paging.waitPorts);
            }
            if (flushed === 0 || buffers.balanceDirtyState() < 0) {
              paging.block.runTqDisk();
              return Number.POSITIVE_INFINITY;
            }
          }
        },
        kupdate: (first) =>
          paging.kupdated(() => {
            buffers.flushDirtyBuffers(true);
          }, first),
      },
      tryToFreePages: () => {
        reclaim.tryToFreePages(GFP_NOIO);
      },
    };
  },
};
