import { describe, expect, it } from 'vitest';
import type { FlowRow, PageListRow } from '../../src/protocol/views.ts';
import { arrangeFlows, FlowRates } from '../../src/views/lists/flow-groups.ts';
import { layOutStrip, stripFrameAt, stripFrames } from '../../src/views/lists/list-strip.ts';

const list = (name: string, pages: number): PageListRow => {
  const shown = Math.min(pages, 256);
  return {
    name,
    pages,
    head: Int32Array.from({ length: shown }, (_, i) => 1000 + i),
    tail: Int32Array.from({ length: shown }, (_, i) => 1000 + pages - 1 - i),
  };
};
const flow = (name: string, from: string, to: string, pages = 0): FlowRow => ({
  function: name,
  from,
  to,
  pages,
});

describe('flows between lists', () => {
  it('2.4.22: two lists between new and free', () => {
    const picture = arrangeFlows(
      [list('inactive_list', 5), list('active_list', 7)],
      [
        flow('lru_cache_add', 'new', 'inactive_list'),
        flow('activate_page', 'inactive_list', 'active_list'),
        flow('refill_inactive', 'active_list', 'inactive_list'),
        flow('shrink_cache', 'inactive_list', 'free'),
      ],
    );
    expect(picture.groups.map((g) => [...g.lists.map((l) => l.name), ...g.places])).toEqual([
      ['new'],
      ['active_list'],
      ['inactive_list'],
      ['free'],
    ]);
    const shown = picture.between.map((flows) => flows.map((f) => [f.flow.function, f.direction, f.to]));
    expect(shown).toEqual([
      [['lru_cache_add', 'down', 'inactive_list']],
      [
        ['activate_page', 'up', ''],
        ['refill_inactive', 'down', ''],
      ],
      [['shrink_cache', 'down', '']],
      [],
    ]);
  });

  it('2.4.0: a clean list per zone, named in its flows', () => {
    const clean = ['DMA', 'Normal'].map((zone) => list(`inactive_clean_list(${zone})`, 3));
    const picture = arrangeFlows(
      [list('active_list', 7), list('inactive_dirty_list', 5), ...clean],
      clean.map(({ name }) => flow('page_launder', 'inactive_dirty_list', name)),
    );
    expect(picture.groups.map((group) => group.lists.length)).toEqual([1, 1, 2]);
    expect(picture.between[1]?.map((f) => f.to)).toEqual(clean.map(({ name }) => name));
  });
});

it('a name without a zone stands for the lists of all zones', () => {
  const clean = ['DMA', 'Normal'].map((zone) => list(`inactive_clean_list(${zone})`, 3));
  const picture = arrangeFlows(
    [list('active_list', 1), list('inactive_dirty_list', 5), ...clean],
    [
      flow('page_launder', 'inactive_dirty_list', 'inactive_clean_list'),
      flow('reclaim_page', 'inactive_clean_list', 'free'),
    ],
  );
  expect(picture.groups.map((g) => [g.lists.length, g.places.length])).toEqual([
    [1, 0],
    [1, 0],
    [2, 0],
    [0, 1],
  ]);
  expect(picture.between.map((flows) => flows.map((f) => [f.flow.function, f.from, f.to]))).toEqual([
    [],
    [['page_launder', '', '']],
    [['reclaim_page', '', '']],
    [],
  ]);
});

describe('rates', () => {
  it('are pages per virtual second over the last stretch', () => {
    const rates = new FlowRates(1e9);
    const moved = (pages: number) => flow('refill_inactive', 'a', 'b', pages);
    rates.add(0, [moved(0)]);
    expect(rates.rate(moved(0))).toBe(0);
    rates.add(5e8, [moved(100)]);
    expect(rates.rate(moved(0))).toBeCloseTo(200);
    rates.add(1e9, [moved(100)]);
    rates.add(2e9, [moved(100)]);
    expect(rates.rate(moved(0))).toBeCloseTo(0);
  });

  it('forget what lies ahead after a step back', () => {
    const rates = new FlowRates(1e9);
    const moved = (pages: number) => flow('f', 'a', 'b', pages);
    rates.add(0, [moved(0)]);
    rates.add(8e8, [moved(500)]);
    rates.add(4e8, [moved(10)]);
    expect(rates.rate(moved(0))).toBeCloseTo(25);
  });
});

describe('the strip of a list', () => {
  it('shows a short list whole', () => {
    const row = list('active_list', 20);
    const layout = layOutStrip(row, 600);
    expect([layout.head, layout.tail, layout.hidden]).toEqual([20, 0, 0]);
    expect(stripFrames(row, layout).map((f) => f.pfn)).toEqual([...row.head]);
  });

  it('shows head and tail of a long one, the tail at the right end', () => {
    const row = list('active_list', 10_000);
    const layout = layOutStrip(row, 600);
    expect(layout.head + layout.tail + layout.hidden).toBe(10_000);
    const frames = stripFrames(row, layout);
    expect(frames[0]?.pfn).toBe(1000);
    expect(frames.at(-1)?.pfn).toBe(10_999);
    expect(frames.at(-1)!.x + layout.pitch).toBeLessThanOrEqual(600);
    for (const { pfn, x } of frames) expect(stripFrameAt(row, layout, x + 1)).toBe(pfn);
    expect(stripFrameAt(row, layout, layout.head * layout.pitch + 5)).toBe(-1);
    expect(stripFrameAt(row, layout, 601)).toBe(-1);
  });
});
