import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AreaRow, SpaceView } from '../../src/protocol/views.ts';
import { choiceOf, TestPage } from './engine-host.ts';

const PAGE = 4096;

describe.each([
  ['2.4.22', 5000, 16],
  ['2.4.0', 5500, 16],
])('views of a program under pressure on %s', (release, until, megabytes) => {
  const page = new TestPage();
  let pid = 0;
  let space: SpaceView;

  beforeAll(async () => {
    const program = { kind: 'program', name: 'hog', args: ['24'] } as const;
    const choice = choiceOf(program, { release, memory: megabytes * 2 ** 20 });
    await page.do({ type: 'start', choice, until });
    const { tasks } = await page.view({ view: 'tasks' });
    pid = tasks.find((task) => task.comm === 'hog')?.pid ?? 0;
    space = await page.view({ view: 'space', pid });
  });
  afterAll(() => page.do({ type: 'pause' }));

  const proc = async (path: string): Promise<string> => (await page.view({ view: 'proc', path, pid })).text;
  const number = (text: string, name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);

  it('areas are the lines of maps', async () => {
    const lines = (await proc(`${pid}/maps`)).trimEnd().split('\n');
    const hex = (value: number): string => value.toString(16).padStart(8, '0');
    const shown = space.areas.map((area) => `${hex(area.start)}-${hex(area.end)} ${area.permissions}`);
    expect(shown).toEqual(lines.map((line) => line.split(' ').slice(0, 2).join(' ')));
  });

  it('sizes are those of status, resident pages those of the areas', async () => {
    const status = await proc(`${pid}/status`);
    expect(space.totalVm * 4).toBe(number(status, 'VmSize'));
    expect(space.rss * 4).toBe(number(status, 'VmRSS'));
    expect(space.areas.reduce((sum, area) => sum + area.resident, 0)).toBe(space.rss);
    expect(space.areas.reduce((sum, area) => sum + (area.end - area.start) / PAGE, 0)).toBe(space.totalVm);
    expect(space.areas.some((area) => area.swapped > 0)).toBe(true);
  });

  it('a walk ends as the area says of the page, and the frame knows who maps it', async () => {
    const states = new Set<number>();
    for (const area of space.areas) {
      for (const index of samples(area)) {
        const address = area.start + index * PAGE + 123;
        const state = area.pages[index] as number;
        states.add(state);
        const walk = await page.view({ view: 'walk', pid, address });
        expect(walk.pfn >= 0, `page ${address.toString(16)} in state ${state}`).toBe(
          state === 1 || state === 2,
        );
        const last = walk.steps.at(-1);
        expect(last?.bits.includes('D') ?? false).toBe(state === 2);
        if (walk.pfn < 0) continue;
        const frame = await page.view({ view: 'frame', pfn: walk.pfn });
        expect(frame.mappings).toContainEqual({ pid, comm: 'hog', address: address - 123 });
        expect(last?.entry).toBeGreaterThanOrEqual(walk.pfn * PAGE);
      }
    }
    expect([...states].sort()).toEqual(expect.arrayContaining([2, 3]));
  });

  it('the map of memory counts what meminfo counts', async () => {
    const memory = await page.view({ view: 'memory' });
    const zones = await page.view({ view: 'zones' });
    const meminfo = await proc('meminfo');
    const free = memory.totals[0] as number;
    expect(free * 4).toBe(number(meminfo, 'MemFree'));
    expect(zones.zones.reduce((sum, zone) => sum + zone.free, 0)).toBe(free);
    for (const zone of zones.zones)
      expect(zone.blocks.reduce((sum, blocks, order) => sum + blocks * 2 ** order, 0)).toBe(zone.free);
    const counted = new Array(memory.totals.length).fill(0);
    for (const use of memory.use) counted[use]++;
    expect(counted).toEqual(memory.totals);
    const mapped = memory.state.reduce((sum, state) => sum + ((state & 128) === 0 ? 0 : 1), 0);
    expect(mapped).toBe(space.rss);
  });

  it('heads of lists of free blocks are free blocks of their order on the map', async () => {
    const memory = await page.view({ view: 'memory' });
    const { zones } = await page.view({ view: 'zones' });
    let heads = 0;
    for (const zone of zones)
      zone.heads.forEach((list, order) => {
        for (const pfn of list) {
          heads++;
          expect([memory.use[pfn], memory.detail[pfn], (memory.state[pfn] as number) & 64]).toEqual([
            0,
            order,
            64,
          ]);
        }
      });
    expect(heads).toBeGreaterThan(0);
  });
});

/** First, last and some pages between. */
function samples(area: AreaRow): number[] {
  const step = Math.max(1, Math.floor(area.pages.length / 12));
  const indexes = new Set([area.pages.length - 1]);
  for (let i = 0; i < area.pages.length; i += step) indexes.add(i);
  return [...indexes];
}
