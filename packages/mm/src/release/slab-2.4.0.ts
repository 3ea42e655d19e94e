import type { SlabBootStep } from '../slab/kernel-caches.ts';
import { SLAB } from '../slab/slab-flags.ts';

const H = SLAB.HWCACHE_ALIGN;

/**
 * Caches and hash tables of 2.4.0 from start_kernel() to the initcalls, as compiled with gcc 2.95: a spinlock has 4 bytes, in
 * uniprocessor kernels too.
 *
 * @linux 2.4.0 init/main.c start_kernel()
 */
export const BOOT_STEPS_2_4_0: readonly SlabBootStep[] = [
  // proc_caches_init()
  { name: 'signal_act', role: 'sigact', bytes: 1288, flags: H },
  { name: 'files_cache', role: 'files', bytes: 416, flags: H },
  { name: 'fs_cache', role: 'fs', bytes: 36, flags: H },
  { name: 'vm_area_struct', role: 'vmArea', bytes: 64, flags: H },
  { name: 'mm_struct', role: 'mm', bytes: 136, flags: H },
  // vfs_caches_init()
  { name: 'buffer_head', role: 'bufferHead', bytes: 96, flags: H },
  { name: 'names_cache', role: 'names', bytes: 4096, flags: H },
  { name: 'filp', role: 'filp', bytes: 96, flags: H },
  { name: 'dentry_cache', role: 'dentry', bytes: 112, flags: H },
  { hashTable: 'dentry' },
  // buffer_init(), page_cache_init(), kiobuf_setup(), signals_init(), bdev_init()
  { hashTable: 'buffer' },
  { hashTable: 'page' },
  { name: 'kiobuf', bytes: 116, flags: H },
  { name: 'sigqueue', role: 'sigqueue', bytes: 132, offset: 4, flags: 0 },
  { name: 'bdev_cache', bytes: 44, flags: H, ctor: true },
  // inode_init()
  { hashTable: 'inode' },
  { name: 'inode_cache', role: 'inode', bytes: 456, flags: H, ctor: true },
  // sock_init()
  { name: 'sock', bytes: 800, flags: H },
  { name: 'skbuff_head_cache', bytes: 160, flags: H, ctor: true },
  // initcalls
  { name: 'uid_cache', role: 'uid', bytes: 24, flags: H },
  { name: 'fasync cache', bytes: 16, flags: 0 },
  { name: 'file lock cache', bytes: 92, flags: 0, ctor: true },
  { name: 'dnotify cache', bytes: 20, flags: 0 },
  { name: 'blkdev_requests', bytes: 96, flags: H },
];
