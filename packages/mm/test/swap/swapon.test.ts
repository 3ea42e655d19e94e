import { describe, expect, it } from 'vitest';
import { Errno } from '../../src/errno.ts';
import { makeSwapHeader } from '../../src/swap/swap-header.ts';
import { SWAP_MAP_MAX, SWP, type SwapInfo } from '../../src/swap/swap-info.ts';
import { swpEntry, swpType } from '../../src/swap/swp-entry.ts';
import { SwapWorld } from './swap-world.ts';

const EMPTY = { swap: [] } as const;

/** A header with something wrong. */
function header(pages: number, change: (view: DataView) => void): Uint8Array {
  const bytes = makeSwapHeader(pages);
  change(new DataView(bytes.buffer));
  return bytes;
}

describe('swapon (sheet 3 C5)', () => {
  it('adds slots, says so, and gives areas without a priority -1, -2 …', () => {
    const world = new SwapWorld(EMPTY);
    const { init } = world;
    const lines = world.log().length;
    expect(init.swapon(world.disk(64))).toBe(0);
    expect(init.swapon(world.disk(32))).toBe(0);
    expect(init.swapon(world.disk(16), 0x8000 | 7)).toBe(0);
    expect(world.log(lines)).toEqual([
      'Adding Swap: 248k swap-space (priority -1)',
      'Adding Swap: 120k swap-space (priority -2)',
      'Adding Swap: 56k swap-space (priority 7)',
    ]);
    expect([world.areas.nrSwapPages, world.areas.totalSwapPages]).toEqual([106, 106]);
    expect([world.areas.list.head, world.areas.list.next]).toEqual([2, 2]);
    world.check();
  });

  it('without CAP_SYS_ADMIN: -EPERM, before anything else', () => {
    const world = new SwapWorld(EMPTY);
    const user = world.kernel.spawn('user', { uid: 500 });
    expect(user.swapon('/nowhere')).toBe(-Errno.EPERM);
    expect(user.swapoff('/nowhere')).toBe(-Errno.EPERM);
  });

  it('what the path leads to: -ENOENT, -ENOTDIR, -ENAMETOOLONG, -ELOOP; a device that is no disk: -EINVAL', () => {
    const world = new SwapWorld(EMPTY);
    const { init, kernel } = world;
    expect(kernel.mountTmpfs('/tmp')).toBe(0);
    expect(init.symlink('loop', '/tmp/loop')).toBe(0);
    kernel.fs.create('/tmp/file', { bytes: new Uint8Array(40960) });
    for (const call of [(path: string) => init.swapon(path), (path: string) => init.swapoff(path)]) {
      expect(call('/dev/hdz')).toBe(-Errno.ENOENT);
      expect(call('/tmp/file/x')).toBe(-Errno.ENOTDIR);
      expect(call(`/tmp/${'n'.repeat(256)}`)).toBe(-Errno.ENAMETOOLONG);
      expect(call('/tmp/loop')).toBe(-Errno.ELOOP);
      expect(call('/tmp')).toBe(-Errno.EINVAL);
      expect(call('/dev/zero')).toBe(-Errno.EINVAL);
    }
  });

  it('an empty disk: -ENODEV', () => {
    const world = new SwapWorld(EMPTY);
    expect(world.init.swapon(world.disk(7 / 8, null))).toBe(-Errno.ENODEV);
  });

  it('an area that is in use: -EBUSY', () => {
    const world = new SwapWorld(EMPTY);
    const path = world.disk(64);
    expect(world.init.swapon(path)).toBe(0);
    expect(world.init.swapon(path)).toBe(-Errno.EBUSY);
    world.check();
  });

  it.each([
    ['no signature', new Uint8Array(4096), 'Unable to find swap-space signature'],
    [
      'another version',
      header(64, (view) => view.setUint32(1024, 2, true)),
      'Unable to handle swap header version 2',
    ],
    ['too many bad pages', header(64, (view) => view.setUint32(1032, 638, true)), null],
    [
      'a bad page 0',
      header(64, (view) => {
        view.setUint32(1032, 1, true);
        view.setInt32(1536, 0, true);
      }),
      null,
    ],
    [
      'a bad page behind the end',
      header(64, (view) => {
        view.setUint32(1032, 1, true);
        view.setInt32(1536, 63, true);
      }),
      null,
    ],
    ['longer than the disk', makeSwapHeader(66), 'Swap area shorter than signature indicates'],
    [
      'nothing but bad pages',
      makeSwapHeader(
        64,
        Array.from({ length: 62 }, (_, i) => i + 1),
      ),
      'Empty swap-file',
    ],
  ])('%s: -EINVAL', (_what, bytes, message) => {
    const world = new SwapWorld();
    // The map of slots has had its page table in the vmalloc area once: that stays.
    world.init.swapoff('/dev/hdb');
    const free = world.free();
    const path = world.disk(64, bytes);
    const lines = world.log().length;
    expect(world.init.swapon(path)).toBe(-Errno.EINVAL);
    expect(world.log(lines)).toEqual(message === null ? [] : [message]);
    // The priority that it had goes to the next one.
    expect(world.init.swapon(world.disk(64))).toBe(0);
    expect((world.areas.areas[0] as SwapInfo).prio).toBe(-2);
    expect(world.init.swapoff('/dev/hde')).toBe(0);
    world.check();
    expect(world.free()).toBe(free);
  });

  it('bad pages are never given out', () => {
    const world = new SwapWorld(EMPTY);
    expect(world.init.swapon(world.disk(12, makeSwapHeader(12, [1, 2, 5])))).toBe(0);
    const slots: number[] = [];
    for (;;) {
      const entry = world.areas.getSwapPage();
      if (entry === 0) break;
      slots.push(entry >>> 8);
    }
    expect(slots).toEqual([3, 4, 6, 7, 8, 9, 10]);
    for (const slot of slots) world.areas.swapFree(swpEntry(0, slot));
    world.check();
  });

  it('a file whose file system has no blocks on a disk: nothing can be read, -EINVAL', () => {
    const world = new SwapWorld(EMPTY);
    world.kernel.fs.create('/swapfile', { bytes: makeSwapHeader(64), size: 64 * 4096 });
    const lines = world.log().length;
    expect(world.init.swapon('/swapfile')).toBe(-Errno.EINVAL);
    expect(world.log(lines)[0]).toBe('rw_swap_page: bad swap file');
    expect(world.kernel.fs.unlink('/swapfile')).toBe(0);
    world.check();
  });

  it('all 32 types in use: -EPERM', () => {
    const world = new SwapWorld(EMPTY);
    const path = world.disk(20);
    for (let type = 0; type < 32; type++) {
      world.areas.areas[type] = { flags: SWP.used, max: 0, usedSlots: () => 0 } as unknown as SwapInfo;
    }
    expect(world.init.swapon(path)).toBe(-Errno.EPERM);
  });

  it('each allocation can fail: -ENOMEM or -EINVAL, and nothing is left behind', () => {
    let done = false;
    for (let n = 1; !done; n++) {
      const world = new SwapWorld();
      world.init.swapoff('/dev/hdb');
      const free = world.free();
      const path = world.disk(64);
      world.kernel.allocator.failAlloc(n);
      const result = world.init.swapon(path);
      done = world.kernel.allocator.failAllocPending > 0;
      world.kernel.allocator.failAlloc(0);
      world.check();
      if (result === 0) expect(world.init.swapoff(path)).toBe(0);
      else expect(result).toBe(-Errno.ENOMEM);
      expect(world.free()).toBe(free);
      if (n > 20) throw new Error('it never ends');
    }
  });
});

