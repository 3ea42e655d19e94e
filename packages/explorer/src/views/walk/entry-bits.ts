import type { WalkStep } from '../../protocol/views.ts';

/** A run of bits with one meaning, from the highest to the lowest. */
export interface BitField {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  readonly about: string;
}

/** The levels of the tables, of an address and of its tables' sizes. */
export interface AddressField extends BitField {
  /** Entries in the table that the bits are an index of; 0: they are an offset in the page. */
  readonly entries: number;
}

/**
 * What an address's bits choose:
 *
 *     two levels    31 ······ 22 21 ······ 12 11 ········ 0
 *                   pgd          pte          offset
 *     PAE           31 30 29 ··· 21 20 ··· 12 11 ········ 0
 *                   pgd   pmd       pte       offset
 *
 * A large page ends the walk early, and what is left of the bits is the offset in it.
 */
export function addressFields(steps: readonly WalkStep[], address: number): AddressField[] {
  const three = threeLevels(steps, address);
  const fields: AddressField[] = three
    ? [field('pgd', 31, 30, 4), field('pmd', 29, 21, 512), field('pte', 20, 12, 512)]
    : [field('pgd', 31, 22, 1024), field('pte', 21, 12, 1024)];
  const last = steps.at(-1);
  const large = last !== undefined && last.level !== 'pte' && last.bits.includes('PSE');
  if (large) fields.pop();
  const shift = (fields.at(-1) as AddressField).low;
  fields.push({
    name: 'offset',
    high: shift - 1,
    low: 0,
    about: large ? `byte in the large page of ${shift === 22 ? 4 : 2} MB` : 'byte in the page',
    entries: 0,
  });
  return fields;
}

function field(name: string, high: number, low: number, entries: number): AddressField {
  return { name, high, low, entries, about: `index in the ${name} table` };
}

/** Whether the tables have three levels (PAE). A walk that ends at the top of the first 4 MB does not tell: two, then. */
export function threeLevels(steps: readonly WalkStep[], address: number): boolean {
  if (steps.some((step) => step.level === 'pmd')) return true;
  const top = steps[0];
  return top !== undefined && top.index !== address >>> 22 && top.index === address >>> 30;
}

/** Value of a field. */
export function fieldValue(value: number, high: number, low: number): number {
  return Math.floor(value / 2 ** low) % 2 ** (high - low + 1);
}

const FLAGS: readonly BitField[] = [
  bit(8, 'G', 'global: stays in the TLB when the tables are switched'),
  bit(7, 'PAT', 'page attribute table'),
  bit(6, 'D', 'dirty: the CPU has written'),
  bit(5, 'A', 'accessed: the CPU has read or written'),
  bit(4, 'CD', 'PCD: not cached'),
  bit(3, 'WT', 'PWT: written through'),
  bit(2, 'US', 'user: programs may use it'),
  bit(1, 'RW', 'writable'),
  bit(0, 'P', 'present'),
];

function bit(at: number, name: string, about: string): BitField {
  return { name, high: at, low: at, about };
}

/**
 * The fields of an entry by what kind it is. Present, or absent with a page (PROT_NONE): frame and flags. Absent and not zero in the
 * last level: a place in swap, as 2.4 packs it:
 *
 *     31 ······· 8   7   6 ··· 1   0
 *     offset         0   type      P=0
 *
 * @param wide entries of 64 bits (PAE), of which 36 are in use
 */
export function entryFields(step: WalkStep, wide: boolean): BitField[] {
  const top = wide ? 35 : 31;
  const present = step.entry % 2 === 1;
  const protNone = step.level === 'pte' && !present && fieldValue(step.entry, 7, 7) === 1;
  if (step.level === 'pte' && !present && !protNone && step.entry !== 0) return swapFields(top);
  const large = step.level !== 'pte';
  return [
    { name: 'frame', high: top, low: 12, about: 'page frame that the entry names' },
    { name: 'avail', high: 11, low: 9, about: 'for the system; Linux 2.4 has no use for them' },
    ...FLAGS.map((flag) => {
      if (flag.low !== 7) return flag;
      if (large) return bit(7, 'PS', 'PSE: this entry maps a large page, there is no further table');
      return protNone ? bit(7, 'PN', 'PROTNONE: there is a page, but nobody may touch it') : flag;
    }),
  ];
}

/** Where in swap the page of a last entry is; null: it is in memory, or nowhere. */
export function swapPlace(step: WalkStep): { readonly area: number; readonly slot: number } | null {
  const fields = step.level === 'pte' ? entryFields(step, false) : [];
  if (fields[0]?.name !== 'swap slot') return null;
  return { area: fieldValue(step.entry, 6, 1), slot: fieldValue(step.entry, 31, 8) };
}

function swapFields(top: number): BitField[] {
  return [
    { name: 'swap slot', high: top, low: 8, about: 'slot in the swap area' },
    bit(7, '0', 'PROTNONE: not set'),
    { name: 'swap area', high: 6, low: 1, about: 'number of the swap area' },
    bit(0, 'P', 'not present: an access faults'),
  ];
}

/** A hexadecimal address as typed: with or without 0x; null: it is none of 32 bits. */
export function parseAddress(text: string): number | null {
  const digits = text.trim().replace(/^0x/i, '');
  return /^[0-9a-f]{1,8}$/i.test(digits) ? Number.parseInt(digits, 16) : null;
}
