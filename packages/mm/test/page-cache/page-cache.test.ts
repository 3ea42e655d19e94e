import { describe, expect, it } from 'vitest';
import { GFP_HIGHUSER } from '../../src/page-allocator/gfp.ts';
import { pageHash } from '../../src/page-cache/hash.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { CacheMachine } from './cache-machine.ts';

function setup() {
  const machine = new CacheMachine();
  const { cache, allocator, memMap } = machine;
  const mapping = cache.newMapping(null, {}, GFP_HIGHUSER);
  const page = () => allocator.allocPages(GFP_HIGHUSER, 0);
  const flag = (pfn: number, bit: number) => ((memMap.flags[pfn] as number) & bit) !== 0;
  return { machine, cache, allocator, memMap, mapping, page, flag };
}

describe('insert, find, remove (sheet 3 A3)', () => {
  it('a new page is locked, clean, inactive, and holds one more reference', () => {
    const { cache, memMap, mapping, page, flag } = setup();
    const pfn = page();
    cache.setFlags(pfn, PG.uptodate | PG.error | PG.referenced | PG.arch1 | PG.checked | PG.dirty);
    cache.addToPageCache(pfn, mapping, 5);
    expect(memMap.count[pfn]).toBe(2);
    expect(memMap.flags[pfn]).toBe(PG.locked | PG.lru);
    expect(mapping.nrpages).toBe(1);
    expect(cache.pageCacheSize).toBe(1);
    expect(memMap.next[mapping.cleanPages]).toBe(pfn);
    expect(cache.findPage(mapping, 5)).toBe(pfn);
    expect(cache.findPage(mapping, 4)).toBe(0);
    expect(flag(pfn, PG.locked)).toBe(true);
  });

  it('an alias is refused and nothing changes', () => {
    const { cache, memMap, mapping, page } = setup();
    const first = page();
    const second = page();
    expect(cache.addToPageCacheUnique(first, mapping, 5)).toBe(true);
    expect(cache.addToPageCacheUnique(second, mapping, 5)).toBe(false);
    expect(memMap.count[second]).toBe(1);
    expect(memMap.mapping[second]).toBe(0);
  });

  it('a bucket is a stack: the newest page comes first', () => {
    const { cache, memMap, page } = setup();
    const a = cache.newMapping(null, {}, GFP_HIGHUSER);
    const b = cache.newMapping(null, {}, GFP_HIGHUSER);
    const first = page();
    const second = page();
    cache.addToPageCache(first, a, 29);
    // Inodes are 464 bytes apart, which is 29 pages of hash.
    cache.addToPageCache(second, b, 0);
    expect(cache.bucketOf(a.id, 29)).toBe(cache.bucketOf(b.id, 0));
    expect(cache.bucketHead(cache.bucketOf(a.id, 29))).toBe(second);
    expect(memMap.nextHash[second]).toBe(first);
    cache.removeInodePage(first);
    expect(memMap.nextHash[second]).toBe(0);
    expect(cache.findPage(a, 29)).toBe(0);
    expect(cache.findPage(b, 0)).toBe(second);
  });

  it("buckets are those of the kernel's function", () => {
    const { cache } = setup();
    for (const index of [0, 1, 1000, 0xffffffff]) {
      expect(cache.bucketOf(3, index)).toBe(pageHash(0xc1000000 + 3 * 464, index, cache.pageHashBits));
    }
  });

  it('an index above 2^31 is found again', () => {
    const { cache, mapping, page } = setup();
    const pfn = page();
    cache.addToPageCache(pfn, mapping, 0xfffffffe);
    expect(cache.findGetPage(mapping, 0xfffffffe)).toBe(pfn);
  });

  it('removal leaves count and LRU alone, and asks for the lock', () => {
    const { cache, memMap, mapping, page, flag } = setup();
    const pfn = page();
    cache.addToPageCache(pfn, mapping, 0);
    cache.unlockPage(pfn);
    expect(() => cache.removeInodePage(pfn)).toThrow(/not locked/);
    cache.lockPage(pfn);
    cache.removeInodePage(pfn);
    expect(memMap.count[pfn]).toBe(2);
    expect(flag(pfn, PG.lru)).toBe(true);
    expect(mapping.nrpages).toBe(0);
    expect(cache.pageCacheSize).toBe(0);
    cache.freeMapping(mapping);
  });

  it('setPageDirty moves the page to the dirty list once; the flag alone does not', () => {
    const { cache, memMap, mapping, page } = setup();
    const pfn = page();
    cache.addToPageCache(pfn, mapping, 0);
    cache.setPageDirty(pfn);
    expect(memMap.next[mapping.dirtyPages]).toBe(pfn);
    cache.clearFlags(pfn, PG.dirty);
    expect(memMap.next[mapping.dirtyPages]).toBe(pfn);
    const other = page();
    cache.addToPageCache(other, mapping, 1);
    cache.setFlags(other, PG.dirty);
    cache.setPageDirty(other);
    expect(memMap.next[mapping.cleanPages]).toBe(other);
  });

  it('numbers and list heads of mappings are used again', () => {
    const { cache } = setup();
    const first = cache.newMapping(null, {}, GFP_HIGHUSER);
    cache.freeMapping(first);
    for (let i = 0; i < 5000; i++) {
      const next = cache.newMapping(null, {}, GFP_HIGHUSER);
      expect([next.id, next.cleanPages, next.lockedPages]).toEqual([
        first.id,
        first.cleanPages,
        first.lockedPages,
      ]);
      cache.freeMapping(next);
    }
  });

  it('a page that nobody will unlock is a bug, not a hang', () => {
    const { cache, mapping, page } = setup();
    const pfn = page();
    cache.addToPageCache(pfn, mapping, 0);
    expect(() => cache.lockPage(pfn)).toThrow(/nobody is left/);
    cache.unlockPage(pfn);
    expect(() => cache.unlockPage(pfn)).toThrow(/was not locked/);
  });
});

