import type { PhysicalMemory } from '../hardware/physical-memory.ts';
import { KernelBug } from '../kernel-bug.ts';
import { GFP, GFP_ATOMIC, GFP_KERNEL } from '../page-allocator/gfp.ts';
import type { PageAllocator } from '../page-allocator/page-allocator.ts';
import { PG } from '../physical/mem-map.ts';
import type { Trace } from '../trace/trace.ts';
import type { Addr } from '../types.ts';
import { type CacheGeometry, cacheEstimate, cacheGeometry, managementBytes } from './cache-geometry.ts';
import { cacheUsage, checkSlabAllocator } from './check.ts';
import { drainCpuCaches, enableCpuCache, freeBlock, freeCpuArrays, tuneCpuCache } from './cpu-arrays.ts';
import { checkFreed, initDebugObject, markAllocated, verifyDestroyed } from './debug-objects.ts';
import {
  CPUCACHE,
  type DescriptorLayout,
  descriptorLayout,
  SLAB_T,
  type SlabBuild,
} from './descriptor-layout.ts';
import { KmemCache, type SlabConstructor } from './kmem-cache.ts';
import { kmemCacheReap } from './reap.ts';
import {
  BUFCTL_END,
  CACHE_NAME_MAX,
  CFLGS,
  createMask,
  DFLGS_GROWN,
  MAX_OBJECT_BYTES,
  SLAB,
  SLAB_CTOR,
  SLAB_LEVEL_MASK,
  SLAB_NO_GROW,
} from './slab-flags.ts';
import type { SlabLists, SlabVariant } from './slab-lists.ts';
import { SlabMemory } from './slab-memory.ts';
import { THREE_LISTS } from './three-lists.ts';
import {
  KFREE,
  KMALLOC,
  KMEM_CACHE_ALLOC,
  KMEM_CACHE_FREE,
  MM_SLAB_DESTROY,
  MM_SLAB_GROW,
} from './tracepoints.ts';

/** Where low memory appears in the kernel's addresses, as a signed word. */
const DIRECT_MAP = 0xc0000000 | 0;
/** A kernel address less {@link DIRECT_MAP}. */
const PHYSICAL = 0x3fffffff;
const PAGE = 4096;
/** Words of a per-CPU array and of a slab_t, for where their addresses are word indices. */
const LIMIT = CPUCACHE.limit >>> 2;
const ENTRIES = CPUCACHE.entries >>> 2;
const SLAB_S_MEM = SLAB_T.sMem >>> 2;
const SLAB_INUSE = SLAB_T.inuse >>> 2;
const SLAB_FREE = SLAB_T.free >>> 2;
const SLAB_BUFCTL = SLAB_T.bufctl >>> 2;
/** What `kmem_cache_t.ctor` holds when there is one: our functions have no address. */
const SOME_FUNCTION = 0xc0100000 | 0;
/** Sizes of the general caches. @linux 2.4.22 mm/slab.c cache_sizes */
const GENERAL_SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072] as const;

/** What a slab allocator is made of. */
export interface SlabParts {
  readonly memory: PhysicalMemory;
  readonly allocator: PageAllocator;
  readonly trace: Trace;
  readonly build: SlabBuild;
  /** Which allocator; default that of 2.4.22. */
  readonly variant?: SlabVariant;
  /** Cache line, bytes. @linux L1_CACHE_BYTES */
  readonly cacheLine: number;
  /** CPUs of the machine. */
  readonly cpus: number;
  /** Physical address in the kernel image where the static descriptor of cache_cache stands. */
  readonly cacheCacheAt: number;
  /** Prints a line of the kernel log. */
  readonly print: (text: string) => void;
}

/**
 * The slab allocator: caches of objects of one size, cut from blocks of pages.
 *
 * Descriptors, free chains, lists and per-CPU arrays stand in simulated memory as the kernel lays them out; links there are
 * kernel virtual addresses. Inside this room an address is a physical one ("at"), which is always a small integer.
 *
 * Reentrancy: a cache that grows asks the page allocator, which may reclaim, which may call {@link kmemCacheReap}; `growing`
 * keeps reap away from the cache whose caller waits. A constructor must not use its own cache.
 *
 * @linux 2.4.22 mm/slab.c
 */
