import { KernelPanic } from '../kernel-bug.ts';
import type { BootLog } from '../physical/boot-log.ts';
import type { HashTableRule } from '../physical/machine.ts';
import type { Pfn } from '../types.ts';
import { GFP_ATOMIC } from './gfp.ts';
import type { PageAllocator } from './page-allocator.ts';

/** A hash table that boot took from the page allocator. */
export interface HashTable {
  readonly name: HashTableRule['name'];
  /** First frame of its block. */
  readonly pfn: Pfn;
  readonly order: number;
  /** Buckets. */
  readonly entries: number;
}

/**
 * Allocates one of the kernel's hash tables; where a block of the wanted order is not to be had, the next smaller one.
 *
 * @param pages frames of the machine, holes included (num_physpages)
 * @linux 2.4.22 fs/dcache.c dcache_init(), fs/inode.c inode_init(), fs/namespace.c mnt_init(), fs/buffer.c buffer_init(),
 * mm/filemap.c page_cache_init()
 */
export function allocateHashTable(
  allocator: PageAllocator,
  rule: HashTableRule,
  pages: number,
  log: BootLog,
): HashTable {
  let order = rule.order(pages);
  do {
    const pfn = allocator.allocPages(GFP_ATOMIC, order);
    if (pfn === 0) continue;
    const bytes = 4096 << order;
    const entries = bytes / rule.bucketBytes;
    log.print(`${rule.title} hash table entries: ${entries} (order: ${order}, ${bytes} bytes)`, rule.level);
    return { name: rule.name, pfn, order, entries };
  } while (--order >= rule.lowestOrder);
  throw new KernelPanic(`Failed to allocate ${rule.name} hash table`);
}
