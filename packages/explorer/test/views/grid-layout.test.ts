import { describe, expect, test } from 'vitest';
import { cellAfterKey, cellAt, cellPlace, layOutGrid } from '../../src/views/drawing/grid-layout.ts';

describe('cells in rows', () => {
  test.each([
    { count: 10, width: 480, height: 100, pitch: 14 },
    { count: 32768, width: 600, height: 420, pitch: 3 },
    { count: 2000, width: 600, height: 200, pitch: 7 },
  ])('$count cells in $width by $height are $pitch pixels', ({ count, width, height, pitch }) => {
    const grid = layOutGrid(count, width, height);
    expect(grid.pitch).toBe(pitch);
    expect(grid.columns * grid.pitch).toBeLessThanOrEqual(width);
    expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(count);
    if (pitch > 3) expect(grid.height).toBeLessThanOrEqual(height);
  });

  test('each cell is found where it lies, and nothing beside the cells', () => {
    const grid = layOutGrid(1000, 333, 200);
    for (let i = 0; i < 1000; i++) {
      const { x, y } = cellPlace(grid, i);
      expect(cellAt(grid, x + 1, y + 1)).toBe(i);
    }
    expect(cellAt(grid, -1, 0)).toBe(-1);
    expect(cellAt(grid, grid.columns * grid.pitch + 1, 0)).toBe(-1);
    const { x, y } = cellPlace(grid, 1000);
    expect(cellAt(grid, x + 1, y + 1)).toBe(-1);
  });

  test('arrow keys stay inside', () => {
    const grid = layOutGrid(100, 140, 1000);
    expect(grid.columns).toBe(10);
    expect(cellAfterKey(grid, 0, 'ArrowLeft')).toBe(0);
    expect(cellAfterKey(grid, 0, 'ArrowRight')).toBe(1);
    expect(cellAfterKey(grid, 5, 'ArrowDown')).toBe(15);
    expect(cellAfterKey(grid, 5, 'ArrowUp')).toBe(5);
    expect(cellAfterKey(grid, 5, 'End')).toBe(99);
    expect(cellAfterKey(grid, 5, 'x')).toBeUndefined();
  });
});
