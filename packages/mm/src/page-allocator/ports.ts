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

/** What the allocator of a kernel with aged pages asks of the rooms above it. */
export interface AgingAllocatorPorts {
  /** Lengths of the active list and of that of inactive pages to be cleaned. */
  nrActivePages(): number;
  nrInactiveDirtyPages(): number;
  /** Wakes kswapd if it sleeps; `block`: and sleeps until its next pass is over. @linux 2.4.0 mm/vmscan.c wakeup_kswapd() */
  wakeupKswapd(block: boolean): void;
  /** Wakes bdflush if it sleeps. @linux 2.4.0 fs/buffer.c wakeup_bdflush() */
  wakeupBdflush(): void;
  /** Wakes kreclaimd if it sleeps. @linux 2.4.0 mm/vmscan.c kreclaimd_wait */
  wakeKreclaimd(): void;
  /**
   * Takes the oldest inactive clean page of a zone out of whatever cache it is in, and counts memory_pressure up. The page has
   * a count of 1 and the age of a new one; 0: there is none. @linux 2.4.0 mm/vmscan.c reclaim_page()
   */
  reclaimPage(zone: Zone): Pfn;
  /** Cleans inactive dirty pages; how many. @linux 2.4.0 mm/vmscan.c page_launder() */
  pageLaunder(gfp: number, sync: boolean): number;
  /** Reclaims on behalf of the running task, which must not wait for kswapd. @linux 2.4.0 mm/vmscan.c try_to_free_pages() */
  tryToFreePages(gfp: number): number;
  /** Others may run. @linux schedule() with SCHED_YIELD */
  yieldCpu(): void;
  /**
   * The allocation of a single page has waited for kswapd, or reclaimed, and begins anew; in the kernel for ever. `attempt`
   * counts from 0 within one allocation. False: nobody is left who could free memory, give up (the allocation returns 0).
   */
  mayTryAgain(gfp: number, attempt: number): boolean;
}

/** Ports of a machine of that kind without reclaim. */
export const NOTHING_AGES: AgingAllocatorPorts = {
  nrActivePages: () => 0,
  nrInactiveDirtyPages: () => 0,
  wakeupKswapd: () => {},
  wakeupBdflush: () => {},
  wakeKreclaimd: () => {},
  reclaimPage: () => 0,
  pageLaunder: () => 0,
  tryToFreePages: () => 0,
  yieldCpu: () => {},
  mayTryAgain: () => false,
};

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