export class SlabAllocator extends SlabMemory {
  /** The CPU whose array is used. The scheduler sets it. @linux smp_processor_id() */
  cpu = 0;
  /** The cache of cache descriptors. */
  readonly cacheCache: KmemCache;
  /** @internal */ readonly allocator: PageAllocator;
  /** @internal */ readonly trace: Trace;
  /** @internal */ readonly build: SlabBuild;
  /** @internal */ readonly variant: SlabVariant;
  /** How caches keep their slabs. */
  readonly lists: SlabLists;
  /** @internal */ readonly layout: DescriptorLayout;
  /** @internal */ readonly cacheLine: number;
  /** @internal */ readonly cpus: number;
  /** @internal Where reap looks first. @linux clock_searchp */
  clockSearchp: KmemCache;
  /** @internal Whether per-CPU arrays may be made. @linux g_cpucache_up */
  cpuCachesUp = false;
  /** @internal For each frame of low memory the id of the cache that owns it, 0 = none. */
  readonly cacheOfFrame: Uint16Array;
  /** @internal Caches by id. */
  readonly cachesById: (KmemCache | null)[] = [null];
  /** Orders from here on are taken whatever they waste. @linux slab_break_gfp_order */
  private breakOrder = 1;
  private offSlabLimit = 0;
  private readonly general: KmemCache[] = [];
  private readonly generalDma: KmemCache[] = [];
  private readonly print: (text: string) => void;
  private readonly smp: boolean;
  private readonly debug: boolean;
  /** An SMP kernel without debugging on a flat machine, where a physical address / 4 is a word's index: has short ways. */
  private readonly plain: boolean;
  private readonly pageNext: Int32Array;
  private readonly pagePrev: Int32Array;
  private readonly pageFlags: Int32Array;

  /**
   * Sets up the cache of caches, which needs no memory yet.
   *
   * @linux 2.4.22 mm/slab.c kmem_cache_init()
   */
  constructor(parts: SlabParts) {
    super(parts.memory);
    this.allocator = parts.allocator;
    this.trace = parts.trace;
    this.build = parts.build;
    this.cacheLine = parts.cacheLine;
    this.cpus = parts.cpus;
    this.print = parts.print;
    this.variant = parts.variant ?? THREE_LISTS;
    this.lists = this.variant.lists(this);
    this.layout = descriptorLayout(parts.build, this.lists.bytes);
    this.smp = parts.build.smp;
    this.debug = parts.build.debug;
    this.plain = this.smp && this.flat && !this.debug;
    const { memMap } = parts.allocator;
    this.pageNext = memMap.next;
    this.pagePrev = memMap.prev;
    this.pageFlags = memMap.flags;
    this.cacheOfFrame = new Uint16Array(Math.min(memMap.frames, (PHYSICAL + 1) / PAGE));
    const objsize = this.layout.bytes;
    const { num, leftOver } = cacheEstimate(0, objsize, 0, this.cacheLine);
    const geometry: CacheGeometry = {
      objsize,
      flags: SLAB.NO_REAP,
      gfporder: 0,
      num,
      leftOver,
      slabSize: managementBytes(num, this.cacheLine),
      movedOnSlab: false,
      colourOff: this.cacheLine,
      colour: Math.floor(leftOver / this.cacheLine),
    };
    this.cacheCache = this.describe('kmem_cache', parts.cacheCacheAt, geometry, null, null, null);
    this.initList(this.cacheCache.at + this.layout.next);
    this.clockSearchp = this.cacheCache;
  }

  /**
   * Creates the general caches size-32 … size-131072, each also for DMA memory.
   *
   * @param pages frames of the machine: above 32 MiB slabs of four pages are allowed to waste
   * @linux 2.4.22 mm/slab.c kmem_cache_sizes_init()
   */
  kmemCacheSizesInit(pages: number): void {
    if (pages > 8192) this.breakOrder = 2;
    for (const size of GENERAL_SIZES) {
      const cache = this.kmemCacheCreate(`size-${size}`, size, 0, SLAB.HWCACHE_ALIGN, null, null);
      if (cache === null) throw new KernelBug(`no memory for the cache size-${size}`);
      this.general.push(cache);
      if (!cache.offSlab) this.offSlabLimit = (size - 24) >> 1;
      const flags = SLAB.CACHE_DMA | SLAB.HWCACHE_ALIGN;
      const dma = this.kmemCacheCreate(`size-${size}(DMA)`, size, 0, flags, null, null);
      if (dma === null) throw new KernelBug(`no memory for the cache size-${size}(DMA)`);
      this.generalDma.push(dma);
    }
  }

