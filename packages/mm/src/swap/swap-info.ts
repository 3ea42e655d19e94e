import type { Addr } from '../types.ts';

/** Slot counts with a meaning of their own; what is below is a number of references. */
export const SWAP_MAP_MAX = 0x7fff;
export const SWAP_MAP_BAD = 0x8000;

/** States of an area. @linux SWP_USED, SWP_WRITEOK */
export const SWP = { none: 0, used: 1, writeok: 3 } as const;

/** Where an area lies. */
export interface SwapBacking {
  /** Path as /proc/swaps prints it. */
  readonly path: string;
  /** Number of the device; of a file, of the device that its file system is on. */
  readonly dev: number;
  /** 4096-byte pages on the device or in the file. */
  readonly pages: number;
  /** What identifies it: two paths of one thing have the same. */
  readonly identity: object;
  /** Null for a partition; for a file, the number of its `block`-th block on the device, 0 = a hole. @linux bmap() */
  readonly bmap: ((block: number) => number) | null;
  /** Bytes of a block of the file system; 4096 on a partition. */
  readonly blockSize: number;
  /** The area is about to be used: what it lies on must stay. */
  open?(): void;
  /** It is not used any more. */
  close(): void;
}

/**
 * One swap area. Slot 0 holds the header.
 *
 * @linux 2.4.22 include/linux/swap.h struct swap_info_struct
 */
export class SwapInfo {
  /** {@link SWP} */
  flags: number = SWP.none;
  backing: SwapBacking | null = null;
  /** References of each slot; 0 = free. */
  swapMap = new Uint16Array(0);
  /** Where the kernel keeps the map. */
  mapAddr: Addr = 0;
  /** Bounds of the slots that may be free. */
  lowestBit = 0;
  highestBit = 0;
  /** Slot at which the current cluster goes on, and slots that are left of it. */
  clusterNext = 0;
  clusterNr = 0;
  prio = 0;
  /** Slots that can hold a page. */
  pages = 0;
  /** Slots, the header's included. */
  max = 0;
  /** Next area by priority, -1 = last. */
  next = -1;

  /** Slots that hold a page. */
  usedSlots(): number {
    let used = 0;
    for (let slot = 0; slot < this.max; slot++) {
      const count = this.swapMap[slot] as number;
      if (count !== 0 && count !== SWAP_MAP_BAD) used++;
    }
    return used;
  }
}