describe('LRU lists (sheet 3 B1)', () => {
  it.each([
    [0, 0, 0, 1],
    [0, 1, 1, 0],
    [1, 0, 1, 1],
    [1, 1, 1, 1],
  ])('mark_page_accessed: active %i, referenced %i -> %i, %i', (active, referenced, active2, referenced2) => {
    const { machine, cache, page, flag } = setup();
    const pfn = page();
    cache.lruCacheAdd(pfn);
    if (active === 1) cache.activatePage(pfn);
    if (referenced === 1) cache.setFlags(pfn, PG.referenced);
    cache.markPageAccessed(pfn);
    expect([flag(pfn, PG.active), flag(pfn, PG.referenced)].map(Number)).toEqual([active2, referenced2]);
    expect([cache.nrActivePages, cache.nrInactivePages]).toEqual([active2, 1 - active2]);
    machine.check();
  });

  it('off the LRU a second touch only clears the mark', () => {
    const { cache, memMap, page } = setup();
    const pfn = page();
    cache.markPageAccessed(pfn);
    cache.markPageAccessed(pfn);
    expect(memMap.flags[pfn]).toBe(0);
    expect(cache.nrActivePages).toBe(0);
  });

  it('new pages and activated pages go to the head; the touched mark stays on activate', () => {
    const { cache, memMap, page, flag } = setup();
    const [a, b] = [page(), page()];
    cache.lruCacheAdd(a);
    cache.lruCacheAdd(b);
    cache.lruCacheAdd(a);
    expect(memMap.lruNext[cache.inactiveList]).toBe(b);
    expect(memMap.lruPrev[cache.inactiveList]).toBe(a);
    cache.setFlags(a, PG.referenced);
    cache.activatePage(a);
    cache.activatePage(a);
    cache.activatePage(b);
    expect(flag(a, PG.referenced)).toBe(true);
    expect(memMap.lruNext[cache.activeList]).toBe(b);
    cache.lruCacheDel(b);
    cache.lruCacheDel(b);
    expect([cache.nrActivePages, cache.nrInactivePages]).toEqual([1, 0]);
    expect(memMap.flags[b]).toBe(0);
  });

  it('the allocator takes a page that is freed off its list', () => {
    const { machine, cache, allocator, page } = setup();
    const pfn = page();
    cache.lruCacheAdd(pfn);
    cache.activatePage(pfn);
    allocator.putPage(pfn);
    machine.expectAllFree();
  });
});

describe('tracepoints', () => {
  it('tell of pages that enter and leave the cache and the lists', () => {
    const { machine, cache, mapping, page } = setup();
    const pfn = page();
    machine.trace.on = true;
    cache.addToPageCache(pfn, mapping, 7);
    cache.activatePage(pfn);
    cache.removeInodePage(pfn);
    const names = [...machine.trace.events()].map(({ name, values }) => [
      name,
      values['pfn'],
      values['index'],
    ]);
    expect(names).toEqual([
      ['mm_filemap_add_to_page_cache', pfn, 7],
      ['mm_lru_insertion', pfn, undefined],
      ['mm_lru_activate', pfn, undefined],
      ['mm_filemap_delete_from_page_cache', pfn, 7],
    ]);
  });
});

describe('checkPageCache notices', () => {
  it.each<[string, (parts: ReturnType<typeof setup>, pfn: number) => void, RegExp]>([
    ['a wrong nrpages', ({ mapping }) => mapping.nrpages++, /counted 2/],
    ['a wrong pageCacheSize', ({ cache }) => cache.pageCacheSize++, /1 pages are hashed, counted 2/],
    ['a wrong LRU counter', ({ cache }) => cache.nrInactivePages++, /inactive list has 1 pages/],
    ['a lost flag', ({ cache }, pfn) => cache.clearFlags(pfn, PG.lru), /without PG_lru/],
    ['a wrong list', ({ cache }, pfn) => cache.setFlags(pfn, PG.active), /its flag says not/],
    ['a moved index', ({ memMap }, pfn) => (memMap.index[pfn] = 6), /not in its own/],
    ['a lock that stayed', ({ cache }, pfn) => cache.lockPage(pfn), /locked by nobody/],
  ])('%s', (_name, harm, message) => {
    const parts = setup();
    const pfn = parts.page();
    parts.cache.addToPageCache(pfn, parts.mapping, 5);
    parts.cache.unlockPage(pfn);
    parts.machine.check();
    harm(parts, pfn);
    expect(() => parts.machine.check()).toThrow(message);
  });
});
