import { describe, expect, it } from 'vitest';
import { hilbertCell } from '../../src/views/memory/hilbert.ts';
import { cellOfFrame, frameAt, layoutFrames, rangeBorders } from '../../src/views/memory/layout.ts';

describe('the Hilbert curve', () => {
  it('goes through a square of four as drawn', () => {
    const order = Array.from({ length: 16 }, (_, i) => hilbertCell(4, i));
    expect(order).toEqual([0, 1, 5, 4, 8, 12, 13, 9, 10, 14, 15, 11, 7, 6, 2, 3]);
  });

  it('steps from each cell to a neighbour, and into each cell once', () => {
    const side = 64;
    const seen = new Set<number>();
    let before = hilbertCell(side, 0);
    expect(before).toBe(0);
    seen.add(before);
    for (let i = 1; i < side * side; i++) {
      const cell = hilbertCell(side, i);
      const dx = Math.abs((cell % side) - (before % side));
      const dy = Math.abs(Math.floor(cell / side) - Math.floor(before / side));
      expect(dx + dy).toBe(1);
      seen.add(cell);
      before = cell;
    }
    expect(seen.size).toBe(side * side);
    expect(before).toBe(side - 1);
  });
});

describe('the layout of frames', () => {
  it('fills a picture with whole cells in rows of a multiple of 32', () => {
    const layout = layoutFrames(4096, 'row', 900, 500);
    expect(layout.columns % 32).toBe(0);
    const cell = Math.floor(Math.min(900 / layout.columns, 500 / layout.rows));
    expect(cell).toBeGreaterThanOrEqual(9);
    expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(4096);
  });

  it('keeps the picture’s shape when a cell is less than a pixel', () => {
    const layout = layoutFrames(2 ** 20, 'row', 800, 400);
    expect(layout.columns % 32).toBe(0);
    expect(layout.columns / layout.rows).toBeGreaterThan(1.7);
    expect(layout.columns / layout.rows).toBeLessThan(2.3);
  });

  it.each([
    ['row', 900, 500],
    ['hilbert', 900, 500],
    ['hilbert', 300, 900],
  ] as const)('%s in %i x %i: cells and frames are each other’s', (order, width, height) => {
    const layout = layoutFrames(5000, order, width, height);
    for (let frame = 0; frame < 5000; frame++) {
      const cell = cellOfFrame(layout, frame);
      expect(frameAt(layout, cell % layout.columns, Math.floor(cell / layout.columns))).toBe(frame);
    }
    let cells = 0;
    for (let y = 0; y < layout.rows; y++)
      for (let x = 0; x < layout.columns; x++) if (frameAt(layout, x, y) >= 0) cells++;
    expect(cells).toBe(5000);
  });

  it('joins the squares of a long map: each frame beside the one before', () => {
    for (const [width, height] of [
      [900, 200],
      [200, 900],
    ] as const) {
      const layout = layoutFrames(4096, 'hilbert', width, height);
      expect(layout.columns > layout.rows).toBe(width > height);
      for (let frame = 1; frame < 4096; frame++) {
        const a = cellOfFrame(layout, frame - 1);
        const b = cellOfFrame(layout, frame);
        const dx = Math.abs((a % layout.columns) - (b % layout.columns));
        const dy = Math.abs(Math.floor(a / layout.columns) - Math.floor(b / layout.columns));
        expect(dx + dy).toBe(1);
      }
    }
  });

  it('has no frame outside of the map', () => {
    const layout = layoutFrames(100, 'row', 320, 40);
    expect(frameAt(layout, -1, 0)).toBe(-1);
    expect(frameAt(layout, 0, layout.rows)).toBe(-1);
    expect(frameAt(layout, layout.columns - 1, layout.rows - 1)).toBe(-1);
  });
});

describe('borders of zones', () => {
  const zones = [
    { name: 'DMA', first: 0, count: 40 },
    { name: 'Normal', first: 40, count: 88 },
  ];

  it('are a step in rows', () => {
    const layout = {
      order: 'row',
      frames: 128,
      columns: 32,
      rows: 4,
      cells: null,
      framesOfCells: null,
    } as const;
    expect([...rangeBorders(layout, zones)]).toEqual([0, 2, 8, 2, 8, 2, 8, 1, 8, 1, 32, 1]);
    const even = [zones[0], { name: 'Normal', first: 64, count: 64 }] as const;
    expect([...rangeBorders(layout, even)]).toEqual([0, 2, 32, 2]);
  });

  it('separate exactly the neighbours of different zones on a curve', () => {
    const layout = layoutFrames(128, 'hilbert', 400, 200);
    const zoneAt = (x: number, y: number) => {
      const frame = frameAt(layout, x, y);
      return frame < 0 ? -1 : frame < 40 ? 0 : 1;
    };
    let expected = 0;
    for (let y = 0; y < layout.rows; y++)
      for (let x = 0; x < layout.columns; x++) {
        if (x + 1 < layout.columns && zoneAt(x, y) !== zoneAt(x + 1, y)) expected++;
        if (y + 1 < layout.rows && zoneAt(x, y) !== zoneAt(x, y + 1)) expected++;
      }
    const segments = rangeBorders(layout, zones);
    let length = 0;
    for (let i = 0; i < segments.length; i += 4)
      length += Math.abs(segments[i + 2]! - segments[i]!) + Math.abs(segments[i + 3]! - segments[i + 1]!);
    expect(expected).toBeGreaterThan(0);
    expect(length).toBe(expected);
  });
});