  /**
   * From now on every cache, old and new, has per-CPU arrays. Nothing on a uniprocessor kernel.
   *
   * @linux 2.4.22 mm/slab.c kmem_cpucache_init()
   */
  kmemCpucacheInit(): void {
    if (!this.smp) return;
    this.cpuCachesUp = true;
    for (const cache of this.ring()) enableCpuCache(this, cache);
  }

  /** All caches in the order of cache_chain: `kmem_cache`, then the newest, …, the oldest. */
  get chain(): Iterable<KmemCache> {
    return this.ring();
  }

  private *ring(): Generator<KmemCache> {
    let cache = this.cacheCache;
    do {
      yield cache;
      cache = cache.next;
    } while (cache !== this.cacheCache);
  }

  /** The cache of that name, or null. */
  find(name: string): KmemCache | null {
    for (const cache of this.ring()) if (cache.name === name) return cache;
    return null;
  }

  /**
   * Creates a cache.
   *
   * @param name at most 18 characters, of no other cache
   * @param size bytes of an object: 4 to 131072
   * @param offset bytes between colours; 0: a cache line
   * @param flags SLAB.*
   * @param ctor called for each object of a new slab
   * @param dtor called for each object of a slab that is given back; only with a constructor
   * @returns null when there is no memory, or no slab can hold an object
   * @throws KernelBug for an impossible request
   * @linux 2.4.22 mm/slab.c kmem_cache_create()
   */
  kmemCacheCreate(
    name: string,
    size: number,
    offset: number,
    flags: number,
    ctor: SlabConstructor | null,
    dtor: SlabConstructor | null,
  ): KmemCache | null {
    if (
      name === '' ||
      name.length > CACHE_NAME_MAX ||
      this.allocator.inInterrupt ||
      !(size >= 4 && size <= MAX_OBJECT_BYTES) ||
      (dtor !== null && ctor === null) ||
      !(offset >= 0 && offset <= size)
    ) {
      throw new KernelBug(`kmem_cache_create: impossible cache '${name}', ${size} bytes, offset ${offset}`);
    }
    let wanted = flags;
    if (this.debug) wanted = this.debugFlags(name, size, flags, ctor !== null);
    if ((wanted & ~createMask(this.debug)) !== 0) {
      throw new KernelBug(`kmem_cache_create: cache ${name} has unknown flags 0x${wanted.toString(16)}`);
    }
    const at = this.alloc(this.cacheCache, GFP_KERNEL);
    if (at === 0) return null;
    this.fill(at, this.cacheCache.objsize, 0);
    let bytes = size;
    if ((bytes & 3) !== 0) {
      this.print(`kmem_create: Forcing size word alignment - ${name}`);
      bytes = (bytes + 3) & ~3;
    }
    if ((wanted & SLAB.RED_ZONE) !== 0) {
      // Alignment would put gaps between the guard words and the object.
      wanted &= ~SLAB.HWCACHE_ALIGN;
      bytes += 8;
    }
    const geometry = cacheGeometry(bytes, offset, wanted, this.limits);
    if (geometry === null) {
      this.print(`kmem_cache_create: couldn't create cache ${name}.`);
      this.free(this.cacheCache, at);
      return null;
    }
    const offSlab = (geometry.flags & CFLGS.OFF_SLAB) !== 0;
    const slabpCache = offSlab ? this.kmemFindGeneralCachep(geometry.slabSize, 0) : null;
    const cache = this.describe(name, at, geometry, slabpCache, ctor, dtor);
    if (this.cpuCachesUp) enableCpuCache(this, cache);
    if (this.find(name) !== null) throw new KernelBug(`kmem_cache_create: there is a cache ${name} already`);
    this.insertInChain(cache);
    return cache;
  }

  /** @internal Limits as cacheGeometry() reads them. */
  get limits() {
    return { cacheLine: this.cacheLine, breakOrder: this.breakOrder, offSlabLimit: this.offSlabLimit };
  }

  /**
   * Takes an object from a cache.
   *
   * @returns its kernel virtual address, 0 if there is no memory
   * @linux 2.4.22 mm/slab.c kmem_cache_alloc()
   */
  kmemCacheAlloc(cache: KmemCache, gfp: number): Addr {
    let obj = this.plain ? this.pop(cache, gfp) : 0;
    if (obj === 0) obj = this.allocAddress(cache, gfp);
    if (this.trace.on) this.trace.emit(KMEM_CACHE_ALLOC, cache.traceName, obj, cache.objsize, gfp);
    return obj;
  }

