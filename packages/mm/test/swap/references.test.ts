import { describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { GFP_HIGHUSER } from '../../src/page-allocator/gfp.ts';
import { SWAP_MAP_BAD, SWAP_MAP_MAX, type SwapInfo } from '../../src/swap/swap-info.ts';
import { swpEntry, swpOffset } from '../../src/swap/swp-entry.ts';
import { PG, SwapWorld } from './swap-world.ts';

describe('references to slots (sheet 3 C3)', () => {
  it('swap_duplicate: counts up to 0x7ffe, then sticks at 0x7fff and warns five times', () => {
    const world = new SwapWorld();
    const entry = world.areas.getSwapPage();
    const map = (world.areas.areas[0] as SwapInfo).swapMap;
    const slot = swpOffset(entry);
    expect(world.areas.swapDuplicate(entry)).toBe(true);
    expect(map[slot]).toBe(2);
    map[slot] = SWAP_MAP_MAX - 2;
    expect(world.areas.swapDuplicate(entry)).toBe(true);
    expect(map[slot]).toBe(SWAP_MAP_MAX - 1);
    const lines = world.log().length;
    for (let i = 0; i < 7; i++) expect(world.areas.swapDuplicate(entry)).toBe(true);
    expect(map[slot]).toBe(SWAP_MAP_MAX);
    expect(world.log(lines)).toEqual(Array(5).fill('swap_dup: swap entry overflow'));
    // Nobody knows any more how many there are: it stays.
    world.areas.swapFree(entry);
    expect(map[slot]).toBe(SWAP_MAP_MAX);
    map[slot] = 1;
    world.areas.swapFree(entry);
    world.check();
  });

  it('swap_duplicate refuses free and bad slots, offsets beyond the end, and areas that do not exist', () => {
    const world = new SwapWorld();
    const area = world.areas.areas[0] as SwapInfo;
    expect(world.areas.swapDuplicate(swpEntry(0, 5))).toBe(false);
    area.swapMap[5] = SWAP_MAP_BAD;
    expect(world.areas.swapDuplicate(swpEntry(0, 5))).toBe(false);
    area.swapMap[5] = 0;
    expect(world.areas.swapDuplicate(swpEntry(0, area.max))).toBe(false);
    const lines = world.log().length;
    expect(world.areas.swapDuplicate(swpEntry(3, 1))).toBe(false);
    expect(world.log(lines)).toEqual(['swap_dup: Bad swap file entry 00000106']);
  });

  it('swap_free of what is no entry in use says so and does nothing', () => {
    const world = new SwapWorld();
    const path = world.disk(20);
    expect(world.init.swapon(path)).toBe(0);
    expect(world.init.swapoff(path)).toBe(0);
    const max = (world.areas.areas[0] as SwapInfo).max;
    const lines = world.log().length;
    for (const entry of [swpEntry(9, 1), swpEntry(1, 1), swpEntry(0, max), swpEntry(0, 7), 0]) {
      world.areas.swapFree(entry);
    }
    expect(world.log(lines)).toEqual([
      'swap_free: Bad swap file entry 00000112',
      'swap_free: Unused swap file entry 00000102',
      `swap_free: Bad swap offset entry ${(max * 256).toString(16).padStart(8, '0')}`,
      'swap_free: Unused swap offset entry 00000700',
    ]);
    world.check();
  });

  it('free_swap_and_cache: the last user but the cache takes the cached page along', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 1);
    const pfn = world.pfn(task, at);
    const entry = world.unmap(task, at);
    expect([world.map(entry), world.count(pfn)]).toEqual([2, 1]);
    expect(task.munmap(at, 4096)).toBe(0);
    expect([world.map(entry), world.count(pfn)]).toEqual([0, 0]);
    world.check();
  });

  it('free_swap_and_cache: a page that is just being written stays, until reclaim meets it', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 1);
    const pfn = world.pfn(task, at);
    const entry = world.unmap(task, at);
    world.shrink();
    expect(world.flags(pfn, PG.locked)).toBe(true);
    task.munmap(at, 4096);
    expect([world.map(entry), world.swap.has(pfn)]).toEqual([1, true]);
    world.check();
    world.settle();
    world.shrink();
    expect([world.map(entry), world.count(pfn)]).toEqual([0, 0]);
    world.check();
  });

  it('exit of the only user of a page in the swap cache frees page and slot', () => {
    const world = new SwapWorld();
    const free = world.free();
    const task = world.spawn();
    const at = world.area(task, 1);
    const entry = world.pageOut(task, at);
    task.load8(at);
    expect(world.map(entry)).toBe(1);
    task.exit(0);
    expect(world.map(entry)).toBe(0);
    world.check();
    expect(world.free()).toBe(free);
  });

  it('fork duplicates entries; each side reads the one page, and the last write reuses it', () => {
    const world = new SwapWorld();
    const parent = world.spawn();
    const at = world.area(parent, 1);
    const entry = world.pageOut(parent, at);
    const child = parent.fork();
    if (typeof child === 'number') throw new Error(`fork ${child}`);
    expect(world.map(entry)).toBe(2);
    expect(world.pte(child, at)).toBe(entry);
    world.check();

    expect(parent.load8(at)).toBe(1);
    expect(world.map(entry)).toBe(2);
    const { majFlt, minFlt } = child;
    expect(child.load8(at)).toBe(1);
    expect([child.majFlt - majFlt, child.minFlt - minFlt]).toEqual([0, 1]);
    const pfn = world.pfn(parent, at);
    expect(world.pfn(child, at)).toBe(pfn);
    expect([world.map(entry), world.count(pfn)]).toEqual([1, 4]);
    world.check();

    child.store8(at, 77);
    expect(world.pfn(child, at)).not.toBe(pfn);
    parent.store8(at, 66);
    expect(world.pfn(parent, at)).toBe(pfn);
    expect(world.swap.has(pfn)).toBe(true);
    expect([parent.load8(at), child.load8(at)]).toEqual([66, 77]);
    world.check();
    child.exit(0);
    parent.exit(0);
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
    world.check();
  });

  it('a page that only one of two users has brought in is copied: the other still names the slot', () => {
    const world = new SwapWorld();
    const parent = world.spawn();
    const at = world.area(parent, 1);
    const entry = world.pageOut(parent, at);
    const child = parent.fork();
    if (typeof child === 'number') throw new Error(`fork ${child}`);
    expect(parent.store8(at, 50)).toBe(true);
    const own = world.pfn(parent, at);
    expect([world.map(entry), world.swap.has(own)]).toEqual([2, false]);
    expect(child.load8(at)).toBe(1);
    expect(parent.load8(at)).toBe(50);
    world.check();
  });
});

