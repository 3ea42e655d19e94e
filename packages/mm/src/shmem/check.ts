import { KernelBug } from '../kernel-bug.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import type { Shmem } from './shmem.ts';
import { ShmemInode, type ShmemSuperblock } from './shmem-inode.ts';

/**
 * Recounts shared memory: each inode is charged for its pages in the cache, those in swap and (2.4.22) its index pages; a page
 * is in the cache or in swap, not both; each mount has given out what its inodes are charged for; index pages are nobody
 * else's. 2.4.20 may still charge for pages that are gone.
 *
 * @throws KernelBug that says what differs
 */
export function checkShmem(shmem: Shmem, cache: PageCache): void {
  const blocks = new Map<ShmemSuperblock, number>();
  const inodes = new Map<ShmemSuperblock, number>();
  for (const superblock of shmem.superblocks()) {
    blocks.set(superblock, 0);
    inodes.set(superblock, superblock.otherInodes);
  }
  cache.forEachMapping((mapping) => {
    const inode = mapping.host;
    if (!(inode instanceof ShmemInode)) return;
    const charged = inode.blocks / 8;
    const pages = pagesOf(shmem, cache, inode);
    if (shmem.rules.returnsBlocksAtOnce ? charged !== pages : charged < pages) {
      fail(`inode ${inode.ino} holds ${pages} pages, charged ${charged}`);
    }
    const sb = inode.superblock;
    blocks.set(sb, (blocks.get(sb) ?? 0) + charged);
    inodes.set(sb, (inodes.get(sb) ?? 0) + 1);
  });
  for (const [sb, used] of blocks) {
    if (sb.maxBlocks - sb.freeBlocks !== used) {
      fail(`mount ${sb.dev}: ${used} pages are used, charged ${sb.maxBlocks - sb.freeBlocks}`);
    }
    const files = inodes.get(sb) as number;
    if (sb.maxInodes - sb.freeInodes !== files) {
      fail(`mount ${sb.dev}: ${files} inodes exist, charged ${sb.maxInodes - sb.freeInodes}`);
    }
  }
}

/** Pages that an inode must be charged for. */
function pagesOf(shmem: Shmem, cache: PageCache, inode: ShmemInode): number {
  const { index } = shmem.pages;
  let indexPages = 0;
  index.forEachIndexPage(inode, (pfn) => {
    indexPages++;
    if (cache.memMap.count[pfn] !== 1) fail(`index page ${pfn} of inode ${inode.ino} is shared`);
  });
  let swapped = 0;
  index.forEachEntry(inode, (_entry, page) => {
    swapped++;
    if (cache.findPage(inode.mapping, page) !== 0)
      fail(`page ${page} of inode ${inode.ino} is cached and in swap`);
  });
  if (swapped !== inode.swapped)
    fail(`inode ${inode.ino} has ${swapped} pages in swap, counted ${inode.swapped}`);
  return inode.mapping.nrpages + swapped + (shmem.rules.chargesIndexPages ? indexPages : 0);
}

function fail(message: string): never {
  throw new KernelBug(`shared memory: ${message}`);
}