  /**
   * Gives an object back to its cache. No page is freed by this.
   *
   * @throws KernelBug if the object is not one of the cache's
   * @linux 2.4.22 mm/slab.c kmem_cache_free()
   */
  kmemCacheFree(cache: KmemCache, obj: Addr): void {
    if (this.trace.on) this.trace.emit(KMEM_CACHE_FREE, cache.traceName, obj);
    const at = obj & PHYSICAL;
    if (obj < 0xc0000000 || this.cacheOfFrame[at >>> 12] !== cache.id) this.badFree(cache, obj);
    if (!this.plain || !this.push(cache, obj)) this.free(cache, at);
  }

  /**
   * Takes memory of at least `size` bytes from the general caches.
   *
   * @returns its kernel virtual address; 0 if there is no memory, or `size` is more than 131072
   * @throws KernelBug in the second case, in 2.4.0
   * @linux 2.4.22 mm/slab.c kmalloc()
   */
  kmalloc(size: number, gfp: number): Addr {
    const cache = this.kmemFindGeneralCachep(size, gfp);
    if (cache === null && this.variant.hugeKmallocIsBug) throw new KernelBug(`kmalloc of ${size} bytes`);
    let obj = 0;
    if (cache !== null) {
      if (this.plain) obj = this.pop(cache, gfp);
      if (obj === 0) obj = this.allocAddress(cache, gfp);
    }
    if (this.trace.on) this.trace.emit(KMALLOC, obj, size, cache === null ? 0 : cache.objsize, gfp);
    return obj;
  }

  /** Gives back what {@link kmalloc} gave; 0 is ignored. @linux 2.4.22 mm/slab.c kfree() */
  kfree(obj: Addr): void {
    if (obj === 0) return;
    const at = obj & PHYSICAL;
    const cache = obj < 0xc0000000 ? null : this.cachesById[this.cacheOfFrame[at >>> 12] as number];
    if (cache === null || cache === undefined) this.badFree(null, obj);
    if (this.trace.on) this.trace.emit(KFREE, obj, cache.traceName);
    if (!this.plain || !this.push(cache, obj)) this.free(cache, at);
  }

  /**
   * The general cache that serves `size` bytes; null above 131072.
   *
   * @param gfp with GFP_DMA: the DMA variant
   * @linux 2.4.22 mm/slab.c kmem_find_general_cachep()
   */
  kmemFindGeneralCachep(size: number, gfp: number): KmemCache | null {
    // 0 .. 32 bytes -> 0, 33 .. 64 -> 1, …: the number of bits of (size - 1) / 32.
    const index = size <= 32 ? 0 : 32 - Math.clz32((size - 1) >>> 5);
    const cache = ((gfp & GFP.DMA) !== 0 ? this.generalDma : this.general)[index];
    return cache === undefined ? null : cache;
  }

  /**
   * Frees all free slabs of a cache.
   *
   * @returns pages freed; in 2.4.0 1 if slabs are left, 0 if none is
   * @linux 2.4.22 mm/slab.c kmem_cache_shrink()
   */
  kmemCacheShrink(cache: KmemCache): number {
    if (this.allocator.inInterrupt) throw new KernelBug('kmem_cache_shrink: called by an interrupt handler');
    let freed = 0;
    while (cache.growing === 0) {
      const slab = this.lists.takeFree(cache);
      if (slab === 0) break;
      this.slabDestroy(cache, slab);
      freed += 1 << cache.gfporder;
    }
    if (this.variant.shrinkTellsPages) return freed;
    return cacheUsage(this, cache).slabs > 0 ? 1 : 0;
  }

  /**
   * Destroys an empty cache.
   *
   * @returns 0; 1 if there are still objects in use, and then the cache stays
   * @linux 2.4.22 mm/slab.c kmem_cache_destroy()
   */
  kmemCacheDestroy(cache: KmemCache): 0 | 1 {
    if (this.allocator.inInterrupt || cache.growing !== 0 || cache === this.cacheCache || cache.destroyed) {
      throw new KernelBug(`kmem_cache_destroy: not now, or not ${cache.name}`);
    }
    if (this.clockSearchp === cache) this.clockSearchp = cache.next;
    this.removeFromChain(cache);
    if (this.smp) drainCpuCaches(this, cache);
    this.kmemCacheShrink(cache);
    const { at } = cache;
    if (this.lists.anyUsed(cache)) {
      this.print(`kmem_cache_destroy: Can't free all objects ${cache.address.toString(16)}`);
      this.insertInChain(cache);
      return 1;
    }
    if (this.smp) freeCpuArrays(this, cache);
    cache.destroyed = true;
    this.cachesById[cache.id] = null;
    this.free(this.cacheCache, at);
    return 0;
  }

