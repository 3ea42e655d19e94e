import { slabsOn } from './check.ts';
import { CACHE } from './descriptor-layout.ts';
import type { KmemCache } from './kmem-cache.ts';
import type { SlabLists, SlabsByUse, SlabVariant } from './slab-lists.ts';
import type { SlabMemory } from './slab-memory.ts';

const PHYSICAL = 0x3fffffff;
/** Pages that end reap's search. */
const REAP_PERFECT = 10;

/**
 * A list each for full, partial and free slabs. Whatever changes its state goes to the head of its new list; a new slab to the
 * tail of the free ones.
 *
 * @linux 2.4.22 mm/slab.c slabs_full, slabs_partial, slabs_free
 */
export class ThreeLists implements SlabLists {
  readonly bytes = 24;
  private readonly memory: SlabMemory;

  constructor(memory: SlabMemory) {
    this.memory = memory;
  }

  init(cache: KmemCache): void {
    this.memory.initList(cache.at + CACHE.slabsFull);
    this.memory.initList(cache.at + CACHE.slabsPartial);
    this.memory.initList(cache.at + CACHE.slabsFree);
  }

  current(cache: KmemCache): number {
    const partial = cache.at + CACHE.slabsPartial;
    const slab = this.memory.load(partial) & PHYSICAL;
    return slab !== partial ? slab : this.takeFirstFree(cache, partial);
  }

  filled(cache: KmemCache, slab: number): void {
    this.memory.listDel(slab);
    this.memory.listAdd(slab, cache.at + CACHE.slabsFull);
  }

  freed(cache: KmemCache, slab: number, _wasFull: boolean, inuse: number): void {
    this.memory.listDel(slab);
    this.memory.listAdd(slab, cache.at + (inuse > 0 ? CACHE.slabsPartial : CACHE.slabsFree));
  }

  add(cache: KmemCache, slab: number): void {
    this.memory.listAddTail(slab, cache.at + CACHE.slabsFree);
  }

  countFree(cache: KmemCache): number {
    const list = cache.at + CACHE.slabsFree;
    let count = 0;
    for (let at = this.memory.load(list) & PHYSICAL; at !== list; at = this.memory.load(at) & PHYSICAL)
      count++;
    return count;
  }

  takeFree(cache: KmemCache): number {
    const list = cache.at + CACHE.slabsFree;
    const slab = this.memory.load(list + 4) & PHYSICAL;
    if (slab === list) return 0;
    this.memory.listDel(slab);
    return slab;
  }

  anyUsed({ at }: KmemCache): boolean {
    const used = (list: number) => (this.memory.load(at + list) & PHYSICAL) !== at + list;
    return used(CACHE.slabsFull) || used(CACHE.slabsPartial);
  }

  byUse(cache: KmemCache): SlabsByUse {
    return {
      full: slabsOn(this.memory, cache, CACHE.slabsFull),
      partial: slabsOn(this.memory, cache, CACHE.slabsPartial),
      free: slabsOn(this.memory, cache, CACHE.slabsFree),
    };
  }

  /** Moves the first free slab to the partial ones; 0 if there is none. */
  private takeFirstFree(cache: KmemCache, partial: number): number {
    const list = cache.at + CACHE.slabsFree;
    const slab = this.memory.load(list) & PHYSICAL;
    if (slab === list) return 0;
    this.memory.listDel(slab);
    this.memory.listAdd(slab, partial);
    return slab;
  }
}

/** The slab allocator of 2.4.20 and 2.4.22. */
export const THREE_LISTS: SlabVariant = {
  lists: (memory) => new ThreeLists(memory),
  reapIsPerfect: (_freeSlabs, pages) => pages >= REAP_PERFECT,
  reapSlabs: (freeSlabs) => Math.floor((freeSlabs + 1) / 2),
  shrinkTellsPages: true,
  hugeKmallocIsBug: false,
};
