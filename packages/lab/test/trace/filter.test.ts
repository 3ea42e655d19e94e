import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceFilter } from '../../src/trace/filter.ts';
import { Access } from '../../src/trace/format.ts';

interface Reference {
  readonly page: number;
  readonly access: Access;
  readonly flush: boolean;
}

const references = fc.array(
  fc.record({
    page: fc.nat(12),
    access: fc.constantFrom(...Object.values(Access)),
    flush: fc.nat(30).map((n) => n === 0),
  }),
  { maxLength: 400 },
);

const covers = (recorded: Access, wanted: Access): boolean =>
  recorded === wanted || (recorded === Access.Write && wanted === Access.Read);

/** The definition in the README, in slow and plain words. */
function admitted(all: readonly Reference[], depth: number, refresh: number): boolean[] {
  let recent: number[] = [];
  let recorded: { page: number; access: Access; at: number }[] = [];
  return all.map(({ page, access, flush }, at) => {
    if (flush) {
      recent = [];
      recorded = [];
    }
    if (!recent.includes(page)) recorded = recorded.filter((entry) => entry.page !== page);
    const mine = recorded.filter((entry) => entry.page === page);
    const newest = Math.max(...mine.map((entry) => entry.at));
    if (at - newest >= refresh) recorded = recorded.filter((entry) => entry.page !== page);
    const drop = recorded.some((entry) => entry.page === page && covers(entry.access, access));
    recent = [page, ...recent.filter((other) => other !== page)].slice(0, depth);
    if (!drop && depth > 0) recorded.push({ page, access, at });
    return !drop;
  });
}

describe('the reference filter', () => {
  it('does what its definition says, for every depth and refresh', () => {
    fc.assert(
      fc.property(references, fc.nat(8), fc.integer({ min: 1, max: 40 }), (all, depth, refresh) => {
        const filter = new ReferenceFilter({ depth, refresh });
        const got = all.map(({ page, access, flush }) => {
          if (flush) filter.flush();
          return filter.admit(page, access);
        });
        expect(got).toEqual(admitted(all, depth, refresh));
        expect(filter.raw).toBe(all.length);
      }),
      { numRuns: 500 },
    );
  });

  it('never drops the first touch, the first write or the first execution after a flush', () => {
    fc.assert(
      fc.property(references, fc.nat(20), (all, depth) => {
        const filter = new ReferenceFilter({ depth, refresh: 65536 });
        let touched = new Set<string>();
        for (const { page, access, flush } of all) {
          if (flush) {
            filter.flush();
            touched = new Set();
          }
          const first =
            !touched.has(`${page} any`) || (access !== Access.Read && !touched.has(`${page} ${access}`));
          const recorded = filter.admit(page, access);
          if (first) expect(recorded).toBe(true);
          touched.add(`${page} any`).add(`${page} ${access}`);
        }
      }),
    );
  });

  it('records everything with depth 0, and a page in constant use again after the refresh', () => {
    const all = new ReferenceFilter({ depth: 0, refresh: 1000 });
    expect([1, 1, 1].map((page) => all.admit(page, Access.Read))).toEqual([true, true, true]);
    const filter = new ReferenceFilter({ depth: 4, refresh: 1000 });
    let recorded = 0;
    for (let i = 0; i < 10_000; i++) if (filter.admit(7, Access.Write)) recorded++;
    expect(recorded).toBe(10);
  });

  it('refuses settings that make no sense', () => {
    expect(() => new ReferenceFilter({ depth: -1, refresh: 1 })).toThrow(/depth is -1/);
    expect(() => new ReferenceFilter({ depth: 16, refresh: 0 })).toThrow(/refresh is 0/);
  });
});
