import { describe, expect, it } from 'vitest';
import { place, roundUp, ticks, valueAt } from '../../src/views/drawing/scale.ts';
import { sampleAt, spread } from '../../src/views/zones/draw-watermarks.ts';
import { CHANGE_MS, changesOf, recentChanges } from '../../src/views/zones/recent-changes.ts';
import { zoneSamples } from '../../src/views/zones/zone-history.ts';

describe('axes', () => {
  const scale = { from: 10, to: 20, start: 100, end: 0 };

  it('place values and find them again', () => {
    expect(place(scale, 10)).toBe(100);
    expect(place(scale, 15)).toBe(50);
    expect(valueAt(scale, 50)).toBe(15);
    expect(place({ ...scale, to: 10 }, 12)).toBe(100);
  });

  it('are marked at round values', () => {
    expect(ticks(0, 1000, 4)).toEqual([0, 500, 1000]);
    expect(ticks(3, 27, 5)).toEqual([5, 10, 15, 20, 25]);
    expect(ticks(5, 5, 5)).toEqual([]);
    expect([roundUp(3712), roundUp(1), roundUp(0), roundUp(760)]).toEqual([5000, 1, 1, 1000]);
  });
});

describe('a zone’s history', () => {
  const counters = {
    view: 'counters',
    names: ['free DMA', 'free Normal'],
    time: Float64Array.of(0, 0.5, 1),
    turn: Float64Array.of(0, 1, 2),
    now: Float64Array.of(30, 300),
    values: [Float64Array.of(10, 20, 30), Float64Array.of(100, 200, 300)],
  } as const;

  it('is that of the counters, and the present', () => {
    expect(zoneSamples(counters, 'Normal', 2e9, 350)).toEqual({
      time: [0, 5e8, 1e9, 2e9],
      free: [100, 200, 300, 350],
    });
  });

  it('ends at the present after a step back, and is but the present without counters', () => {
    expect(zoneSamples(counters, 'DMA', 5e8, 21)).toEqual({ time: [0, 5e8], free: [10, 21] });
    expect(zoneSamples(null, 'DMA', 7, 21)).toEqual({ time: [7], free: [21] });
    expect(zoneSamples(counters, 'HighMem', 7, 21)).toEqual({ time: [7], free: [21] });
  });

  it('finds the sample at a place', () => {
    const samples = { time: [0, 10, 20], free: [1, 2, 3] };
    const scale = { from: 0, to: 20, start: 0, end: 200 };
    expect(sampleAt(samples, scale, 120)).toBe(1);
    expect(sampleAt(samples, scale, -50)).toBe(0);
    expect(sampleAt({ time: [], free: [] }, scale, 0)).toBe(-1);
  });
});

it('names of marks are moved apart, upwards', () => {
  expect(spread([100, 98, 40], 12, 100)).toEqual([94, 82, 40]);
  const places = spread([100, 99, 98], 12, 100);
  for (let i = 1; i < 3; i++) expect(places[i - 1]! - places[i]!).toBeGreaterThanOrEqual(12);
});

describe('splits and merges', () => {
  const zone = (splits: number[], merges: number[]) => [{ name: 'DMA', splits, merges }];

  it('are seen for a moment, those of each order', () => {
    const first = recentChanges([], zone([0, 4], [9, 0]), zone([0, 6], [10, 0]), 1000);
    expect(changesOf(first, 'DMA', 1)).toEqual({ splits: 2, merges: 0 });
    expect(changesOf(first, 'DMA', 0)).toEqual({ splits: 0, merges: 1 });
    expect(changesOf(first, 'Normal', 0)).toEqual({ splits: 0, merges: 0 });
    const same = zone([0, 6], [10, 0]);
    expect(recentChanges(first, same, same, 1000 + CHANGE_MS - 1)).toHaveLength(2);
    expect(recentChanges(first, same, same, 1000 + CHANGE_MS)).toEqual([]);
  });

  it('none are seen when the machine went back, or is looked at for the first time', () => {
    expect(recentChanges([], zone([5], [5]), zone([0], [0]), 0)).toEqual([]);
    expect(recentChanges([], [], zone([5], [5]), 0)).toEqual([]);
  });
});
