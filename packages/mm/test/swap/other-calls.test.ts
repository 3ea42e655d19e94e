import { describe, expect, it } from 'vitest';
import { SwapWorld } from './swap-world.ts';

/** A machine with pages 0 .. 3 of an area in swap, and where that lies. */
function setup(highmem?: string) {
  const world = new SwapWorld(highmem === undefined ? {} : { highmem });
  const free = world.free();
  const task = world.spawn();
  const at = world.area(task, 6);
  const entries = [0, 1, 2, 3].map((i) => world.pageOut(task, at + i * 4096));
  const end = () => {
    task.exit(0);
    world.check();
    expect(world.areas.nrSwapPages).toBe(world.areas.totalSwapPages);
    expect(world.free()).toBe(free);
  };
  return { world, task, at, entries, end };
}

describe.each([undefined, '64g'])('system calls that meet swapped pages (highmem %s)', (highmem) => {
  it('munmap frees slots without reading them', () => {
    const { world, task, at, entries, end } = setup(highmem);
    expect(task.munmap(at + 4096, 8192)).toBe(0);
    expect(entries.map((entry) => world.map(entry))).toEqual([1, 0, 0, 1]);
    expect(world.swap.pswpin).toBe(0);
    world.check();
    end();
  });

  it('mremap moves entries as they are', () => {
    const { world, task, at, entries, end } = setup(highmem);
    const moved = task.mremap(at, 6 * 4096, 6 * 4096, 3, 0x60000000);
    expect(moved).toBe(0x60000000);
    expect([0, 1, 2, 3].map((i) => world.pte(task, moved + i * 4096))).toEqual(entries);
    expect(entries.map((entry) => world.map(entry))).toEqual([1, 1, 1, 1]);
    world.check();
    for (let i = 0; i < 6; i++) expect(task.load8(moved + i * 4096)).toBe(i + 1);
    world.check();
    end();
  });

  it('mprotect leaves entries alone; the fault gives the page the new protection', () => {
    const { world, task, at, entries, end } = setup(highmem);
    expect(task.mprotect(at, 8192, 1)).toBe(0);
    expect(world.pte(task, at)).toBe(entries[0]);
    expect(task.load8(at)).toBe(1);
    expect(task.store8(at, 5)).toBe(false);
    expect(task.takeSignal()?.signo).toBe(11);
    expect(task.mprotect(at, 8192, 0)).toBe(0);
    expect(task.load8(at + 4096)).toBe(-1);
    expect(task.takeSignal()?.signo).toBe(11);
    expect(world.pte(task, at + 4096)).toBe(entries[1]);
    // swapoff gives an area without access its pages all the same.
    expect(world.init.swapoff('/dev/hdb')).toBe(0);
    expect(world.pte(task, at + 4096) & 0xfff).toBe(0x080);
    expect(task.mprotect(at, 8192, 3)).toBe(0);
    expect([task.load8(at), task.load8(at + 4096)]).toEqual([1, 2]);
    world.check();
    expect(world.init.swapon('/dev/hdb')).toBe(0);
    end();
  });

  it('mlock brings pages in; a locked page is not taken away again', () => {
    const { world, task, at, end } = setup(highmem);
    const { majFlt } = task;
    expect(task.mlock(at, 6 * 4096)).toBe(0);
    expect(task.majFlt).toBeGreaterThan(majFlt);
    for (let i = 0; i < 6; i++) {
      const address = at + i * 4096;
      expect(world.pte(task, address) & 0x067).toBe(0x067);
      world.age(task, address);
      expect(world.swapOut(task, address)).toBe(0);
      expect(world.pte(task, address) & 1).toBe(1);
    }
    world.check();
    end();
  });

  it('user copies read swapped buffers; mincore says nothing of private memory', () => {
    const { world, task, at, end } = setup(highmem);
    world.kernel.fs.create('/f', { bytes: new Uint8Array(0) });
    const fd = task.open('/f', 2);
    expect(task.pwrite(fd, at, 3 * 4096, 0)).toBe(3 * 4096);
    expect(task.pread(fd, at + 3 * 4096, 1, 4096)).toBe(1);
    expect(task.load8(at + 3 * 4096)).toBe(2);
    expect(task.mincore(at, 4096, new Uint8Array(1))).toBe(-12);
    task.close(fd);
    world.kernel.fs.unlink('/f');
    world.check();
    end();
  });

  it('exec drops the slots of the old program', () => {
    const { world, task, at, entries, end } = setup(highmem);
    const child = task.fork();
    if (typeof child === 'number') throw new Error(`fork ${child}`);
    expect(entries.map((entry) => world.map(entry))).toEqual([2, 2, 2, 2]);
    child.exit(0);
    expect(entries.map((entry) => world.map(entry))).toEqual([1, 1, 1, 1]);
    expect(task.load8(at)).toBe(1);
    world.check();
    end();
  });

  it('/proc/PID/statm counts swapped pages as touched, not as resident', () => {
    const { world, task, at, end } = setup(highmem);
    const numbers = () => world.kernel.proc('statm', task.pid).trim().split(' ').map(Number) as number[];
    const [size, resident] = numbers() as [number, number];
    expect(size - resident).toBe(4);
    expect(resident).toBe(world.rss(task));
    task.load8(at);
    expect(numbers().slice(0, 2)).toEqual([size, resident + 1]);
    expect(world.kernel.proc('status', task.pid)).toContain(
      `VmRSS:\t${String((resident + 1) * 4).padStart(8)} kB`,
    );
    end();
  });

  it('/proc/meminfo tells swap, the swap cache, and cached pages without it', () => {
    const { world, task, at, end } = setup(highmem);
    task.load8(at);
    const value = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(world.kernel.proc('meminfo'))?.[1]);
    const { nrSwapPages, totalSwapPages } = world.areas;
    expect([value('SwapTotal'), value('SwapFree')]).toEqual([totalSwapPages * 4, nrSwapPages * 4]);
    expect(value('SwapCached')).toBe(world.swap.mapping.nrpages * 4);
    expect(value('Cached')).toBe((world.kernel.pageCache.pageCacheSize - world.swap.mapping.nrpages) * 4);
    expect(world.kernel.proc('swaps')).toContain('/dev/hdb');
    end();
  });
});
