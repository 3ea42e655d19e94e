import { describe, expect, it } from 'vitest';
import { colourOfUse } from '../../src/app/palette-colours.ts';
import { FRAME_STATE, FRAME_USE, type MemoryView } from '../../src/protocol/views.ts';
import { inkOn, luminance } from '../../src/views/drawing/contrast.ts';
import {
  abgr,
  marksOf,
  mix,
  NO_EMPHASIS,
  paintCells,
  themedTable,
} from '../../src/views/memory/cell-colours.ts';
import { countStates, describeFrame, framesWith } from '../../src/views/memory/describe-frame.ts';
import { FrameMap } from '../../src/views/memory/frame-map.ts';
import { layoutFrames } from '../../src/views/memory/layout.ts';

const { free, anonymous, slab } = FRAME_USE;

function memory(use: number[], state: number[], detail: number[]): MemoryView {
  return {
    view: 'memory',
    use: Uint8Array.from(use),
    state: Uint8Array.from(state),
    detail: Uint8Array.from(detail),
    zones: [
      { name: 'DMA', first: 0, count: 2 },
      { name: 'Normal', first: 2, count: 2 },
    ],
    totals: [],
  };
}

const VIEW = memory(
  [free, free, anonymous, slab],
  [FRAME_STATE.blockHead, 0, FRAME_STATE.dirty | FRAME_STATE.active, 0],
  [1, 1, 17, 0],
);