  /**
   * Frees about half of the free slabs of the cache that has most.
   *
   * @returns pages freed
   * @linux 2.4.22 mm/slab.c kmem_cache_reap()
   */
  kmemCacheReap(gfp: number): number {
    return kmemCacheReap(this, gfp);
  }

  /**
   * Sets the size of a cache's per-CPU arrays and how many objects move at once; limit 0 removes the arrays.
   *
   * @returns 0, -EINVAL (always on a uniprocessor kernel) or -ENOMEM
   * @linux 2.4.22 mm/slab.c kmem_tune_cpucache()
   */
  kmemTuneCpucache(cache: KmemCache, limit: number, batchcount: number): number {
    return tuneCpuCache(this, cache, limit, batchcount);
  }

  /** Recounts everything. @throws KernelBug that says what differs */
  check(): void {
    checkSlabAllocator(this);
  }

  /** The common allocation on an SMP machine: the top of this CPU's array as a kernel address; 0: go the whole way. */
  private pop(cache: KmemCache, gfp: number): Addr {
    const array = (cache.cpuArrays[this.cpu] as number) >>> 2;
    if (array === 0 || (gfp & GFP.DMA) !== cache.gfpflags) return 0;
    const { words } = this.memory;
    const avail = words[array] as number;
    if (avail === 0) return 0;
    words[array] = avail - 1;
    return (words[array + ENTRIES - 1 + avail] as number) >>> 0;
  }

  /** The common release on an SMP machine: onto this CPU's array; false: go the whole way. */
  private push(cache: KmemCache, obj: Addr): boolean {
    const array = (cache.cpuArrays[this.cpu] as number) >>> 2;
    if (array === 0) return false;
    const { words } = this.memory;
    const avail = words[array] as number;
    if (avail >= (words[array + LIMIT] as number)) return false;
    words[array + ENTRIES + avail] = obj;
    words[array] = avail + 1;
    return true;
  }

  private allocAddress(cache: KmemCache, gfp: number): Addr {
    const at = this.alloc(cache, gfp);
    return at === 0 ? 0 : (at | DIRECT_MAP) >>> 0;
  }

  /** @internal Takes an object; its physical address, 0 = no memory. @linux __kmem_cache_alloc() */
  alloc(cache: KmemCache, gfp: number): number {
    if ((gfp & GFP.DMA) !== cache.gfpflags) this.badZone(cache, gfp);
    for (;;) {
      const at = this.smp ? this.allocFromArray(cache) : this.allocOne(cache);
      if (at !== 0) return at;
      if (this.grow(cache, gfp) === 0) return 0;
    }
  }

  /** @internal Gives an object back. @linux __kmem_cache_free() */
  free(cache: KmemCache, at: number): void {
    if (!this.smp) {
      this.freeOne(cache, at);
      return;
    }
    const array = cache.cpuArrays[this.cpu] as number;
    if (array === 0) {
      this.freeOne(cache, at);
      return;
    }
    const { words } = this.memory;
    let avail = words[this.word(array)] as number;
    if (avail < (words[this.word(array + CPUCACHE.limit)] as number)) {
      if (this.debug) cache.stats.freeHit++;
    } else {
      if (this.debug) cache.stats.freeMiss++;
      avail -= cache.batchcount;
      words[this.word(array)] = avail;
      freeBlock(this, cache, array, avail, cache.batchcount);
    }
    words[this.word(array + CPUCACHE.entries + avail * 4)] = at | DIRECT_MAP;
    words[this.word(array)] = avail + 1;
  }

  /** Takes an object from this CPU's array, filled from the slabs if it is empty; 0: the cache must grow. */
  private allocFromArray(cache: KmemCache): number {
    const array = cache.cpuArrays[this.cpu] as number;
    if (array === 0) return this.allocOne(cache);
    const { words } = this.memory;
    let avail = words[this.word(array)] as number;
    if (avail > 0) {
      if (this.debug) cache.stats.allocHit++;
    } else {
      if (this.debug) cache.stats.allocMiss++;
      avail = this.allocBatch(cache, array);
      if (avail === 0) return 0;
    }
    avail--;
    words[this.word(array)] = avail;
    return (words[this.word(array + CPUCACHE.entries + avail * 4)] as number) & PHYSICAL;
  }