describe('swapoff (sheet 3 C5)', () => {
  it('what is no area in use: -EINVAL', () => {
    const world = new SwapWorld();
    expect(world.init.swapoff(world.disk(20))).toBe(-Errno.EINVAL);
    world.kernel.fs.create('/f', { size: 4096 });
    expect(world.init.swapoff('/f')).toBe(-Errno.EINVAL);
  });

  it('brings pages back clean, old and read-only; dirty is the page', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 3);
    const out = world.pageOut(task, at);
    const cached = world.unmap(task, at + 4096);
    const rss = world.rss(task);
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    expect(world.rss(task)).toBe(rss + 2);
    for (const [i, entry] of [out, cached].entries()) {
      expect(world.pte(task, at + i * 4096) & 0xfff).toBe(0x005);
      expect(swpType(entry)).toBe(0);
      const pfn = world.pfn(task, at + i * 4096);
      expect(world.flags(pfn, world.PG.dirty)).toBe(true);
      expect([world.count(pfn), world.swap.has(pfn)]).toEqual([1, false]);
      expect(task.load8(at + i * 4096)).toBe(i + 1);
    }
    expect([world.areas.nrSwapPages, world.areas.totalSwapPages]).toEqual([0, 0]);
    world.check();
    // There is nowhere to go any more.
    expect(world.unmap(task, at) & 1).toBe(1);
    world.check();
  });

  it('nr_swap_pages is negative while more slots are in use than free: 99 slots, 60 used: 39 -> -60 -> 0', () => {
    const world = new SwapWorld({ swap: [{ size: 101 * 4096 }] });
    const task = world.spawn();
    const at = world.area(task, 60);
    for (let i = 0; i < 60; i++) world.unmap(task, at + i * 4096);
    expect(world.areas.nrSwapPages).toBe(39);
    const seen: number[] = [];
    const readAsync = world.swap.readAsync.bind(world.swap);
    world.swap.readAsync = (entry) => {
      seen.push(world.areas.nrSwapPages);
      return readAsync(entry);
    };
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    expect([seen[0], seen[1], seen.at(-1)]).toEqual([-60, -59, -1]);
    expect(world.areas.nrSwapPages).toBe(0);
    world.check();
  });

  it('/proc/meminfo counts the slots in use of an area that is being switched off', () => {
    const world = new SwapWorld({ swap: [{ size: 101 * 4096 }] });
    const task = world.spawn();
    const at = world.area(task, 2);
    for (let i = 0; i < 2; i++) world.unmap(task, at + i * 4096);
    let told = { free: 0, total: 0 };
    const readAsync = world.swap.readAsync.bind(world.swap);
    world.swap.readAsync = (entry) => {
      told = world.areas.swapinfo();
      return readAsync(entry);
    };
    world.init.swapoff('/dev/hdb');
    expect(told).toEqual({ free: 0, total: 1 });
  });

  it('a slot of parent and child: one page for both', () => {
    const world = new SwapWorld();
    const parent = world.spawn();
    const at = world.area(parent, 1);
    const entry = world.pageOut(parent, at);
    const child = parent.fork();
    if (typeof child === 'number') throw new Error(`fork ${child}`);
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    expect(world.map(entry)).toBe(0);
    expect(world.pfn(parent, at)).toBe(world.pfn(child, at));
    world.check();
    child.store8(at, 5);
    expect([parent.load8(at), child.load8(at)]).toEqual([1, 5]);
    world.check();
  });

  it('no memory: -ENOMEM; the area is in use as before, with what has not come back', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 6);
    for (let i = 0; i < 6; i++) world.pageOut(task, at + i * 4096);
    const { nrSwapPages, totalSwapPages } = world.areas;
    // The first allocation is the path's, the next three read slots.
    world.kernel.allocator.failAlloc(4);
    const result = world.init.swapoff('/dev/hdb');
    expect(result).toBe(-Errno.ENOMEM);
    expect(world.kernel.allocator.failAllocPending).toBe(0);
    expect(world.areas.totalSwapPages).toBe(totalSwapPages);
    expect(world.areas.nrSwapPages).toBeGreaterThan(nrSwapPages);
    expect((world.areas.areas[0] as SwapInfo).flags).toBe(SWP.writeok);
    expect(world.areas.list.head).toBe(0);
    world.check();
    for (let i = 0; i < 6; i++) expect(task.load8(at + i * 4096)).toBe(i + 1);
    world.check();
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    world.check();
  });

  it('a slot whose count overflowed is cleared, and the log says so', () => {
    const world = new SwapWorld();
    const task = world.spawn();
    const at = world.area(task, 1);
    const entry = world.pageOut(task, at);
    const area = world.areas.areas[0] as SwapInfo;
    area.swapMap[entry >>> 8] = SWAP_MAP_MAX;
    const lines = world.log().length;
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    expect(world.log(lines)).toContain('swapoff: cleared swap entry overflow');
    expect(task.load8(at)).toBe(1);
    expect(world.areas.totalSwapPages).toBe(0);
  });

  it('pages go to another area when memory is short meanwhile, and nothing is lost', () => {
    const world = new SwapWorld({ memory: 8 << 20, swap: [{ size: 2048 * 4096 }, { size: 4096 * 4096 }] });
    const task = world.spawn();
    const at = world.area(task, 2200);
    expect(world.areas.nrSwapPages).toBeLessThan(world.areas.totalSwapPages - 500);
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    world.check();
    for (let i = 0; i < 2200; i++) expect(task.load8(at + i * 4096)).toBe((i + 1) & 255);
    world.check();
    task.exit(0);
    world.check();
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
  });
});

describe('/proc/swaps (sheet 3 C5)', () => {
  it('has a line for each area, in order of types', () => {
    const world = new SwapWorld({ swap: [{ size: 32768 * 4096 }, { size: 64 * 4096, prio: 5 }] });
    const task = world.spawn();
    const at = world.area(task, 3);
    for (let i = 0; i < 3; i++) world.unmap(task, at + i * 4096);
    expect(world.kernel.paging.swapSwitch.text()).toBe(
      [
        'Filename\t\t\tType\t\tSize\tUsed\tPriority',
        '/dev/hdb                        partition\t131064\t0\t-1',
        '/dev/hdd                        partition\t248\t12\t5',
        '',
      ].join('\n'),
    );
  });
});