describe('the swap cache (sheet 3 C4)', () => {
  it('add: -ENOENT for a free slot, -EEXIST for one that has a page', () => {
    const world = new SwapWorld();
    const { allocator } = world.kernel;
    const [first, second] = [0, 1].map(() => allocator.allocPages(GFP_HIGHUSER, 0)) as [number, number];
    expect(world.swap.add(first, swpEntry(0, 9))).toBe(-Errno.ENOENT);
    const entry = world.areas.getSwapPage();
    expect(world.swap.add(first, entry)).toBe(0);
    expect(world.map(entry)).toBe(2);
    expect(world.swap.add(second, entry)).toBe(-Errno.EEXIST);
    expect(world.map(entry)).toBe(2);
    const { addTotal, noentRace, existRace } = world.swap.stats;
    expect([addTotal, noentRace, existRace]).toEqual([1, 1, 1]);
    world.swap.delete(first);
    world.kernel.pageCache.unlockPage(first);
    world.areas.swapFree(entry);
    for (const pfn of [first, second]) allocator.putPage(pfn);
    world.check();
  });

  it('read: a free slot and a machine without memory give none', () => {
    const world = new SwapWorld();
    expect(world.swap.readAsync(swpEntry(0, 9))).toBe(0);
    const task = world.spawn();
    const entry = world.pageOut(task, world.area(task, 1));
    world.kernel.allocator.failAlloc(1);
    expect(world.swap.readAsync(entry)).toBe(0);
    expect(world.map(entry)).toBe(1);
    world.check();
  });

  it('read-ahead stops at a free slot: fault at 21, slots 16..23 with 19 free -> 16, 17, 18, and 21 by itself', () => {
    const world = new SwapWorld({ sysctl: { 'vm.page-cluster': '3' } });
    const task = world.spawn();
    const at = world.area(task, 24);
    const entries = Array.from({ length: 24 }, (_, i) => world.unmap(task, at + i * 4096));
    for (let round = 0; round < 3; round++) {
      world.shrink();
      world.settle();
    }
    expect(entries.map(swpOffset)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(world.swap.mapping.nrpages).toBe(0);
    task.munmap(at + 18 * 4096, 4096);
    expect(world.map(swpEntry(0, 19))).toBe(0);
    expect(world.areas.validSwaphandles(swpEntry(0, 21), 3)).toEqual({ first: 16, count: 3 });
    const before = world.swap.pswpin;
    expect(task.load8(at + 20 * 4096)).toBe(21);
    expect(world.swap.pswpin - before).toBe(4);
    const cached = entries.filter(
      (entry) => world.kernel.pageCache.findPage(world.swap.mapping, entry) !== 0,
    );
    expect(cached.map(swpOffset)).toEqual([16, 17, 18, 21]);
    world.settle();
    world.check();
    // What was read ahead is a minor fault.
    const { majFlt } = task;
    expect(task.load8(at + 16 * 4096)).toBe(17);
    expect(task.majFlt).toBe(majFlt);
    task.exit(0);
    world.check();
  });

  it('vm.page-cluster 0: no read-ahead', () => {
    const world = new SwapWorld({ sysctl: { 'vm.page-cluster': '0' } });
    const task = world.spawn();
    const at = world.area(task, 8);
    const pfns = Array.from({ length: 8 }, (_, i) => world.pfn(task, at + i * 4096));
    for (let i = 0; i < 8; i++) world.unmap(task, at + i * 4096);
    for (const pfn of pfns) world.evict(pfn);
    task.load8(at);
    expect(world.swap.pswpin).toBe(1);
    world.check();
  });

  it('writepage of a page that nobody needs any more does no I/O', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 1);
    const pfn = world.pfn(task, at);
    const entry = world.unmap(task, at);
    // The entry goes while the page is locked, so that it is not freed with it.
    world.kernel.pageCache.tryLockPage(pfn);
    task.munmap(at, 4096);
    world.kernel.pageCache.unlockPage(pfn);
    expect([world.map(entry), world.count(pfn)]).toEqual([1, 1]);
    world.shrink();
    expect(world.swap.pswpout).toBe(0);
    expect([world.map(entry), world.count(pfn)]).toEqual([0, 0]);
    world.check();
  });

  it('a slot that the disk cannot read: the fault maps what is in the frame, as 2.4 does', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 1);
    world.pageOut(task, at);
    world.kernel.paging.ioFailures.failIo(1);
    expect(task.load8(at)).toBeGreaterThanOrEqual(0);
    expect(world.flags(world.pfn(task, at), PG.error)).toBe(true);
    world.check();
    task.exit(0);
    world.check();
  });

  it('no memory for read-ahead: the page itself is read all the same', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 1);
    const entry = world.pageOut(task, at);
    world.kernel.allocator.failAlloc(1);
    expect(task.load8(at)).toBe(1);
    expect(world.map(entry)).toBe(1);
    world.check();
  });

  it('no memory for the page: the process is killed, and its entry goes with it', () => {
    const world = new SwapWorld({ sysctl: { 'vm.page-cluster': '0' } });
    const task = world.spawn();
    const at = world.area(task, 1);
    const entry = world.pageOut(task, at);
    world.kernel.trace.on = true;
    world.kernel.allocator.failAlloc(1);
    expect(task.load8(at)).toBe(-1);
    expect(task.ended?.signal).toBe(9);
    const fault = [...world.kernel.trace.events()].find(({ name }) => name === 'mm_fault');
    expect(world.kernel.trace.text(fault?.values['class'] as number)).toBe('oom');
    expect(world.map(entry)).toBe(0);
    world.check();
  });
});
