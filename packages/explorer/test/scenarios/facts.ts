import { expect } from 'vitest';
import type { EventRow } from '../../src/protocol/views.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { scenarioOf } from '../../src/scenarios/scenarios.ts';
import type { TestPage } from '../machine/engine-host.ts';

/** What the text of each stage says, checked on the machine where the stage has brought it. */
type Fact = (page: TestPage) => Promise<void>;

const nothing: Fact = async () => {};

/** The last event of a name, and how many there are. */
async function last(page: TestPage, name: string, text = ''): Promise<{ row: EventRow; total: number }> {
  const filter = { names: [name], pid: 0, text };
  const { total } = await page.view({ view: 'events', from: 0, count: 1, filter });
  const { rows } = await page.view({ view: 'events', from: Math.max(0, total - 1), count: 1, filter });
  expect(total, `${name} ${text}`).toBeGreaterThan(0);
  return { row: rows[0] as EventRow, total };
}

async function total(page: TestPage, name: string, text = ''): Promise<number> {
  const filter = { names: [name], pid: 0, text };
  return (await page.view({ view: 'events', from: 0, count: 1, filter })).total;
}

async function fields(page: TestPage, name: string, text = ''): Promise<Record<string, string>> {
  const { row } = await last(page, name, text);
  return Object.fromEntries([...row.text.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]));
}

async function zone(page: TestPage, name: string) {
  const { zones } = await page.view({ view: 'zones' });
  const found = zones.find((z) => z.name === name);
  if (!found) throw new Error(`no zone ${name}`);
  return found;
}

const meminfo = async (page: TestPage, name: string): Promise<number> => {
  const { text } = await page.view({ view: 'proc', path: 'meminfo', pid: 0 });
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1]);
};

let atStart: readonly number[] = [];

