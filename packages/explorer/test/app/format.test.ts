import { expect, it } from 'vitest';
import { bytes, count, time } from '../../src/app/format.ts';

it.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [12_345_678, '12,345,678'],
  [-1234, '-1,234'],
  [999.6, '1,000'],
])('count %d is %s', (value, text) => {
  expect(count(value)).toBe(text);
});

it('sizes and times have units', () => {
  expect([bytes(4096), bytes(1.5 * 2 ** 20)]).toEqual(['4 kB', '1.5 MB']);
  expect([time(450), time(12_300_000)]).toEqual(['450 ns', '12.3 ms']);
});
