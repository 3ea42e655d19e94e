import { KernelBug } from '../kernel-bug.ts';
import { PG } from '../physical/mem-map.ts';
import type { Pfn } from '../types.ts';
import type { AddressSpace } from './address-space.ts';
import { AgingPageCache } from './aging-page-cache.ts';
import type { PageCache } from './page-cache.ts';

function fail(message: string): never {
  throw new KernelBug(`page cache: ${message}`);
}

/**
 * Recounts the page cache and the LRU lists:
 *
 * - each page of a mapping's lists names that mapping, lies in its bucket once, and has a reference; lists add up to nrpages,
 * - the chains hold exactly those pages, pageCacheSize of them,
 * - no (mapping, index) is there twice,
 * - each page of an LRU list has PG_lru, the active flag of its list and a reference; lists add up to the counters,
 * - no cached page is locked but by I/O of its buffers.
 *
 * Call it between system calls. Cost: the cached pages and the LRU pages, not the machine's size.
 *
 * @param underIo whether I/O holds a page's lock
 * @throws KernelBug that says what differs
 */
export function checkPageCache(cache: PageCache, underIo: (pfn: Pfn) => boolean = () => false): void {
  const hashed = checkChains(cache, underIo);
  let listed = 0;
  cache.forEachMapping((mapping) => {
    listed += checkMapping(cache, mapping, hashed);
  });
  if (hashed.size !== cache.pageCacheSize)
    fail(`${hashed.size} pages are hashed, counted ${cache.pageCacheSize}`);
  if (listed !== hashed.size) fail(`${listed} pages are on mappings' lists, ${hashed.size} are hashed`);
  if (cache instanceof AgingPageCache) {
    for (const fault of cache.aging.check(cache.allocator.zones)) fail(fault);
    return;
  }
  checkLru(cache, cache.activeList, true, cache.nrActivePages);
  checkLru(cache, cache.inactiveList, false, cache.nrInactivePages);
}

/** The pages in the hash table. */
function checkChains(cache: PageCache, underIo: (pfn: Pfn) => boolean): Set<Pfn> {
  const { memMap } = cache;
  const hashed = new Set<Pfn>();
  const keys = new Set<string>();
  for (let bucket = 0; bucket < 2 ** cache.pageHashBits; bucket++) {
    for (let pfn = cache.bucketHead(bucket); pfn !== 0; pfn = memMap.nextHash[pfn] as Pfn) {
      if (hashed.has(pfn)) fail(`page ${pfn} is hashed twice`);
      hashed.add(pfn);
      const id = memMap.mapping[pfn] as number;
      const index = (memMap.index[pfn] as number) >>> 0;
      if (id === 0) fail(`page ${pfn} is hashed but has no mapping`);
      if (cache.bucketOf(id, index) !== bucket) fail(`page ${pfn} is in bucket ${bucket}, not in its own`);
      const key = `${id}:${index}`;
      if (keys.has(key)) fail(`mapping ${id} has two pages ${index}`);
      keys.add(key);
      if ((memMap.count[pfn] as number) < 1) fail(`page ${pfn} is cached without a reference`);
      const locked = ((memMap.flags[pfn] as number) & PG.locked) !== 0;
      if (locked && !underIo(pfn)) fail(`page ${pfn} is locked by nobody`);
    }
  }
  return hashed;
}

/** One mapping's lists; the number of their pages. */
function checkMapping(cache: PageCache, mapping: AddressSpace, hashed: Set<Pfn>): number {
  const { next, prev, mapping: mappingOf } = cache.memMap;
  let pages = 0;
  for (const head of [mapping.cleanPages, mapping.dirtyPages, mapping.lockedPages]) {
    let before = head;
    for (let pfn = next[head] as Pfn; pfn !== head; pfn = next[pfn] as Pfn) {
      if (prev[pfn] !== before) fail(`page ${pfn} and the page before it on mapping ${mapping.id} disagree`);
      if (mappingOf[pfn] !== mapping.id)
        fail(`page ${pfn} is on a list of mapping ${mapping.id}, not its own`);
      if (!hashed.has(pfn)) fail(`page ${pfn} of mapping ${mapping.id} is not hashed`);
      before = pfn;
      if (++pages > mapping.nrpages) fail(`mapping ${mapping.id} has more pages than ${mapping.nrpages}`);
    }
  }
  if (pages !== mapping.nrpages) fail(`mapping ${mapping.id} has ${pages} pages, counted ${mapping.nrpages}`);
  return pages;
}

function checkLru(cache: PageCache, head: number, active: boolean, counted: number): void {
  const { lruNext, lruPrev, flags, count } = cache.memMap;
  const name = active ? 'active' : 'inactive';
  let pages = 0;
  let before = head;
  for (let pfn = lruNext[head] as Pfn; pfn !== head; pfn = lruNext[pfn] as Pfn) {
    if (lruPrev[pfn] !== before) fail(`page ${pfn} and the page before it on the ${name} list disagree`);
    const bits = flags[pfn] as number;
    if ((bits & PG.lru) === 0) fail(`page ${pfn} is on the ${name} list without PG_lru`);
    if (((bits & PG.active) !== 0) !== active) fail(`page ${pfn} is on the ${name} list, its flag says not`);
    if ((bits & (PG.slab | PG.reserved)) !== 0) fail(`page ${pfn} on the ${name} list is the kernel's own`);
    if ((count[pfn] as number) < 1) fail(`page ${pfn} is on the ${name} list without a reference`);
    before = pfn;
    if (++pages > counted) fail(`the ${name} list is longer than ${counted}`);
  }
  if (pages !== counted) fail(`the ${name} list has ${pages} pages, counted ${counted}`);
}
