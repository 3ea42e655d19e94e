import { describe, expect, it } from 'vitest';
import { parseMeasurement, printMeasurement } from '../src/row.ts';
import { rows, simulatedPeers } from '../src/rows.ts';

describe('what a row prints for the bench', () => {
  it.each([
    [12.5, '12.5', { value: 12.5, missRatio: null }],
    [{ value: 80, missRatio: 0.1964878 }, '80 0.1964878', { value: 80, missRatio: 0.1964878 }],
    [{ value: 3, missRatio: null }, '3', { value: 3, missRatio: null }],
  ])('%j', (result, text, read) => {
    expect(printMeasurement(result)).toBe(text);
    expect(parseMeasurement(`${text}\n`)).toEqual(read);
  });

  it.each(['', 'Error: no memory', '1 x', '1 2 3'])("refuses '%s'", (text) => {
    expect(() => parseMeasurement(text)).toThrow('no measurement');
  });
});

describe('the rows', () => {
  it('have names of their own', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it('that libCacheSim is the peer of are those that it is told about', () => {
    const told = rows.filter(({ peer }) => peer?.[0] === 'libCacheSim').map(({ peer }) => peer?.[1]);
    expect(simulatedPeers.map(({ row }) => row).sort()).toEqual(told.sort());
    expect(told).toHaveLength(8);
  });
});
