import { KernelBug } from '../kernel-bug.ts';
import type { PageCache } from '../page-cache/page-cache.ts';
import type { Shmem } from './shmem.ts';
import { ShmemInode, type ShmemSuperblock } from './shmem-inode.ts';

/**
 * Recounts shared memory: each inode is charged for its pages in the cache, those in swap and (2.4.22) its index pages; each
 * mount has given out what its inodes are charged for; index pages are nobody else's.
 *
 * @throws KernelBug that says what differs
 */
export function checkShmem(shmem: Shmem, cache: PageCache, chargesIndexPages: boolean): void {
  const blocks = new Map<ShmemSuperblock, number>([
    [shmem.tmpfs, 0],
    [shmem.internal, 0],
  ]);
  const inodes = new Map<ShmemSuperblock, number>([
    [shmem.tmpfs, 1],
    [shmem.internal, 1],
  ]);
  cache.forEachMapping((mapping) => {
    const inode = mapping.host;
    if (!(inode instanceof ShmemInode)) return;
    let indexPages = 0;
    shmem.index.forEachIndexPage(inode, (pfn) => {
      indexPages++;
      if (cache.memMap.count[pfn] !== 1) fail(`index page ${pfn} of inode ${inode.ino} is shared`);
    });
    const charged = mapping.nrpages + inode.swapped + (chargesIndexPages ? indexPages : 0);
    if (inode.blocks !== charged * 8) {
      fail(`inode ${inode.ino} holds ${charged} pages, charged ${inode.blocks / 8}`);
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

function fail(message: string): never {
  throw new KernelBug(`shared memory: ${message}`);
}
