import { beforeAll, describe, expect, test } from 'vitest';
import { machineMaker } from '../../src/machine/boot-machine.ts';
import { Machine } from '../../src/machine/machine.ts';
import { Views } from '../../src/machine/views.ts';
import type { Subject, SubjectView } from '../../src/protocol/subject.ts';
import { FRAME_USE, type ViewData, type ViewRequest } from '../../src/protocol/views.ts';
import { choiceOf, nodeAssets } from './engine-host.ts';

describe.each(['2.4.22', '2.4.0'])('what belongs to a selection, %s', (release) => {
  let machine: Machine;
  let views: Views;
  let pid: number;

  const boot = async (args: string, turns: number): Promise<void> => {
    const program = { kind: 'workload', args: args.split(' ') } as const;
    const make = await machineMaker(choiceOf(program, { release, memory: 8 * 2 ** 20 }), nodeAssets);
    machine = new Machine(make, () => 0);
    while (machine.turn < turns) machine.forward(turns, 1);
    views = new Views(machine);
    pid = machine.kernel.lifecycle.lastRun()?.pid ?? 0;
  };
  const view = <R extends ViewRequest>(request: R): Extract<ViewData, { view: R['view'] }> =>
    views.view(request, true) as Extract<ViewData, { view: R['view'] }>;
  const about = (of: Subject): SubjectView => view({ view: 'subject', of });

  test('a frame that several addresses have, as the zero page, is one frame of a task', async () => {
    await boot('unif 1 300 2000 0', 400);
    const { pageTables, memory, processes, physical } = machine.kernel;
    const before = about({ kind: 'task', pid }).frames.length;
    const { start, pages } = view({ view: 'space', pid }).areas.find((area) => area.resident > 10)!;
    const pgd = processes.get(pid)!.task.mm!.pgd;
    // As a load of a page that was never stored to leaves its entry.
    const touched = [...pages.keys()].filter((page) => pages[page] !== 0).slice(0, 3);
    for (const page of touched)
      memory.words[pageTables.pteOffset(pgd, start + page * 4096)] =
        (physical.pageTables.emptyZeroPage << 12) | 0x25;
    const { frames } = about({ kind: 'task', pid });
    expect(frames).toHaveLength(before - touched.length + 1);
    expect(new Set(frames).size).toBe(frames.length);
  });

  describe('anonymous memory under pressure', () => {
    beforeAll(() => boot('zipf 7 3000 2000 30', 4000));

    /** First page of the task in a state of the address space's. */
    const pageWith = (state: number): number => {
      for (const area of view({ view: 'space', pid }).areas) {
        const at = area.pages.indexOf(state);
        if (at >= 0) return area.start + at * 4096;
      }
      throw new Error(`no page in state ${state}`);
    };

    test('an address leads to its frame and its area, and the frame back to the address', () => {
      const address = pageWith(2);
      const there = about({ kind: 'address', pid, address });
      const { pfn } = view({ view: 'walk', pid, address });
      expect(there.pfn).toBe(pfn);
      expect(about({ kind: 'frame', pfn })).toMatchObject({ pid, address, area: there.area, order: -1 });
      expect(view({ view: 'space', pid }).areas.map(({ start }) => start)).toContain(there.area);
    });

    test('a page that is swapped out leads to its slot, and the slot back to it', () => {
      const address = pageWith(3);
      const { slot, swapArea } = about({ kind: 'address', pid, address });
      expect(slot).toBeGreaterThan(0);
      const back = about({ kind: 'slot', area: swapArea, slot });
      expect(back).toMatchObject({ pid, address });
    });

    test('a page of the swap cache leads to its slot, and the slot to its frame', () => {
      const pfn = view({ view: 'memory' }).use.indexOf(FRAME_USE.swapCache);
      const { slot, swapArea } = about({ kind: 'frame', pfn });
      expect(view({ view: 'frame', pfn }).owner).toBe(`swap area ${swapArea}, slot ${slot}`);
      expect(about({ kind: 'slot', area: swapArea, slot }).pfn).toBe(pfn);
    });

    test('a frame of a slab leads to its cache and slab', () => {
      const { use } = view({ view: 'memory' });
      const pfn = use.indexOf(FRAME_USE.slab);
      const { cache, slab } = about({ kind: 'frame', pfn });
      const slabs = view({ view: 'slab-cache', name: cache }).slabs.map((one) => one.pfn);
      expect(slabs).toContain(slab);
      expect(about({ kind: 'slab', cache, pfn: slab })).toMatchObject({ pfn: slab, slab });
      const { slabs: count, pagesPerSlab } = view({ view: 'slab' }).caches.find((c) => c.name === cache)!;
      const all = about({ kind: 'slab', cache });
      expect(all.frames).toHaveLength(count * pagesPerSlab);
      expect([...all.frames].every((frame) => use[frame] === FRAME_USE.slab)).toBe(true);
    });

    test('a task has all its resident frames, an area those in it', () => {
      const space = view({ view: 'space', pid });
      expect(about({ kind: 'task', pid }).frames).toHaveLength(
        space.areas.reduce(
          (sum, { pages }) => sum + pages.filter((page) => [1, 2, 4].includes(page)).length,
          0,
        ),
      );
      const largest = [...space.areas].sort((a, b) => b.resident - a.resident)[0]!;
      const area = about({ kind: 'area', pid, start: largest.start });
      expect(area.frames.length).toBe(largest.resident);
    });

    test('a free frame is in a block of its order, and on no list', () => {
      const { use, detail } = view({ view: 'memory' });
      const pfn = use.indexOf(FRAME_USE.free);
      expect(about({ kind: 'frame', pfn })).toMatchObject({ order: detail[pfn], list: '', pid: 0 });
    });

    test('pages on lists say on which', () => {
      for (const { name, head } of view({ view: 'lists' }).lists) {
        if (head.length > 0) expect(about({ kind: 'frame', pfn: head[0] as number }).list).toBe(name);
      }
    });

    test('an event leads to its frame, task and time; one that is not known to nothing', () => {
      const { events } = machine.history;
      const { rows } = view({
        view: 'events',
        from: 0,
        count: 50,
        filter: { names: ['mm_page_alloc'], pid: 0, text: '' },
      });
      const row = rows[3]!;
      expect(about({ kind: 'event', seq: row.seq })).toMatchObject({ pfn: row.pfn, time: row.time });
      expect(about({ kind: 'event', seq: events.last + 1 })).toMatchObject({ pfn: -1, pid: 0, time: -1 });
    });

    test('an event of a slab object, a swap entry, a zone leads there', () => {
      const last = (name: string) =>
        view({
          view: 'events',
          from: Number.MAX_SAFE_INTEGER,
          count: 1,
          filter: { names: [name], pid: 0, text: '' },
        }).rows[0]!;
      const object = last('kmem_cache_alloc');
      const { cache } = about({ kind: 'event', seq: object.seq });
      expect(object.text).toContain(`cache=${cache} `);
      const swap = last('swap_cache_add');
      const { swapArea, slot } = about({ kind: 'event', seq: swap.seq });
      expect(swap.text).toContain(`entry=${((slot << 8) | (swapArea << 1)).toString(16)}`);
      // 2.4.0 asks in another way.
      if (release === '2.4.22')
        expect(about({ kind: 'event', seq: last('zone_watermark_ok').seq }).zone).toBe('DMA');
    });

    test('a kernel address leads to its frame', () => {
      expect(about({ kind: 'address', pid, address: 0xc0000000 + 300 * 4096 })).toMatchObject({ pfn: 300 });
      for (const { address } of view({ view: 'vmalloc' }).areas) {
        const { pfn } = about({ kind: 'address', pid: 0, address });
        expect(pfn).toBeGreaterThan(0);
        expect(about({ kind: 'frame', pfn }).address).toBe(address);
      }
    });
  });

  describe('files', () => {
    beforeAll(() => boot('filehot 1 1500 400 1 16 /f', 1500));

    test('a page of a file leads to its frame, and the frame back; a file to all its frames', () => {
      const file = view({ view: 'files' }).files[0]!;
      const page = file.pages.findIndex((state) => state !== 0);
      const { pfn } = about({ kind: 'file', path: file.path, page });
      expect(about({ kind: 'frame', pfn })).toMatchObject({ file: file.path, page });
      expect(about({ kind: 'file', path: file.path }).frames).toHaveLength(file.cached);
      const missing = file.pages.indexOf(0);
      if (missing >= 0) expect(about({ kind: 'file', path: file.path, page: missing }).pfn).toBe(-1);
    });
  });
});
