import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ROW_PX, rowsAt, scrolledHeight, scrollTopOf } from '../../src/views/events/row-window.ts';

const SEEN = 400;

describe('rows of a long list', () => {
  test('a short list is scrolled pixel by pixel', () => {
    expect(scrolledHeight(100)).toBe(100 * ROW_PX);
    expect(rowsAt(0, SEEN, 100)).toMatchObject({ first: 0, top: 0 });
    expect(rowsAt(50 * ROW_PX, SEEN, 100)).toMatchObject({ first: 50, top: 50 * ROW_PX });
  });

  test('of a million rows the last can be reached, and the page does not grow without end', () => {
    const rows = 1_000_000;
    const height = scrolledHeight(rows);
    expect(height).toBeLessThan(33_000_000);
    const { first, count } = rowsAt(height - SEEN, SEEN, rows);
    expect(first + count).toBeGreaterThanOrEqual(rows);
    expect(first).toBeLessThan(rows);
  });

  test('a row that is scrolled to is the first, or as near as the bar is fine', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, share) => {
          const row = Math.floor(share * Math.max(0, rows - SEEN / ROW_PX));
          const { first } = rowsAt(scrollTopOf(row, SEEN, rows), SEEN, rows);
          expect(Math.abs(first - row)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
