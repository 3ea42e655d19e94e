/**
 * What drivers of the recorded kernels hold when boot is over, on the QEMU machine.
 *
 * Derived from /proc/slabinfo, /proc/meminfo and SysRq-m as recorded with 16, 64, 256, 512 and 2048 MiB, while the only
 * process was /init.
 *
 * - Objects: the recorded number in use, less what is made here anyway: kmem_cache; the descriptors of off-slab slabs in
 *   size-32 and size-64; and what belongs to /init: mm_struct 1, vm_area_struct 6, files_cache 1, filp 5, signal_act 1 of 2,
 *   and five inodes and dentries (/, /init, /dev/console, /proc, /proc/slabinfo).
 * - Pages: what is still missing in MemFree after slabs, hash tables, the kernel threads' stacks, the pages on the LRU lists,
 *   and /init's stack (2), page tables (3) and the free page table of the SysRq-m dump (1). The remainder is the same for every size but
 *   the largest, where one page more comes on top, besides the bounce pool of high memory, which boot fills itself.
 */
import type { BootPopulation } from '../slab/boot-population.ts';
import { BOOT_POPULATION_2_4_0 } from './slab-boot-population-2.4.0.ts';

const DISKS = 4;
/** Frames of 32 MiB: smaller machines get half the requests. */
const SMALL_MACHINE = 8192;

/** Requests that the disks' queues hold. @linux 2.4.22 drivers/block/ll_rw_blk.c blk_grow_request_list() */
function blkdevRequests(older: boolean, pages: number): number {
  const full = older ? 128 : 1024;
  return DISKS * (pages <= SMALL_MACHINE ? full / 2 : full);
}

/**
 * The population of a recorded kernel.
 *
 * @param version 2.4.0, 2.4.20 or 2.4.22
 * @param pages frames of the machine
 * @param highmem whether it has high memory
 */
export function bootPopulation(version: string, pages: number, highmem: boolean): BootPopulation {
  if (version === '2.4.0') return BOOT_POPULATION_2_4_0;
  const older = version === '2.4.20';
  const requests = blkdevRequests(older, pages);
  const stay = (name: string, count: number) => [name, count, count] as const;
  return {
    objects: [
      stay('mnt_cache', 8),
      stay('inode_cache', 16),
      stay('dentry_cache', 13),
      stay('signal_act', 1),
      stay('sock', 1),
      stay('cdev_cache', 1),
      stay('bdev_cache', 2),
      stay('size-8192', 2),
      stay('size-4096', 3),
      stay('size-2048', 3),
      // 2.4.22 had one more for a while: it left a free slab.
      older ? stay('size-1024', 5) : ['size-1024', 12, 13],
      stay('size-512', older ? 25 : 26),
      stay('size-256', 4),
      stay('size-128', older ? 244 : 249),
      stay('size-64', older ? 113 : 109),
      stay('size-32', older ? 142 : 138),
      stay('blkdev_requests', requests),
      stay('buffer_head', 45),
      // Path names live as long as a system call.
      ['names_cache', 0, 2],
    ],
    pages: (older ? 22 : 23) + (highmem ? 1 : 0),
  };
}