export const FACTS: Readonly<Record<string, readonly Fact[]>> = {
  zones: [
    async (page) => {
      const memory = await page.view({ view: 'memory' });
      const reserved = memory.totals[6] as number;
      expect(await meminfo(page, 'MemTotal')).toBe(4 * (memory.use.length - reserved));
      expect(memory.use.length).toBeLessThan(8192);
      expect((await zone(page, 'DMA')).size).toBe(4096);
    },
    async (page) => {
      expect(await fields(page, 'zone_watermark_ok', 'outcome=0')).toMatchObject({
        zone: '1',
        free: '63',
        mark: '63',
      });
      expect((await zone(page, 'Normal')).low).toBe(62);
    },
    async (page) => {
      expect(Number((await fields(page, 'mm_page_alloc')).pfn)).toBeLessThan(4096);
      expect((await zone(page, 'Normal')).free).toBe(63);
      expect(await total(page, 'mm_vmscan_wakeup_kswapd')).toBe(0);
    },
    async (page) => {
      const { totals } = await page.view({ view: 'memory' });
      expect(totals[1]).toBeLessThan(10);
      expect(totals[2]).toBeGreaterThan(0);
    },
  ],
  'page-walk': [
    async (page) => {
      expect((await fields(page, 'sys_exit')).ret).toBe(String(0x40000000));
      expect(await total(page, 'pte_alloc', 'address=4000')).toBe(0);
    },
    async (page) => {
      expect((await fields(page, 'mm_fault')).address).toBe('40000000');
      expect((await fields(page, 'pte_alloc')).address).toBe('40000000');
      // P RW US A D
      expect(Number.parseInt((await fields(page, 'update_mmu_cache')).pte ?? '', 16) & 0xfff).toBe(0x067);
    },
    async (page) => expect((await fields(page, 'pte_alloc')).address).toBe('40000000'),
    async (page) => {
      // Both rounds and the reading are over, and the process still has its pages to look at.
      expect(page.output).toContain('256 pages touched, 0 wrong');
      expect(page.status?.phase).toBe('paused');
      expect(await total(page, 'mm_fault', 'class=demand_zero')).toBe(256);
    },
  ],
  'copy-on-write': [
    async (page) => {
      expect(await total(page, 'mm_fault', 'class=demand_zero')).toBe(64);
      expect(await total(page, 'mm_fault', 'class=cow_copy')).toBe(0);
    },
    async (page) => expect((await fields(page, 'mm_fault')).address).toMatch(/^bffff/),
    async (page) => expect(await total(page, 'mm_fault', 'class=cow_copy')).toBe(192 + 1),
  ],
  'boot-memory': [
    nothing,
    nothing,
    async (page) => {
      const { blocks } = await zone(page, 'DMA');
      const pages = blocks.map((many, order) => many << order);
      expect((pages[9] as number) / pages.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0.7);
    },
  ],
  buddy: [
    async (page) => {
      const normal = await zone(page, 'Normal');
      expect(normal.blocks.slice(0, 3)).toEqual([1, 1, 0]);
      atStart = normal.blocks;
      // What it was before: nothing below order 2, so two splits.
      const before = new (page.constructor as typeof TestPage)();
      await before.do({ type: 'start', choice: (scenarioOf('buddy') as Scenario).choice });
      expect((await zone(before, 'Normal')).blocks.slice(0, 3)).toEqual([0, 0, 1]);
    },
    async (page) => {
      const { blocks } = await zone(page, 'Normal');
      expect(blocks[0]).toBeLessThan(20);
    },
    async (page) => expect((await zone(page, 'Normal')).blocks[9]).toBeLessThan(atStart[9] as number),
  ],
  vmalloc: [
    nothing,
    async (page) => expect((await fields(page, 'get_vm_area')).address).toBe('c1805000'),
    async (page) => {
      const { rows } = await page.view({
        view: 'events',
        from: 0,
        count: 1000,
        filter: { names: ['mm_page_alloc', 'get_vm_area', 'vmalloc_alloc'], pid: 0, text: '' },
      });
      const names = rows.map(({ name }) => name);
      const frames = rows
        .slice(names.indexOf('get_vm_area') + 1, names.indexOf('vmalloc_alloc'))
        .map(({ text }) => Number(/pfn=(\d+) order=0/.exec(text)?.[1]));
      expect(frames).toHaveLength(5);
      expect(Math.max(...frames) - Math.min(...frames)).toBeGreaterThan(4);
    },
    async (page) => expect(await total(page, 'vfree')).toBe(0),
  ],
  slab: [
    async (page) => {
      const { text } = await page.view({ view: 'proc', path: 'slabinfo', pid: 0 });
      expect(text).toMatch(/^vm_area_struct\s+\d+\s+40\s+96\s+1\s+1\s+1$/m);
    },
    async (page) => {
      const { rows } = await page.view({
        view: 'events',
        from: 0,
        count: 10,
        filter: { names: ['mm_slab_grow'], pid: 0, text: 'cache=vm_area_struct' },
      });
      const colours = rows.map(({ text }) => Number(/colouroff=(\d+)/.exec(text)?.[1]));
      expect((colours[1] as number) - (colours[0] as number)).toBe(32);
    },
    async (page) => {
      const { text } = await page.view({ view: 'proc', path: 'slabinfo', pid: 0 });
      expect(text).toMatch(/^vm_area_struct\s+0\s+80\s+96\s+0\s+2\s+1$/m);
    },
  ],
  'high-memory': [
    async (page) => expect((await zone(page, 'HighMem')).first).toBe(229_376),
    async (page) =>
      expect(Number((await fields(page, 'mm_page_alloc', 'zone=2')).pfn)).toBeGreaterThan(229_375),
    async (page) => {
      const [normal, high] = [await zone(page, 'Normal'), await zone(page, 'HighMem')];
      expect(32_736 - high.free).toBeGreaterThan(1000);
      expect(225_280 - normal.free).toBeLessThan(5000);
    },
  ],
  kswapd: [
    async (page) => {
      const { row } = await last(page, 'zone_watermark_ok', 'outcome=0');
      expect(row.text).toContain('free=47 mark=47');
      expect((await zone(page, 'DMA')).low).toBe(46);
    },
    async (page) => {
      expect(await total(page, 'mm_slab_reap_skip')).toBeGreaterThan(0);
      // The page at which it stopped: unmapped, written to swap, freed.
      const seq = page.status?.stoppedBy as number;
      const near = {
        view: 'events',
        from: seq - 2,
        count: 4,
        filter: { names: [], pid: 0, text: '' },
      } as const;
      const { rows } = await page.view(near);
      expect(rows.map(({ name }) => name)).toEqual([
        'mm_page_buffers_freed',
        'mm_vmscan_page',
        'swap_cache_delete',
        'mm_filemap_delete_from_page_cache',
      ]);
    },
    async (page) => expect(await total(page, 'mm_vmscan_too_many_mapped')).toBeGreaterThan(0),
    async (page) => expect(await total(page, 'swap_slot_alloc')).toBeGreaterThan(100),
  ],
  'page-ages': [
    async (page) => expect(await total(page, 'mm_page_age', 'up=0')).toBeGreaterThan(0),
    nothing,
    nothing,
    async (page) => {
      const other = new (page.constructor as typeof TestPage)();
      await other.do({
        type: 'start',
        choice: {
          release: '2.4.22',
          memory: 12 << 20,
          swap: 32 << 20,
          sysctl: {},
          program: { kind: 'workload', args: ['zipf', '1', '3000', '30000', '30'] },
        },
      });
      const newer = await other.do({ type: 'run', speed: null });
      expect(newer.time).toBeLessThan((page.status?.time ?? 0) * 0.67);
    },
  ],
  swap: [
    async (page) => expect((await fields(page, 'swap_slot_alloc', 'offset=1 ')).offset).toBe('1'),
    async (page) => {
      expect(await total(page, 'mm_swap_page_io', 'write=0')).toBe(3);
      const { text } = await page.view({ view: 'proc', path: 'sys/vm/page-cluster', pid: 0 });
      expect(text.trim()).toBe('2');
    },
    async (page) => expect(page.output).toContain('none lost'),
  ],
  'shared-memory': [
    async (page) => {
      expect((await fields(page, 'vm_enough_memory')).pages).toBe('256');
      expect(await total(page, 'mm_fault', 'class=shared')).toBe(0);
    },
    async (page) => expect((await fields(page, 'mm_fault')).address).toBe('40000000'),
    async (page) => {
      expect(await total(page, 'mm_fault', 'class=shared')).toBe(256);
      const { rows } = await page.view({
        view: 'events',
        from: 0,
        count: 10,
        filter: { names: ['mm_fault'], pid: 8, text: '' },
      });
      expect(rows).toEqual([]);
      expect(await total(page, 'shm_destroy')).toBe(1);
    },
  ],
  'out-of-memory': [
    nothing,
    async (page) => expect(await total(page, 'mark_victim')).toBe(0),
    async (page) => {
      expect(page.status?.reason).toBe('breakpoint mark_victim; killed by signal 15');
      expect(await total(page, 'mark_victim')).toBe(1);
      expect((await fields(page, 'mark_victim')).points).toBe('224');
    },
  ],
};
