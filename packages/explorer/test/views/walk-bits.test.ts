import { describe, expect, it } from 'vitest';
import type { WalkStep } from '../../src/protocol/views.ts';
import {
  addressFields,
  entryFields,
  fieldValue,
  parseAddress,
  swapPlace,
  threeLevels,
} from '../../src/views/walk/entry-bits.ts';

const step = (level: string, index: number, entry: number, bits: string[] = []): WalkStep => ({
  level,
  index,
  entryAddress: 0x1000 + index * 4,
  entry,
  bits,
  meaning: '',
});

/** Fields cover all bits once, from the highest. */
function expectWhole(fields: readonly { high: number; low: number }[], top: number): void {
  let next = top;
  for (const field of fields) {
    expect(field.high).toBe(next);
    expect(field.low).toBeLessThanOrEqual(field.high);
    next = field.low - 1;
  }
  expect(next).toBe(-1);
}

describe('bits of an address', () => {
  const address = 0xbffff123;

  it('two levels', () => {
    const fields = addressFields([step('pgd', 767, 0x1067), step('pte', 1023, 0x2067)], address);
    expect(fields.map((f) => [f.name, fieldValue(address, f.high, f.low)])).toEqual([
      ['pgd', 767],
      ['pte', 1023],
      ['offset', 0x123],
    ]);
    expectWhole(fields, 31);
  });

  it('three levels', () => {
    const fields = addressFields([step('pgd', 2, 1), step('pmd', 511, 1), step('pte', 511, 1)], address);
    expect(fields.map((f) => [f.name, fieldValue(address, f.high, f.low)])).toEqual([
      ['pgd', 2],
      ['pmd', 511],
      ['pte', 511],
      ['offset', 0x123],
    ]);
    expectWhole(fields, 31);
  });

  it('a large page has a long offset', () => {
    const two = addressFields([step('pgd', 768, 0x1e3, ['P', 'RW', 'PSE'])], 0xc0123456);
    expect(two.map((f) => [f.name, f.low])).toEqual([
      ['pgd', 22],
      ['offset', 0],
    ]);
    const three = addressFields([step('pgd', 3, 1), step('pmd', 0, 0x1e3, ['PSE'])], 0xc0123456);
    expect(three.map((f) => [f.name, f.low])).toEqual([
      ['pgd', 30],
      ['pmd', 21],
      ['offset', 0],
    ]);
  });

  it('tells the number of levels from a walk that ended at the top', () => {
    expect(threeLevels([step('pgd', 3, 0)], 0xc0000000)).toBe(true);
    expect(threeLevels([step('pgd', 768, 0)], 0xc0000000)).toBe(false);
  });
});

describe('bits of an entry', () => {
  it('present: frame and flags', () => {
    const fields = entryFields(step('pte', 0, 0x12345067), false);
    expectWhole(fields, 31);
    const value = (name: string) => {
      const field = fields.find((f) => f.name === name);
      return field === undefined ? -1 : fieldValue(0x12345067, field.high, field.low);
    };
    expect(value('frame')).toBe(0x12345);
    expect(['P', 'RW', 'US', 'A', 'D', 'G'].map(value)).toEqual([1, 1, 1, 1, 1, 0]);
  });

  it('wide: frames beyond 4 GB', () => {
    const entry = 0x912345067;
    const fields = entryFields(step('pte', 0, entry), true);
    expectWhole(fields, 35);
    expect(fieldValue(entry, fields[0]!.high, fields[0]!.low)).toBe(0x912345);
  });

  it('swapped out: area and slot', () => {
    const entry = (0x1234 << 8) | (5 << 1);
    const fields = entryFields(step('pte', 0, entry), false);
    expectWhole(fields, 31);
    expect(fields.map((f) => [f.name, fieldValue(entry, f.high, f.low)])).toEqual([
      ['swap slot', 0x1234],
      ['0', 0],
      ['swap area', 5],
      ['P', 0],
    ]);
  });

  it('tells the place in swap, and that there is none', () => {
    expect(swapPlace(step('pte', 0, (2587 << 8) | (3 << 1)))).toEqual({ area: 3, slot: 2587 });
    for (const entry of [0, 0x12345067, 0x12345086]) expect(swapPlace(step('pte', 0, entry))).toBeNull();
    expect(swapPlace(step('pgd', 0, 0x1200))).toBeNull();
  });

  it('names bit 7 by what it means there', () => {
    const seventh = (s: WalkStep) => entryFields(s, false).find((f) => f.low === 7)?.name;
    expect(seventh(step('pgd', 0, 0x1e3))).toBe('PS');
    expect(seventh(step('pte', 0, 0x10e7))).toBe('PAT');
    expect(seventh(step('pte', 0, 0x10e6))).toBe('PN');
  });
});

it('reads addresses as typed', () => {
  expect(parseAddress('0xC0101000')).toBe(0xc0101000);
  expect(parseAddress(' 8048000 ')).toBe(0x8048000);
  for (const wrong of ['', '0x', 'hello', '123456789', '-1']) expect(parseAddress(wrong)).toBeNull();
});
