import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressMap } from '../../src/record/address-map.ts';

const SIZE = 40;
const step = fc.record({
  insert: fc.boolean(),
  start: fc.nat(SIZE - 1),
  pages: fc.integer({ min: 1, max: 12 }),
  down: fc.boolean(),
});

describe('the address map', () => {
  it('knows the mapping and page of every address, through any inserts and removals', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(SIZE), fc.nat(SIZE), (steps, a, b) => {
        const map = new AddressMap();
        const model: (string | null)[] = new Array(SIZE + 12).fill(null);
        steps.forEach(({ insert, start, pages, down }, mapping) => {
          const end = start + pages;
          const origin = down ? end - 1 : start;
          if (insert) map.insert({ start, end, mapping, origin, down });
          else map.remove(start, end);
          for (let page = start; page < end; page++) {
            model[page] = insert ? `${mapping}:${down ? origin - page : page - origin}` : null;
          }
        });
        const copy = map.clone();
        map.clear();
        model.forEach((want, page) => {
          expect(map.find(page)).toBeNull();
          const range = copy.find(page);
          const at = range && (range.down ? range.origin - page : page - range.origin);
          expect(range && `${range.mapping}:${at}`).toBe(want);
        });
        // Parts cover exactly what is mapped between the two pages, from low to high.
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const covered = copy
          .parts(low, high)
          .flatMap(({ start, pages }) => Array.from({ length: pages }, (_, i) => start + i));
        expect(covered).toEqual(
          model.flatMap((want, page) => (want !== null && page >= low && page < high ? [page] : [])),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('gives a part of a stack by its highest page', () => {
    const map = new AddressMap();
    map.insert({ start: 100, end: 120, mapping: 5, origin: 119, down: true });
    expect(map.parts(110, 112)).toEqual([{ mapping: 5, page: 8, pages: 2, start: 110 }]);
  });
});