  /** Fills an empty array from the slabs, without growing the cache. Returns how many. @linux kmem_cache_alloc_batch() */
  private allocBatch(cache: KmemCache, array: number): number {
    const { words } = this.memory;
    let avail = 0;
    while (avail < cache.batchcount) {
      if (this.plain) {
        const taken = this.takeRun(
          cache,
          (array + CPUCACHE.entries + avail * 4) >>> 2,
          cache.batchcount - avail,
        );
        if (taken === 0) break;
        avail += taken;
        continue;
      }
      const at = this.allocOne(cache);
      if (at === 0) break;
      words[this.word(array + CPUCACHE.entries + avail * 4)] = at | DIRECT_MAP;
      avail++;
    }
    words[this.word(array)] = avail;
    return avail;
  }

  /**
   * Moves objects of one slab, the one whose turn it is, into an array: the same as so many {@link allocOne}, in one go.
   *
   * @param to word index of the first entry to be filled
   * @param most how many are wanted, >= 1
   * @returns how many were moved; 0 if no object is free
   */
  private takeRun(cache: KmemCache, to: number, most: number): number {
    const { words } = this.memory;
    const slab = this.lists.current(cache);
    if (slab === 0) return 0;
    const head = slab >>> 2;
    const links = head + SLAB_BUFCTL;
    const sMem = words[head + SLAB_S_MEM] as number;
    const { objsize } = cache;
    let index = words[head + SLAB_FREE] as number;
    let taken = 0;
    do {
      words[to + taken] = sMem + Math.imul(index, objsize);
      index = words[links + index] as number;
      taken++;
    } while (taken < most && index !== BUFCTL_END);
    words[head + SLAB_FREE] = index;
    words[head + SLAB_INUSE] = (words[head + SLAB_INUSE] as number) + taken;
    if (index === BUFCTL_END) this.lists.filled(cache, slab);
    return taken;
  }

  /** Takes an object from the slabs; 0 if none is free. @linux kmem_cache_alloc_one(), kmem_cache_alloc_one_tail() */
  private allocOne(cache: KmemCache): number {
    const { words } = this.memory;
    const slab = this.lists.current(cache);
    if (slab === 0) return 0;
    const inuse = this.word(slab + SLAB_T.inuse);
    words[inuse] = (words[inuse] as number) + 1;
    const free = this.word(slab + SLAB_T.free);
    const index = words[free] as number;
    const next = words[this.word(slab + SLAB_T.bufctl + index * 4)] as number;
    words[free] = next;
    if (next === BUFCTL_END) this.lists.filled(cache, slab);
    const at = ((words[this.word(slab + SLAB_T.sMem)] as number) & PHYSICAL) + index * cache.objsize;
    return this.debug ? markAllocated(this, cache, at) : at;
  }

  /** @internal Gives an object back to its slab. @linux kmem_cache_free_one() */
  freeOne(cache: KmemCache, obj: number): void {
    const { words } = this.memory;
    const slab = (this.pagePrev[obj >>> 12] as number) & PHYSICAL;
    const at = this.debug ? checkFreed(this, cache, slab, obj) : obj;
    const sMem = (words[this.word(slab + SLAB_T.sMem)] as number) & PHYSICAL;
    // Half a byte keeps the product clear of the whole numbers, where rounding could make it too small.
    const index = ((at - sMem + 0.5) * cache.inverse) | 0;
    const free = this.word(slab + SLAB_T.free);
    const first = words[free] as number;
    words[this.word(slab + SLAB_T.bufctl + index * 4)] = first;
    words[free] = index;
    const count = this.word(slab + SLAB_T.inuse);
    const inuse = (words[count] as number) - 1;
    words[count] = inuse;
    const wasFull = first === BUFCTL_END;
    if (inuse > 0 && !wasFull) return;
    if (inuse < 0) throw new KernelBug(`${cache.name}: an object of a slab without objects is freed`);
    this.lists.freed(cache, slab, wasFull, inuse);
  }

