/**
 * CONFIG_DEBUG_SLAB: guard words around small objects and a pattern in free ones, so that a write past an object, a second
 * free, or a write after free is found when the object changes hands.
 *
 * ```
 *  objsize:  [RED_MAGIC][ object, 5a 5a 5a … a5 when free ][RED_MAGIC]
 * ```
 */
import { KernelBug } from '../kernel-bug.ts';
import { SLAB_T } from './descriptor-layout.ts';
import type { KmemCache } from './kmem-cache.ts';
import type { SlabAllocator } from './slab-allocator.ts';
import { BUFCTL_END, SLAB, SLAB_CTOR } from './slab-flags.ts';

/** Guard word of a free object. The kernel's comments say it the other way round. @linux RED_MAGIC1 */
export const RED_INACTIVE = 0x5a2cf071;
/** Guard word of an object in use. @linux RED_MAGIC2 */
export const RED_ACTIVE = 0x170fc2a5;
/** Every byte of a free object, and its last. @linux POISON_BYTE, POISON_END */
const POISON_BYTE = 0x5a;
const POISON_END = 0xa5;

const PHYSICAL = 0x3fffffff;

/** An object of a new slab gets guard words, is constructed, and poisoned. @linux kmem_cache_init_objs() */
export function initDebugObject(slab: SlabAllocator, cache: KmemCache, at: number, ctorFlags: number): void {
  const guarded = (cache.flags & SLAB.RED_ZONE) !== 0;
  if (guarded) setGuards(slab, cache, at, RED_INACTIVE);
  if (cache.ctor !== null) cache.ctor((at + (guarded ? 4 : 0) + 0xc0000000) >>> 0, cache, ctorFlags);
  if ((cache.flags & SLAB.POISON) !== 0) poison(slab, cache, at);
  if (guarded) expectGuards(slab, cache, at, RED_INACTIVE, 'its constructor wrote past it');
}

/** An object is handed out: it must be as it was left. Returns what its user gets. @linux kmem_cache_alloc_one_tail() */
export function markAllocated(slab: SlabAllocator, cache: KmemCache, at: number): number {
  const { stats } = cache;
  stats.numAllocations++;
  stats.numActive++;
  if (stats.numActive > stats.highMark) stats.highMark = stats.numActive;
  if ((cache.flags & SLAB.POISON) !== 0) expectPoison(slab, cache, at);
  if ((cache.flags & SLAB.RED_ZONE) === 0) return at;
  expectGuards(slab, cache, at, RED_INACTIVE, 'somebody wrote past an object while it was free');
  setGuards(slab, cache, at, RED_ACTIVE);
  return at + 4;
}

/** An object comes back. Returns where it begins, guard word included. @linux kmem_cache_free_one() */
export function checkFreed(slab: SlabAllocator, cache: KmemCache, slabAt: number, obj: number): number {
  cache.stats.numActive--;
  // The constructor sees the object as its user saw it.
  if ((cache.flags & SLAB.DEBUG_INITIAL) !== 0 && cache.ctor !== null) {
    cache.ctor((obj + 0xc0000000) >>> 0, cache, SLAB_CTOR.CONSTRUCTOR | SLAB_CTOR.VERIFY);
  }
  let at = obj;
  if ((cache.flags & SLAB.RED_ZONE) !== 0) {
    at -= 4;
    expectGuards(slab, cache, at, RED_ACTIVE, 'it is freed twice, or somebody wrote past it');
    setGuards(slab, cache, at, RED_INACTIVE);
  }
  if ((cache.flags & SLAB.POISON) !== 0) poison(slab, cache, at);
  extraFreeChecks(slab, cache, slabAt, at);
  return at;
}

/** A slab goes: its free objects must be untouched. @linux kmem_slab_destroy() */
export function verifyDestroyed(slab: SlabAllocator, cache: KmemCache, at: number): void {
  const guarded = (cache.flags & SLAB.RED_ZONE) !== 0;
  if (guarded) expectGuards(slab, cache, at, RED_INACTIVE, 'somebody wrote past it while it was free');
  if (cache.dtor !== null) cache.dtor((at + (guarded ? 4 : 0) + 0xc0000000) >>> 0, cache, 0);
  if ((cache.flags & SLAB.POISON) !== 0) expectPoison(slab, cache, at);
}

/** @linux kmem_extra_free_checks() */
function extraFreeChecks(slab: SlabAllocator, cache: KmemCache, slabAt: number, at: number): void {
  const sMem = slab.load(slabAt + SLAB_T.sMem) & PHYSICAL;
  const index = Math.floor((at - sMem) / cache.objsize);
  if (index < 0 || index >= cache.num || at !== sMem + index * cache.objsize) {
    fail(cache, at, 'the pointer is not the start of an object');
  }
  let free = slab.load(slabAt + SLAB_T.free);
  for (let steps = 0; free !== BUFCTL_END; steps++) {
    if (free === index || steps > cache.num) fail(cache, at, 'it is free already');
    free = slab.load(slabAt + SLAB_T.bufctl + free * 4);
  }
}

function setGuards(slab: SlabAllocator, cache: KmemCache, at: number, magic: number): void {
  slab.store(at, magic);
  slab.store(at + cache.objsize - 4, magic);
}

function expectGuards(slab: SlabAllocator, cache: KmemCache, at: number, magic: number, why: string): void {
  if (slab.load(at) !== magic || slab.load(at + cache.objsize - 4) !== magic) fail(cache, at, why);
}

function poison(slab: SlabAllocator, cache: KmemCache, at: number): void {
  const guard = (cache.flags & SLAB.RED_ZONE) !== 0 ? 4 : 0;
  slab.fill(at + guard, cache.objsize - 2 * guard, POISON_BYTE);
  const last = at + cache.objsize - guard - 4;
  slab.store(last, (slab.load(last) & 0x00ffffff) | (POISON_END << 24));
}

/** The first end byte must be the last byte; what stands before it does not matter. @linux kmem_check_poison_obj() */
function expectPoison(slab: SlabAllocator, cache: KmemCache, at: number): void {
  const guard = (cache.flags & SLAB.RED_ZONE) !== 0 ? 4 : 0;
  const last = at + cache.objsize - guard - 1;
  for (let byte = at + guard; byte <= last; byte++) {
    const value = (slab.load(byte & ~3) >>> ((byte & 3) * 8)) & 0xff;
    if ((value === POISON_END) !== (byte === last)) fail(cache, at, 'somebody wrote to it while it was free');
  }
}

function fail(cache: KmemCache, at: number, why: string): never {
  throw new KernelBug(`slab ${cache.name}: object ${(at + 0xc0000000).toString(16)}: ${why}`);
}
