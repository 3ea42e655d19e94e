import { expect, it } from 'vitest';
import type { AgingPageCache } from '../../src/page-cache/aging-page-cache.ts';
import type { Inode } from '../../src/page-cache/inode.ts';
import { PG } from '../../src/physical/mem-map.ts';
import { SwapWorld } from '../swap/swap-world.ts';

it('2.4.0: a dirty page of a file in memory does not keep page_launder from those behind it', () => {
  const world = new SwapWorld({ release: '2.4.0' });
  const { kernel } = world;
  const cache = kernel.pageCache as AgingPageCache;
  const inode = kernel.fs.create('/ram', { kind: 'ramfs', size: 4096 }) as Inode;
  const task = world.spawn();
  const fd = task.open('/ram', 2);
  const at = task.mmap2(0, 4096, 3, 1, fd, 0);
  expect(task.store8(at, 1)).toBe(true);
  expect(task.munmap(at, 4096)).toBe(0);
  const pfn = cache.findPage(inode.mapping, 0);
  expect(cache.testFlags(pfn, PG.dirty)).toBe(true);
  cache.aging.toInactiveDirty(pfn);
  cache.lockPage(pfn);
  expect(inode.mapping.ops.writepage?.(inode, pfn)).toBe(0);
  expect(cache.testFlags(pfn, PG.locked | PG.inactiveDirty)).toBe(false);
  expect(cache.testFlags(pfn, PG.dirty)).toBe(true);
  expect(cache.testFlags(pfn, PG.active)).toBe(true);
});
