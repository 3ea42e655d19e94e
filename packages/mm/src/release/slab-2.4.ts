import type { SlabBuild } from '../slab/descriptor-layout.ts';
import type { CacheDescription, SlabBootStep } from '../slab/kernel-caches.ts';
import { ONE_LIST } from '../slab/one-list.ts';
import { SLAB } from '../slab/slab-flags.ts';
import type { SlabVariant } from '../slab/slab-lists.ts';
import { THREE_LISTS } from '../slab/three-lists.ts';
import { BOOT_STEPS_2_4_0 } from './slab-2.4.0.ts';

/** Sizes of structures that depend on compiler and configuration, bytes. */
interface StructSizes {
  readonly signal: number;
  readonly files: number;
  readonly fs: number;
  readonly mm: number;
  readonly bufferHead: number;
  readonly inode: number;
  readonly bdev: number;
  readonly cdev: number;
  readonly kiobuf: number;
  readonly sock: number;
  readonly skbuff: number;
  readonly fileLock: number;
  readonly neighbour: number;
}

/** Uniprocessor, gcc 3: an empty spinlock has no size. */
const UP: StructSizes = {
  signal: 1284,
  files: 412,
  fs: 32,
  mm: 128,
  bufferHead: 88,
  inode: 464,
  bdev: 52,
  cdev: 36,
  kiobuf: 52,
  sock: 764,
  skbuff: 148,
  fileLock: 92,
  neighbour: 96,
};

/** SMP: spinlocks of 4 bytes, per-CPU fields. */
const SMP: StructSizes = {
  signal: 1288,
  files: 416,
  fs: 36,
  mm: 136,
  bufferHead: 92,
  inode: 484,
  bdev: 56,
  cdev: 40,
  kiobuf: 56,
  sock: 816,
  skbuff: 148,
  fileLock: 96,
  neighbour: 112,
};

/** Uniprocessor, gcc 2.95: an empty structure takes 4 bytes there, so spinlocks have their SMP size. */
const UP_GCC_2_95: StructSizes = { ...SMP, files: 412, fs: 32, sock: 800 };

/** 2.4.20, as far as its structures differ. */
const OLDER: Readonly<Record<'up' | 'upGcc295' | 'smp', Partial<StructSizes>>> = {
  up: { bufferHead: 92, inode: 448, skbuff: 144 },
  upGcc295: { bufferHead: 96, inode: 464, skbuff: 144 },
  smp: { bufferHead: 96, inode: 464, skbuff: 144 },
};

/** What decides the caches of a kernel. */
export interface SlabBuildOptions {
  /** Release, e.g. `2.4.22`. */
  readonly version: string;
  /** Name of the machine; the reference machines have a default configuration, with TCP/IP. */
  readonly machine: string;
  readonly cpus: number;
  readonly pae: boolean;
  /** CONFIG_DEBUG_SLAB. */
  readonly debug: boolean;
}

/** How the slab allocator of a kernel is built, and what boot creates. */
export interface SlabRelease {
  readonly build: SlabBuild;
  readonly variant: SlabVariant;
  readonly steps: readonly SlabBootStep[];
}

/**
 * The slab part of a kernel.
 *
 * The kernels of the QEMU machine are the recorded ones: gcc 2.95, without TCP/IP. Those of the reference machines are built
 * with gcc 3 from the default configuration.
 */
export function slabRelease(options: SlabBuildOptions): SlabRelease {
  const recorded = options.machine === 'qemu';
  const smp = options.cpus > 1;
  const build: SlabBuild = { smp, debug: options.debug, upSpinlockBytes: recorded ? 4 : 0 };
  if (options.version === '2.4.0') return { build, variant: ONE_LIST, steps: BOOT_STEPS_2_4_0 };
  const kind = smp ? 'smp' : recorded ? 'upGcc295' : 'up';
  const newest = { smp: SMP, up: UP, upGcc295: UP_GCC_2_95 }[kind];
  const sizes = options.version === '2.4.20' ? { ...newest, ...OLDER[kind] } : newest;
  return { build, variant: THREE_LISTS, steps: bootSteps(sizes, options.pae, !recorded) };
}

const H = SLAB.HWCACHE_ALIGN;

/** Caches and hash tables from start_kernel() to the initcalls. @linux 2.4.22 init/main.c start_kernel() */
function bootSteps(sizes: StructSizes, pae: boolean, tcpip: boolean): SlabBootStep[] {
  const paePgd: CacheDescription = { name: 'pae_pgd', bytes: 32, flags: H | SLAB.MUST_HWCACHE_ALIGN };
  return [
    // pgtable_cache_init()
    ...(pae ? [paePgd] : []),
    // proc_caches_init()
    { name: 'signal_act', role: 'sigact', bytes: sizes.signal, flags: H },
    { name: 'files_cache', role: 'files', bytes: sizes.files, flags: H },
    { name: 'fs_cache', role: 'fs', bytes: sizes.fs, flags: H },
    { name: 'vm_area_struct', role: 'vmArea', bytes: 68, flags: H },
    { name: 'mm_struct', role: 'mm', bytes: sizes.mm, flags: H },
    // vfs_caches_init()
    { name: 'buffer_head', role: 'bufferHead', bytes: sizes.bufferHead, flags: H, ctor: true },
    { name: 'names_cache', role: 'names', bytes: 4096, flags: H },
    { name: 'filp', role: 'filp', bytes: 104, flags: H },
    { name: 'dentry_cache', role: 'dentry', bytes: 108, flags: H },
    { hashTable: 'dentry' },
    { hashTable: 'inode' },
    { name: 'inode_cache', role: 'inode', bytes: sizes.inode, flags: H, ctor: true },
    { name: 'mnt_cache', bytes: 60, flags: H },
    { hashTable: 'mount' },
    { name: 'bdev_cache', bytes: sizes.bdev, flags: H, ctor: true },
    { name: 'cdev_cache', bytes: sizes.cdev, flags: H, ctor: true },
    { name: 'kiobuf', bytes: sizes.kiobuf, flags: H },
    // buffer_init(), page_cache_init()
    { hashTable: 'buffer' },
    { hashTable: 'page' },
    // signals_init()
    { name: 'sigqueue', role: 'sigqueue', bytes: 132, offset: 4, flags: 0 },
    // sock_init()
    { name: 'sock', bytes: sizes.sock, flags: H },
    { name: 'skbuff_head_cache', bytes: sizes.skbuff, flags: H, ctor: true },
    // initcalls
    { name: 'uid_cache', role: 'uid', bytes: 24, flags: H },
    { name: 'fasync_cache', bytes: 16, flags: 0 },
    { name: 'file_lock_cache', bytes: sizes.fileLock, flags: 0, ctor: true },
    { name: 'dnotify_cache', bytes: 20, flags: 0 },
    { name: 'blkdev_requests', bytes: 88, flags: H },
    ...(tcpip ? tcpipCaches(sizes) : []),
  ];
}

/** Caches of CONFIG_INET. @linux 2.4.22 net/ipv4 */
function tcpipCaches(sizes: StructSizes): CacheDescription[] {
  return [
    { name: 'arp_cache', bytes: sizes.neighbour, flags: H },
    { name: 'ip_dst_cache', bytes: 152, flags: H },
    { name: 'ip_fib_hash', bytes: 20, flags: H },
    { name: 'inet_peer_cache', bytes: 40, flags: H },
    { name: 'tcp_open_request', bytes: 56, flags: H },
    { name: 'tcp_bind_bucket', bytes: 16, flags: H },
    { name: 'tcp_tw_bucket', bytes: 88, flags: H },
  ];
}
