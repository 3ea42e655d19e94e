import { expect, test } from 'vitest';
import type { CountersView } from '../../src/protocol/views.ts';
import { chosenSeries, sampleAt } from '../../src/views/counters/counter-series.ts';

const data: CountersView = {
  view: 'counters',
  names: ['pswpin', 'pswpout', 'nr_free'],
  time: Float64Array.of(0, 1, 2),
  turn: Float64Array.of(0, 10, 20),
  now: Float64Array.of(0, 5, 44),
  values: [Float64Array.of(0, 0, 0), Float64Array.of(0, 5, 9), Float64Array.of(100, 40, 60)],
};

test('counters that stood still are shown when asked for', () => {
  expect(chosenSeries(data, { text: '', still: false }).map((series) => series.name)).toEqual([
    'pswpout',
    'nr_free',
  ]);
  expect(chosenSeries(data, { text: 'PSW', still: true }).map((series) => series.name)).toEqual([
    'pswpin',
    'pswpout',
  ]);
});

test('a series knows its present value, least and most', () => {
  expect(chosenSeries(data, { text: 'nr_free', still: false })[0]).toMatchObject({
    now: 44,
    least: 40,
    most: 100,
  });
});

test.each([
  [-1, -1],
  [0, 0],
  [0.9, 0],
  [1, 1],
  [99, 2],
])('at %d s sample %d is the latest', (time, sample) => {
  expect(sampleAt(data.time, time)).toBe(sample);
});