  /** Adds a slab to a cache; 0 if there is no memory. @linux kmem_cache_grow() */
  private grow(cache: KmemCache, gfp: number): 0 | 1 {
    if ((gfp & ~(GFP.DMA | SLAB_LEVEL_MASK | SLAB_NO_GROW)) !== 0) this.badZone(cache, gfp);
    if ((gfp & SLAB_NO_GROW) !== 0) return 0;
    const atomic = (gfp & SLAB_LEVEL_MASK) === GFP_ATOMIC;
    if (this.allocator.inInterrupt && !atomic) {
      throw new KernelBug(`${cache.name}: an interrupt handler allocates and is willing to wait`);
    }
    const offset = cache.colourNext * cache.colourOff;
    cache.colourNext = cache.colourNext + 1 >= cache.colour ? 0 : cache.colourNext + 1;
    this.store(cache.at + this.layout.colourNext, cache.colourNext);
    this.setDflags(cache, DFLGS_GROWN);
    this.setGrowing(cache, cache.growing + 1);
    const pfn = this.allocator.allocPages(gfp | cache.gfpflags, cache.gfporder);
    let slab = 0;
    let colouroff = offset;
    if (pfn !== 0) {
      slab = pfn * PAGE + offset;
      if (cache.slabpCache !== null) slab = this.alloc(cache.slabpCache, gfp & SLAB_LEVEL_MASK);
      else colouroff += cache.slabSize;
      if (slab === 0) this.allocator.freePages(pfn, cache.gfporder);
    }
    if (this.trace.on) this.traceGrow(cache, pfn, slab, colouroff, gfp);
    if (slab !== 0) {
      this.initSlab(cache, pfn, slab, colouroff, SLAB_CTOR.CONSTRUCTOR | (atomic ? SLAB_CTOR.ATOMIC : 0));
    }
    this.setGrowing(cache, cache.growing - 1);
    if (slab === 0) return 0;
    this.lists.add(cache, slab);
    if (this.debug) cache.stats.grown++;
    return 1;
  }

  /** Makes a block of pages a slab whose objects are all free. @linux kmem_cache_slabmgmt(), kmem_cache_init_objs() */
  private initSlab(cache: KmemCache, pfn: number, slab: number, colouroff: number, ctorFlags: number): void {
    const { num, objsize } = cache;
    const sMem = pfn * PAGE + colouroff;
    for (let page = pfn; page < pfn + (1 << cache.gfporder); page++) {
      this.pageFlags[page] = (this.pageFlags[page] as number) | PG.slab;
      this.pageNext[page] = cache.at | DIRECT_MAP;
      this.pagePrev[page] = slab | DIRECT_MAP;
      this.cacheOfFrame[page] = cache.id;
    }
    this.store(slab + SLAB_T.colouroff, colouroff);
    this.store(slab + SLAB_T.sMem, sMem | DIRECT_MAP);
    this.store(slab + SLAB_T.inuse, 0);
    this.store(slab + SLAB_T.free, 0);
    for (let i = 0; i < num; i++) {
      if (this.debug) initDebugObject(this, cache, sMem + i * objsize, ctorFlags);
      else if (cache.ctor !== null) cache.ctor((sMem + i * objsize + 0xc0000000) >>> 0, cache, ctorFlags);
      this.store(slab + SLAB_T.bufctl + i * 4, i + 1 === num ? BUFCTL_END : i + 1);
    }
  }

  /** @internal Gives a slab's pages back; it must be on no list. @linux kmem_slab_destroy() */
  slabDestroy(cache: KmemCache, slab: number): void {
    const sMem = this.load(slab + SLAB_T.sMem) & PHYSICAL;
    const pfn = (sMem - this.load(slab + SLAB_T.colouroff)) >>> 12;
    if (cache.dtor !== null || this.debug) {
      for (let i = 0; i < cache.num; i++) {
        const at = sMem + i * cache.objsize;
        if (this.debug) verifyDestroyed(this, cache, at);
        else (cache.dtor as SlabConstructor)((at + 0xc0000000) >>> 0, cache, 0);
      }
    }
    for (let page = pfn; page < pfn + (1 << cache.gfporder); page++) {
      this.pageFlags[page] = (this.pageFlags[page] as number) & ~PG.slab;
      this.cacheOfFrame[page] = 0;
    }
    if (this.trace.on) this.trace.emit(MM_SLAB_DESTROY, cache.traceName, pfn, cache.gfporder);
    this.allocator.freePages(pfn, cache.gfporder);
    if (cache.slabpCache !== null) this.free(cache.slabpCache, slab);
  }

