import { describe, expect, it } from 'vitest';
import { GFP_HIGHUSER } from '../../src/page-allocator/gfp.ts';
import { PG, SwapWorld } from './swap-world.ts';

/** Whether a page that is being written is still locked after somebody looked it up. */
function lockedAfterLookup(release: '2.4.0' | '2.4.22'): boolean {
  const world = new SwapWorld({ release });
  const { pageCache, allocator } = world.kernel;
  const pfn = allocator.allocPages(GFP_HIGHUSER, 0);
  const entry = world.areas.getSwapPage();
  pageCache.lockPage(pfn);
  expect(world.swap.add(pfn, entry)).toBe(0);
  world.swap.rwPage(true, pfn);
  expect(pageCache.testFlags(pfn, PG.locked)).toBe(true);
  expect(world.swap.lookup(entry)).toBe(pfn);
  expect(world.count(pfn)).toBeGreaterThanOrEqual(3);
  return pageCache.testFlags(pfn, PG.locked);
}

describe('lookup_swap_cache of a page under I/O', () => {
  it('2.4.0 waits until the I/O has ended', () => {
    expect(lockedAfterLookup('2.4.0')).toBe(false);
  });

  it('2.4.22 does not', () => {
    expect(lockedAfterLookup('2.4.22')).toBe(true);
  });
});
