import { expect, it } from 'vitest';
import { oneOfMany, stepThrough } from '../../src/views/frame/one-of-many.ts';

const NONE = { place: 0, pfn: -1 };

it('shows the first of many frames, or the one that was shown before', () => {
  const frames = Int32Array.of(40, 41, 50, 7);
  expect(oneOfMany(frames, NONE)).toEqual({ place: 0, pfn: 40 });
  expect(oneOfMany(frames, { place: 0, pfn: 50 })).toEqual({ place: 2, pfn: 50 });
});

it('stays with a frame whose place changes, and at the place of one that goes', () => {
  const shown = { place: 2, pfn: 50 };
  expect(oneOfMany(Int32Array.of(39, 40, 41, 50), shown)).toEqual({ place: 3, pfn: 50 });
  expect(oneOfMany(Int32Array.of(40, 41, 7), shown)).toEqual({ place: 2, pfn: 7 });
  expect(oneOfMany(Int32Array.of(40), shown)).toEqual({ place: 0, pfn: 40 });
});

it('steps through them, to the ends', () => {
  const frames = Int32Array.of(40, 41, 50);
  expect(stepThrough(frames, { place: 0, pfn: 40 }, 1)).toEqual({ place: 1, pfn: 41 });
  expect(stepThrough(frames, { place: 2, pfn: 50 }, 1)).toEqual({ place: 2, pfn: 50 });
  expect(stepThrough(frames, { place: 2, pfn: 50 }, -1)).toEqual({ place: 1, pfn: 41 });
  expect(stepThrough(frames, { place: 0, pfn: 40 }, -1)).toEqual({ place: 0, pfn: 40 });
});
