import { cacheUsage, type Kernel, PG } from '@pagewalk/mm';
import { beforeAll, describe, expect, test } from 'vitest';
import { machineMaker } from '../../src/machine/boot-machine.ts';
import { Machine } from '../../src/machine/machine.ts';
import { Views } from '../../src/machine/views.ts';
import { FRAME_USE, type ViewData, type ViewRequest } from '../../src/protocol/views.ts';
import { choiceOf, nodeAssets } from './engine-host.ts';

describe.each(['2.4.22', '2.4.0'])('views of a machine under pressure, %s', (release) => {
  let kernel: Kernel;
  let machine: Machine;
  let views: Views;

  beforeAll(async () => {
    const program = { kind: 'workload', args: 'zipf 7 3000 2000 30'.split(' ') } as const;
    const make = await machineMaker(choiceOf(program, { release, memory: 8 * 2 ** 20 }), nodeAssets);
    machine = new Machine(make, () => 0);
    while (machine.turn < 4000) machine.forward(4000, 1);
    kernel = machine.kernel;
    views = new Views(machine);
  });

  function view<R extends ViewRequest>(request: R): Extract<ViewData, { view: R['view'] }> {
    return views.view(request, true) as Extract<ViewData, { view: R['view'] }>;
  }

  test('memory: uses and states are those of the page descriptors', () => {
    const { use, state, totals } = view({ view: 'memory' });
    const { memMap, allocator, pageCache } = kernel;
    expect(use.length).toBe(memMap.frames);
    const counted = Object.values(FRAME_USE).map((id) => use.filter((each) => each === id).length);
    expect(totals).toEqual(counted);
    expect(totals[FRAME_USE.free]).toBe(allocator.nrFreePages());
    expect(totals[FRAME_USE.slab]).toBe(memMap.flags.filter((bits) => (bits & PG.slab) !== 0).length);
    expect(totals[FRAME_USE.swapCache]).toBe(pageCache.swapperPages);
    expect(totals[FRAME_USE.swapCache]).toBeGreaterThan(0);
    const cached = ['pageCache', 'sharedMemory', 'swapCache'] as const;
    expect(cached.reduce((sum, name) => sum + (totals[FRAME_USE[name]] as number), 0)).toBe(
      pageCache.pageCacheSize,
    );
    memMap.flags.forEach((bits, pfn) => {
      if (use[pfn] === FRAME_USE.free) return;
      expect((state[pfn] as number) & 2).toBe((bits & PG.locked) === 0 ? 0 : 2);
      expect((state[pfn] as number) & 8).toBe((bits & PG.active) === 0 ? 0 : 8);
    });
  });

  test('memory: brought up to date in pieces it comes to the same', () => {
    const pieces = new Views(machine);
    for (let i = 0; i < 3; i++) pieces.view({ view: 'memory' }, false);
    expect(pieces.view({ view: 'memory' }, false)).toEqual(view({ view: 'memory' }));
  });

  test('zones: marks, and free blocks that make up the free pages', () => {
    const { zones } = view({ view: 'zones' });
    for (const zone of zones) {
      const of = kernel.allocator.zones.find(({ name }) => name === zone.name);
      expect([zone.free, zone.min, zone.low, zone.high]).toEqual([
        of?.freePages,
        of?.pagesMin,
        of?.pagesLow,
        of?.pagesHigh,
      ]);
      expect(zone.blocks.reduce((sum, count, order) => sum + (count << order), 0)).toBe(of?.freePages);
    }
  });

  test('tasks and address spaces: pages as the kernel counts them', () => {
    const { tasks } = view({ view: 'tasks' });
    for (const { task } of kernel.processes.values()) {
      const row = tasks.find(({ pid }) => pid === task.pid);
      expect([row?.rss, row?.size]).toEqual([task.mm?.rss, task.mm?.totalVm]);
      const space = view({ view: 'space', pid: task.pid });
      expect(space.areas.reduce((sum, { resident }) => sum + resident, 0)).toBe(task.mm?.rss);
      expect(space.areas.reduce((sum, { swapped }) => sum + swapped, 0)).toBe(row?.swapped);
      const maps = kernel.proc(`${task.pid}/maps`).trimEnd().split('\n');
      const told = space.areas.map(
        ({ start, end, permissions }) =>
          `${start.toString(16).padStart(8, '0')}-${end.toString(16).padStart(8, '0')} ${permissions}`,
      );
      expect(maps.map((line) => line.slice(0, 22))).toEqual(told);
    }
    expect(tasks.some(({ swapped }) => swapped > 100)).toBe(true);
  });

  test('a walk ends where the kernel finds the page', () => {
    const process = kernel.lifecycle.lastRun();
    const area = view({ view: 'space', pid: process?.pid ?? 0 }).areas.find(({ resident }) => resident > 0);
    const page = area?.pages.findIndex((each) => each === 1 || each === 2) ?? 0;
    const address = (area?.start ?? 0) + page * 4096;
    const { pfn, steps } = view({ view: 'walk', pid: process?.pid ?? 0, address });
    expect(pfn * 4096).toBe(kernel.vtop(address).physical);
    expect(steps.length).toBe(2);
    const { mappings, use, bytes } = view({ view: 'frame', pfn });
    expect(mappings).toContainEqual({ pid: process?.pid, comm: process?.task.comm, address });
    expect(['anonymous', 'swapCache', 'pageCache']).toContain(use);
    expect(bytes.length).toBe(4096);
  });

  test('lists: as many pages as the kernel counts, and flows', () => {
    const { lists, flows, threads } = view({ view: 'lists' });
    const active = lists.find(({ name }) => name === 'active_list');
    expect(active?.pages).toBe(kernel.pageCache.activePages);
    expect(active?.pages).toBeGreaterThan(0);
    for (const { pages, head, tail } of lists) {
      expect(head.length).toBe(Math.min(256, pages));
      expect(tail.length).toBe(head.length);
    }
    expect(flows.some(({ pages }) => pages > 0)).toBe(true);
    expect(threads.map(({ comm }) => comm)).toContain('kswapd');
  });

  test('slab caches, slab by slab', () => {
    const { caches } = view({ view: 'slab' });
    for (const row of caches) {
      const cache = kernel.slab.find(row.name);
      if (cache === null) throw new Error(row.name);
      expect(row).toMatchObject(cacheUsage(kernel.slab, cache));
    }
    const row = caches.find(({ name }) => name === 'vm_area_struct');
    const { slabs } = view({ view: 'slab-cache', name: 'vm_area_struct' });
    expect(slabs.length).toBe(row?.slabs);
    expect(slabs.reduce((sum, { inUse }) => sum + inUse, 0)).toBe(row?.activeObjects);
    for (const { objects, inUse, chain } of slabs) {
      expect(objects.filter((mark) => mark === 1).length).toBe(inUse);
      expect(chain.length).toBe(objects.length - inUse);
    }
  });

  test('swap, files, vmalloc, OOM scores, counters', () => {
    const { areas } = view({ view: 'swap' });
    expect(areas[0]?.used).toBe(kernel.paging.swapAreas.areas[0]?.usedSlots());
    expect(areas[0]?.map.filter((count) => count > 0 && count < 255).length).toBe(areas[0]?.used);
    const { files } = view({ view: 'files' });
    expect(files.map(({ path }) => path)).toContain('/wl');
    const { start, end } = view({ view: 'vmalloc' });
    expect(end).toBeGreaterThan(start);
    const { tasks } = view({ view: 'oom' });
    expect(tasks[0]?.score).toBeGreaterThan(0);
    const { names, turn, now, values } = view({ view: 'counters' });
    expect(now[names.indexOf('nr_free_pages')]).toBe(kernel.allocator.nrFreePages());
    expect(now.length).toBe(names.length);
    expect(turn.length).toBeGreaterThan(100);
    expect(values.length).toBe(names.length);
    expect(values.every((column) => column.length === turn.length)).toBe(true);
  });

  test('events: all, and those that pass a filter', () => {
    const all = view({ view: 'events', from: 10, count: 20, filter: { names: [], pid: 0, text: '' } });
    expect(all.total).toBe(kernel.trace.seq);
    expect(all.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 11));
    const faults = view({
      view: 'events',
      from: 0,
      count: 5,
      filter: { names: ['mm_fault'], pid: 0, text: '' },
    });
    expect(faults.total).toBe(kernel.trace.count('mm_fault'));
    expect(faults.rows.every(({ name }) => name === 'mm_fault')).toBe(true);
  });

  test('/proc reads as the kernel tells it', () => {
    expect(view({ view: 'proc', path: 'meminfo', pid: 0 }).text).toBe(kernel.proc('meminfo'));
    expect(view({ view: 'proc', path: 'nothing', pid: 0 }).text).toContain('no such file');
  });
});
