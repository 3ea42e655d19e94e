import type { Vm } from '../../address-space/vm.ts';
import type { MemoryPressure } from '../../page-allocator/memory-pressure.ts';
import type { AgingLists } from '../../page-cache/aging-lists.ts';
import type { BufferCache } from '../../page-cache/buffers/buffer-cache.ts';
import type { SlabAllocator } from '../../slab/slab-allocator.ts';
import type { SwapCache } from '../../swap/swap-cache.ts';

/** What reclaim by page age asks of other rooms. */
export interface AgingPorts {
  /** @linux shrink_dcache_memory(), shrink_icache_memory() */
  shrinkDcacheMemory(priority: number, gfp: number): void;
  shrinkIcacheMemory(priority: number, gfp: number): void;
  /** @linux wakeup_bdflush() */
  wakeupBdflush(): void;
  /** Frees the buffers of a locked page; `wait`: 0 start no I/O, 1 start it, 2 wait for it. @linux try_to_free_buffers() */
  tryToFreeBuffers(pfn: number, wait: number): boolean;
}

/** What it works on. */
export interface AgingParts {
  readonly vm: Vm;
  readonly lists: AgingLists;
  readonly pressure: MemoryPressure;
  readonly swap: SwapCache;
  readonly buffers: BufferCache;
  readonly slab: SlabAllocator;
  readonly ports: AgingPorts;
}

/** Pages that are missing until enough are free or clean. @linux 2.4.0 mm/vmscan.c free_shortage() */
export function freeShortage(parts: AgingParts): number {
  return parts.pressure.freeShortage();
}

/** Pages that should be inactive and are not. @linux 2.4.0 mm/vmscan.c inactive_shortage() */
export function inactiveShortage(parts: AgingParts): number {
  return parts.pressure.inactiveShortage(parts.lists.nrInactiveDirtyPages);
}
