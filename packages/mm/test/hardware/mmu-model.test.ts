import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, D, P, RW, TableRig, US } from './table-rig.ts';

// Pages that collide in the TLB (32768 entries apart) and pages that do not.
const PAGES = [0x08048000, 0x08049000, 0x10048000, 0x18048000, 0x40000000, 0xbffff000];

interface Entry {
  pfn: number;
  flags: number;
}

const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('map'),
      fc.nat(5),
      fc.integer({ min: 24, max: 63 }),
      fc.constantFrom(P | US, P | RW | US, P | RW),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('unmap'), fc.nat(5), fc.constant(0), fc.constant(0)) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('access'), fc.nat(5), fc.nat(1), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('reload'), fc.constant(0), fc.constant(0), fc.constant(0)) },
);

describe.each([
  ['two levels', false],
  ['PAE', true],
])('MMU against a map of pages, %s', (_name, pae) => {
  it('gives, with every change flushed, what the map says, and sets A and D as the accesses went', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const rig = new TableRig({ pae });
        const model = new Map<number, Entry>();
        for (const [kind, page, a, b] of operations) {
          const addr = PAGES[page] as number;
          if (kind === 'map') {
            model.set(addr, { pfn: a, flags: b });
            rig.map(addr, a, b);
            rig.mmu.invlpg(addr);
          } else if (kind === 'unmap') {
            model.delete(addr);
            rig.map(addr, 0, 0);
            rig.mmu.invlpg(addr);
          } else if (kind === 'reload') {
            rig.mmu.reloadCr3();
          } else {
            const entry = model.get(addr);
            const write = a as 0 | 1;
            const user = b as 0 | 1;
            const code = (write << 1) | (user << 2);
            let expected: number | string;
            if (entry === undefined) expected = `fault ${code}`;
            else if ((write === 1 && !(entry.flags & RW)) || (user === 1 && !(entry.flags & US))) {
              expected = `fault ${code | 1}`;
            } else {
              expected = entry.pfn;
              entry.flags |= write === 1 ? A | D : A;
            }
            expect(rig.go(addr + 0x7fc, write, user)).toBe(expected);
          }
        }
        for (const addr of PAGES) expect(rig.pte(addr) & 0xfff).toBe(model.get(addr)?.flags ?? 0);
      }),
      { numRuns: 300 },
    );
  });
});
