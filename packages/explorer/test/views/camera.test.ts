import { describe, expect, it } from 'vitest';
import { centreOn, fit, hold, pan, reveal, scaleLimits, zoomAt } from '../../src/views/memory/camera.ts';

const MAP = { columns: 128, rows: 32 };
const PICTURE = { width: 900, height: 500 };

/** Pixel of a cell's corner. */
const at = (camera: { x: number; y: number; scale: number }, x: number, y: number) => [
  (x - camera.x) * camera.scale,
  (y - camera.y) * camera.scale,
];

describe('the camera', () => {
  it('fits the whole map with whole pixels, in the middle', () => {
    const camera = fit(MAP, PICTURE);
    expect(camera.scale).toBe(7);
    expect(at(camera, 0, 0)).toEqual([2, 138]);
    expect(at(camera, 128, 32)).toEqual([898, 362]);
  });

  it('gives up whole pixels where they would waste a tenth of the picture', () => {
    expect(fit({ columns: 600, rows: 300 }, PICTURE).scale).toBe(1.5);
    expect(fit({ columns: 40, rows: 20 }, PICTURE).scale).toBe(22);
  });

  it('fits a map of more cells than pixels', () => {
    const camera = fit({ columns: 1800, rows: 600 }, PICTURE);
    expect(camera.scale).toBe(0.5);
  });

  it('zooms around a place', () => {
    const camera = fit(MAP, PICTURE);
    const limits = scaleLimits(MAP, PICTURE);
    const cell = [camera.x + 300 / camera.scale, camera.y + 250 / camera.scale] as const;
    const closer = zoomAt(camera, 300, 250, 4, limits);
    expect(closer.scale).toBe(28);
    expect(at(closer, cell[0], cell[1])[0]).toBeCloseTo(300);
    expect(at(closer, cell[0], cell[1])[1]).toBeCloseTo(250);
    expect(zoomAt(camera, 0, 0, 1e-9, limits).scale).toBe(limits.least);
    expect(zoomAt(camera, 0, 0, 1e9, limits).scale).toBe(limits.most);
  });

  it('holds the map in sight', () => {
    const camera = { x: 0, y: 0, scale: 40 };
    const far = hold(pan(camera, 1e6, 1e6), MAP, PICTURE);
    expect(far.x).toBeCloseTo(-90 / 40);
    const other = hold(pan(camera, -1e6, -1e6), MAP, PICTURE);
    expect((MAP.columns - other.x) * 40).toBeCloseTo(810);
    expect(hold({ x: 5, y: 5, scale: 7 }, MAP, PICTURE)).toEqual(fit(MAP, PICTURE));
  });

  it('centres and reveals cells', () => {
    const centred = centreOn(10, 5, 50, PICTURE);
    expect(at(centred, 10.5, 5.5)).toEqual([450, 250]);
    const right = reveal({ x: 0, y: 0, scale: 50 }, 100, 3, PICTURE);
    expect(at(right, 101, 0)).toEqual([900, 0]);
    const same = { x: 3, y: 2, scale: 50 };
    expect(reveal(same, 5, 4, PICTURE)).toEqual(same);
  });
});