  /** @internal */
  setGrowing(cache: KmemCache, growing: number): void {
    cache.growing = growing;
    this.store(cache.at + this.layout.growing, growing);
  }

  /** @internal */
  setDflags(cache: KmemCache, dflags: number): void {
    cache.dflags = dflags;
    this.store(cache.at + this.layout.dflags, dflags);
  }

  /** Fills in the descriptor at `at`, which is zero otherwise, and makes the object that stands for it here. */
  private describe(
    name: string,
    at: number,
    geometry: CacheGeometry,
    slabpCache: KmemCache | null,
    ctor: SlabConstructor | null,
    dtor: SlabConstructor | null,
  ): KmemCache {
    let id = this.cachesById.indexOf(null, 1);
    if (id < 0) id = this.cachesById.length;
    if (id > 0xffff) throw new KernelBug(`more than ${0xffff} slab caches`);
    const traceName = this.trace.intern(name);
    const cache = new KmemCache(name, at, id, traceName, geometry, slabpCache, ctor, dtor);
    this.cachesById[id] = cache;
    const { layout } = this;
    this.fill(at, layout.bytes, 0);
    this.lists.init(cache);
    this.store(at + layout.objsize, cache.objsize);
    this.store(at + layout.flags, cache.flags);
    this.store(at + layout.num, cache.num);
    this.store(at + layout.gfporder, cache.gfporder);
    this.store(at + layout.gfpflags, cache.gfpflags);
    this.store(at + layout.colour, cache.colour);
    this.store(at + layout.colourOff, cache.colourOff);
    this.store(at + layout.slabpCache, slabpCache === null ? 0 : slabpCache.at | DIRECT_MAP);
    this.store(at + layout.ctor, ctor === null ? 0 : SOME_FUNCTION);
    this.store(at + layout.dtor, dtor === null ? 0 : SOME_FUNCTION);
    for (let i = 0; i < name.length; i++) {
      const byte = at + layout.name + i;
      this.store(byte & ~3, this.load(byte & ~3) | (name.charCodeAt(i) << ((byte & 3) * 8)));
    }
    return cache;
  }

  /** Puts a cache right behind cache_cache. */
  private insertInChain(cache: KmemCache): void {
    cache.next = this.cacheCache.next;
    this.cacheCache.next = cache;
    this.listAdd(cache.at + this.layout.next, this.cacheCache.at + this.layout.next);
  }

  private removeFromChain(cache: KmemCache): void {
    let before = this.cacheCache;
    while (before.next !== cache) before = before.next;
    before.next = cache.next;
    this.listDel(cache.at + this.layout.next);
  }

  /** What CONFIG_DEBUG_SLAB makes of a request's flags. */
  private debugFlags(name: string, size: number, flags: number, hasCtor: boolean): number {
    let result = flags;
    if ((result & SLAB.DEBUG_INITIAL) !== 0 && !hasCtor) {
      this.print(`kmem_create: No con, but init state check requested - ${name}`);
      result &= ~SLAB.DEBUG_INITIAL;
    }
    if ((result & SLAB.POISON) !== 0 && hasCtor) {
      this.print(`kmem_create: Poisoning requested, but con given - ${name}`);
      result &= ~SLAB.POISON;
    }
    if (size < PAGE >> 3 && (result & SLAB.MUST_HWCACHE_ALIGN) === 0) result |= SLAB.RED_ZONE;
    if (!hasCtor) result |= SLAB.POISON;
    return result;
  }

  private traceGrow(cache: KmemCache, pfn: number, slab: number, colouroff: number, gfp: number): void {
    const address = slab === 0 ? 0 : slab + 0xc0000000;
    const outcome = slab === 0 ? 0 : 1;
    this.trace.emit(MM_SLAB_GROW, cache.traceName, pfn, cache.gfporder, address, colouroff, gfp, outcome);
  }

  private badZone(cache: KmemCache, gfp: number): never {
    throw new KernelBug(
      `${cache.name}: allocation with gfp 0x${gfp.toString(16)}, which its pages cannot serve`,
    );
  }

  private badFree(cache: KmemCache | null, obj: Addr): never {
    const name = cache === null ? 'any cache' : cache.name;
    throw new KernelBug(`kfree: bad ptr ${obj.toString(16)}h: no object of ${name}`);
  }
}
