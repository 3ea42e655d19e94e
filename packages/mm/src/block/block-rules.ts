/** What differs between releases in this room. */
export interface BlockRules {
  /** How often a new read or write may be passed by others. @linux ELEVATOR_LINUS */
  readonly readLatency: number;
  readonly writeLatency: number;
  /** @linux ELV_LINUS_SEEK_COST */
  readonly seekCost: number;
  /** Requests of a queue, in memory below {@link smallBelowMegs} MiB and above. */
  readonly requestsSmall: number;
  readonly requests: number;
  readonly smallBelowMegs: number;
  /** Whether reads and writes take from one free list, or each from its half. */
  readonly sharedRequests: boolean;
  /** 2.4.0: a read takes a request from the writes' half when its own is empty. */
  readonly readsSteal: boolean;
  /** Who waits for a request is woken when so many are free again. @linux batch_requests */
  readonly batch: (requests: number) => number;
  /** Sectors of the largest request. @linux max_sectors of an IDE disk */
  readonly maxSectors: number;
}

/** A quarter of the requests, 32 at most. @linux blk_grow_request_list() */
export function quarterBatch(requests: number): number {
  return Math.min(32, Math.floor(requests / 4));
}
