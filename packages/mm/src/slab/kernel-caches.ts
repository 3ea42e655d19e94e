import { KernelBug } from '../kernel-bug.ts';
import type { HashTableRule } from '../physical/machine.ts';
import type { KmemCache, SlabConstructor } from './kmem-cache.ts';
import type { SlabAllocator } from './slab-allocator.ts';
import { SLAB_CTOR } from './slab-flags.ts';

/** What the memory manager itself allocates from named caches. */
export type CacheRole =
  | 'sigact'
  | 'files'
  | 'fs'
  | 'vmArea'
  | 'mm'
  | 'bufferHead'
  | 'names'
  | 'filp'
  | 'dentry'
  | 'inode'
  | 'sigqueue'
  | 'uid';

/** A cache that boot creates. `release/` lists them. */
export interface CacheDescription {
  /** As in /proc/slabinfo. */
  readonly name: string;
  /** What the memory manager uses it for; none: another subsystem's. */
  readonly role?: CacheRole;
  /** sizeof the structure, bytes. */
  readonly bytes: number;
  /** Bytes between colours; default a cache line. */
  readonly offset?: number;
  /** SLAB.* */
  readonly flags: number;
  /** It has a constructor; all of boot's zero the object and set up empty lists. */
  readonly ctor?: boolean;
}

/** A step of boot after kmem_cache_sizes_init(): a cache, or one of the hash tables that are allocated in between. */
export type SlabBootStep = CacheDescription | { readonly hashTable: HashTableRule['name'] };

/** The named caches of a booted kernel, by what they are for. */
export class KernelCaches {
  /** signal_struct: a task's signal handlers. @linux sigact_cachep */
  readonly sigact: KmemCache;
  /** files_struct: a task's open files. @linux files_cachep */
  readonly files: KmemCache;
  /** fs_struct: a task's directories. @linux fs_cachep */
  readonly fs: KmemCache;
  /** vm_area_struct. @linux vm_area_cachep */
  readonly vmArea: KmemCache;
  /** mm_struct. @linux mm_cachep */
  readonly mm: KmemCache;
  /** buffer_head. @linux bh_cachep */
  readonly bufferHead: KmemCache;
  /** Path names while a system call reads them. @linux names_cachep */
  readonly names: KmemCache;
  /** struct file. @linux filp_cachep */
  readonly filp: KmemCache;
  /** struct dentry. @linux dentry_cache */
  readonly dentry: KmemCache;
  /** struct inode, also of shared memory. @linux inode_cachep */
  readonly inode: KmemCache;
  /** Queued signals. @linux sigqueue_cachep */
  readonly sigqueue: KmemCache;
  /** user_struct: what a user has. @linux uid_cachep */
  readonly uid: KmemCache;

  /**
   * Creates all caches in the order of boot.
   *
   * @param allocateHashTable allocates a hash table when its turn comes
   * @throws KernelBug if the list lacks a role, or there is no memory
   */
  constructor(
    slab: SlabAllocator,
    steps: readonly SlabBootStep[],
    allocateHashTable: (name: HashTableRule['name']) => void,
  ) {
    const zero = zeroConstructor(slab);
    const byRole = new Map<string, KmemCache>();
    for (const step of steps) {
      if ('hashTable' in step) {
        allocateHashTable(step.hashTable);
        continue;
      }
      const ctor = step.ctor === true ? zero : null;
      const cache = slab.kmemCacheCreate(step.name, step.bytes, step.offset ?? 0, step.flags, ctor, null);
      if (cache === null) throw new KernelBug(`cannot create the slab cache ${step.name}`);
      if (step.role !== undefined) byRole.set(step.role, cache);
    }
    const role = (name: CacheRole): KmemCache => {
      const cache = byRole.get(name);
      if (cache === undefined) throw new KernelBug(`the release has no slab cache for ${name}`);
      return cache;
    };
    this.sigact = role('sigact');
    this.files = role('files');
    this.fs = role('fs');
    this.vmArea = role('vmArea');
    this.mm = role('mm');
    this.bufferHead = role('bufferHead');
    this.names = role('names');
    this.filp = role('filp');
    this.dentry = role('dentry');
    this.inode = role('inode');
    this.sigqueue = role('sigqueue');
    this.uid = role('uid');
  }
}

/** A constructor that zeroes the object, as init_once() and its like begin. */
function zeroConstructor(slab: SlabAllocator): SlabConstructor {
  return (obj, cache, flags) => {
    if ((flags & (SLAB_CTOR.VERIFY | SLAB_CTOR.CONSTRUCTOR)) !== SLAB_CTOR.CONSTRUCTOR) return;
    slab.fill(obj - 0xc0000000, cache.usableBytes, 0);
  };
}
