import type { Zone } from '../physical/zone.ts';
import type { Pfn } from '../types.ts';

/** What the allocator asks of the rooms above it. `kernel.ts` plugs reclaim and the scheduler in at boot. */
export interface PageAllocatorPorts {
  /**
   * Direct reclaim on behalf of the running task. It may call the allocator again: the task carries PF_MEMALLOC meanwhile,
   * so that this cannot recurse. Returns 1 if it freed enough, 0 if not. @linux mm/vmscan.c try_to_free_pages_zone()
   */
  tryToFreePagesZone(classzone: Zone, gfp: number): 0 | 1;
  /** Wakes kswapd if it sleeps; `zone.needBalance` is set already. */
  wakeupKswapd(zone: Zone): void;
  /**
   * The allocation of 2^`order` pages may sleep, reclaim did not help, and the kernel would now yield and try for ever.
   * `attempt` counts from 0 within one allocation. True: other tasks ran, try again. False: nobody is left who could free memory, give up (the allocation returns 0).
   */
  yieldAndRetry(gfp: number, order: number, attempt: number): boolean;
  /** Takes a page that is being freed off the LRU list. @linux mm/swap.c lru_cache_del() */
  lruCacheDel(pfn: Pfn): void;
}

/**
 * Ports of a machine without reclaim: nothing can be freed, so an allocation that would loop for ever in the kernel
 * returns 0 at once.
 */
export const NO_RECLAIM: PageAllocatorPorts = {
  tryToFreePagesZone: () => 0,
  wakeupKswapd: () => {},
  yieldAndRetry: () => false,
  lruCacheDel: () => {},
};