describe('colours of cells', () => {
  it('are words in the order of ImageData', () => {
    expect(abgr('#123456')).toBe(0xff563412);
    expect(new Uint8Array(Uint32Array.of(abgr('#123456')).buffer)).toEqual(
      Uint8Array.of(0x12, 0x34, 0x56, 0xff),
    );
    expect(mix(abgr('#ff0000'), abgr('#0000ff'), 0.5)).toBe(abgr('#800080'));
  });

  it('show the use, and free blocks by order', () => {
    const table = themedTable('light', false);
    const image = new Uint32Array(4);
    paintCells(image, VIEW, { ...layoutFrames(4, 'row', 2, 2), cells: null }, table, NO_EMPHASIS);
    expect(image[2]).toBe(abgr(colourOfUse(anonymous, 'light')));
    expect(image[3]).toBe(abgr(colourOfUse(slab, 'light')));
    expect(image[0]).toBe(image[1]);
    const orders = Array.from({ length: 10 }, (_, order) => table.bright[order]);
    expect(new Set(orders).size).toBe(10);
    expect(orders[9]).toBe(abgr(colourOfUse(free, 'light')));
  });

  it('fade what is not emphasised, by use, by state, by both', () => {
    const table = themedTable('dark', false);
    const layout = layoutFrames(4, 'row', 2, 2);
    const seen = (uses: number, states: number): boolean[] => {
      const image = new Uint32Array(32);
      paintCells(image, VIEW, layout, table, { uses, states, byAge: false, only: null });
      return [...image.subarray(0, 4)].map(
        (word, i) => word === table.bright[(VIEW.use[i]! << 8) | VIEW.detail[i]!],
      );
    };
    expect(seen(0, 0)).toEqual([true, true, true, true]);
    expect(seen(1 << free, 0)).toEqual([true, true, false, false]);
    expect(seen(0, FRAME_STATE.dirty)).toEqual([false, false, true, false]);
    expect(seen(1 << slab, FRAME_STATE.dirty)).toEqual([false, false, false, false]);
  });

  it('fade all but the frames that are named', () => {
    const table = themedTable('light', false);
    const image = new Uint32Array(32);
    const only = marksOf(Int32Array.of(3, 1, 99), 4);
    paintCells(image, VIEW, layoutFrames(4, 'row', 2, 2), table, { ...NO_EMPHASIS, only });
    const bright = [...image.subarray(0, 4)].map(
      (word, i) => word === table.bright[(VIEW.use[i]! << 8) | VIEW.detail[i]!],
    );
    expect(bright).toEqual([false, true, false, true]);
    expect(marksOf(new Int32Array(0), 4)).toBeNull();
  });

  it('shade pages by age when asked', () => {
    const table = themedTable('light', true);
    const shade = (age: number) => table.bright[(anonymous << 8) | age]!;
    expect(shade(64)).toBe(abgr(colourOfUse(anonymous, 'light')));
    expect(new Set([shade(0), shade(4), shade(20), shade(64)]).size).toBe(4);
    expect(themedTable('light', false).bright[(anonymous << 8) | 3]).toBe(
      abgr(colourOfUse(anonymous, 'light')),
    );
  });

  it('have ink that can be read on them', () => {
    for (const theme of ['light', 'dark'] as const)
      for (const use of Object.values(FRAME_USE)) {
        const paper = luminance(colourOfUse(use, theme));
        const ink = inkOn(colourOfUse(use, theme)) === '#000000' ? 0 : 1;
        const contrast = (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
        expect(contrast).toBeGreaterThan(3);
      }
  });
});

describe('a frame in words', () => {
  it('tells zone, order, age and state', () => {
    expect(describeFrame(VIEW, 0)).toEqual({
      frame: '0x0',
      address: '00000000',
      zone: 'DMA',
      use: free,
      detail: 'head of a block of order 1',
      state: [],
    });
    expect(describeFrame(VIEW, 1).detail).toBe('in a block of order 1');
    const page = describeFrame(VIEW, 2);
    expect([page.zone, page.detail, page.state]).toEqual(['Normal', 'age 17', ['dirty', 'active']]);
  });

  it('counts states', () => {
    const counts = countStates(VIEW.state);
    expect(framesWith(counts, FRAME_STATE.dirty)).toBe(1);
    expect(framesWith(counts, FRAME_STATE.blockHead)).toBe(1);
    expect(framesWith(counts, FRAME_STATE.locked)).toBe(0);
  });
});

describe('the map between pictures', () => {
  const picture = { width: 640, height: 320 };
  const map = () => {
    const made = new FrameMap();
    expect(made.arrange(4096, VIEW.zones, 'row', picture)).toBe(true);
    return made;
  };

  it('finds the frame under a place, at every zoom', () => {
    const seen = map();
    expect(seen.frameUnder(320, 160)).toBeGreaterThanOrEqual(0);
    seen.show(777, 64);
    expect(seen.middle).toBe(777);
    seen.zoomOn(777, 8);
    expect(seen.middle).toBe(777);
    expect(seen.whole).toBe(false);
    seen.fit();
    expect(seen.whole).toBe(true);
  });

  it('finds the byte under a place when bytes are seen', () => {
    const seen = map();
    expect(seen.byteUnder(320, 160, 1)).toBe(-1);
    seen.show(777, 1000);
    expect(seen.middle).toBe(777);
    const first = seen.byteUnder(325, 160, 1);
    expect(Math.floor(first / 64)).toBeGreaterThan(28);
    expect(seen.byteUnder(325 + 988 / 64, 160, 1)).toBe(first + 1);
  });

  it('keeps layout and place when the picture’s size changes after a zoom, follows it before', () => {
    const seen = map();
    const columns = seen.layout.columns;
    expect(seen.arrange(4096, VIEW.zones, 'row', { width: 320, height: 640 })).toBe(true);
    expect(seen.layout.columns).toBeLessThan(columns);
    seen.show(5, 64);
    expect(seen.arrange(4096, VIEW.zones, 'row', picture)).toBe(false);
    expect(seen.arrange(8192, VIEW.zones, 'row', picture)).toBe(true);
    expect(seen.whole).toBe(true);
  });

  it('moves the cursor by frames, rows and blocks', () => {
    const seen = map();
    const { columns } = seen.layout;
    expect(seen.moved(columns - 1, 'right')).toBe(columns);
    expect(seen.moved(0, 'left')).toBe(0);
    expect(seen.moved(5, 'down')).toBe(5 + columns);
    expect(seen.moved(5, 'up')).toBe(5);
    expect(seen.moved(5, 'block-on')).toBe(517);
    expect(seen.moved(5, 'block-back')).toBe(0);
    expect(seen.moved(5, 'last')).toBe(4095);
  });

  it('moves to neighbours on the curve', () => {
    const seen = new FrameMap();
    seen.arrange(4096, VIEW.zones, 'hilbert', picture);
    const right = seen.moved(0, 'right');
    const { columns } = seen.layout;
    expect(seen.layout.cells?.[right]).toBe((seen.layout.cells?.[0] ?? 0) + 1);
    expect(seen.layout.cells?.[seen.moved(0, 'down')]).toBe(columns);
  });
});
