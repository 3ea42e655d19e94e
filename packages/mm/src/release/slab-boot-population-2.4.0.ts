/**
 * What drivers of the recorded 2.4.0 kernels hold when boot is over, on the QEMU machine: derived as in
 * slab-boot-population-2.4.ts, and the same for every size of memory. What belongs to /init: mm_struct 1, vm_area_struct 6, filp
 * 5, signal_act 1, and five inodes and dentries; its table of open files is still that of the first task.
 */
import type { BootPopulation } from '../slab/boot-population.ts';

const stay = (name: string, count: number) => [name, count, count] as const;

export const BOOT_POPULATION_2_4_0: BootPopulation = {
  objects: [
    stay('inode_cache', 7),
    stay('dentry_cache', 7),
    stay('bdev_cache', 2),
    stay('size-4096', 2),
    stay('size-2048', 4),
    stay('size-1024', 5),
    stay('size-512', 23),
    stay('size-256', 4),
    stay('size-128', 257),
    stay('size-64', 91),
    stay('size-32', 113),
    // Five queues of 256.
    stay('blkdev_requests', 1280),
    stay('buffer_head', 26),
    ['names_cache', 0, 1],
  ],
  pages: 24,
};
