/**
 * The fields of an op. A field is text in the script (`a+4000`, `v3-1000`, `~1000`, `f0`) and an {@link Operand} after
 * parsing; its number is known only when the op runs, because slots change and the heap's place depends on the machine.
 */

/** What an op expects in one place. */
export type FieldKind =
  | 'address'
  | 'number'
  | 'signed'
  | 'descriptor'
  | 'limit'
  | 'segment'
  | 'count'
  | 'slot';

/** Where an operand's number starts from. `z` and `f0`.. are descriptors; `none`: `offset` is the number itself. */
export type OperandBase = 'none' | 'arena' | 'heap' | 'anchor' | 'slot' | 'file' | 'zero';

/** A parsed field: base + offset, modulo 2^32. */
export interface Operand {
  readonly base: OperandBase;
  /** Number of the slot or file; 0 for other bases. */
  readonly index: number;
  /** Unsigned 32-bit for addresses and numbers, signed for `signed` and `descriptor`. */
  readonly offset: number;
}

/** The word `inf` of a limit field. */
export const INFINITE: Operand = { base: 'none', index: 0, offset: Number.POSITIVE_INFINITY };

/** What to write in a field of each kind; part of the error messages. */
export const FIELD_HELP: Readonly<Record<FieldKind, string>> = {
  address:
    'a+HEX a-HEX b+HEX b-HEX t+HEX t-HEX v0..v15 (v3+HEX v3-HEX) =HEX ~HEX, a decimal or 0xHEX number below 2^32',
  number: 'a decimal or 0xHEX number below 2^32',
  signed: 'a decimal or 0xHEX number, also negative',
  descriptor: 'f0 f1 f2 f3 z - or a decimal descriptor',
  limit: 'a number of pages or inf',
  segment: '0 to 7',
  count: 'a decimal number of ops',
  slot: '>v0 to >v15',
};

const LIMIT = 2 ** 32;

function plainNumber(text: string): number | null {
  if (!/^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text)) return null;
  const value = Number(text);
  return value < LIMIT ? value : null;
}

function plain(offset: number | null): Operand | null {
  return offset === null ? null : { base: 'none', index: 0, offset };
}

const LETTER_BASE: Readonly<Record<string, OperandBase>> = { a: 'arena', b: 'heap', t: 'anchor' };

function address(text: string): Operand | null {
  const absolute = /^([=~])([0-9a-f]{1,8})$/i.exec(text);
  if (absolute !== null) {
    const value = Number.parseInt(absolute[2] as string, 16);
    return plain((absolute[1] === '~' ? -value : value) >>> 0);
  }
  const relative = /^(?:([abt])|v([0-9]{1,2}))(?:([+-])([0-9a-f]{1,8}))?$/i.exec(text);
  if (relative === null) return plain(plainNumber(text));
  const [, letter, slot, sign, digits] = relative;
  const distance = digits === undefined ? 0 : Number.parseInt(digits, 16);
  const offset = (sign === '-' ? -distance : distance) >>> 0;
  if (letter !== undefined) {
    if (sign === undefined) return null;
    return { base: LETTER_BASE[letter] as OperandBase, index: 0, offset };
  }
  const index = Number(slot);
  return index < 16 ? { base: 'slot', index, offset } : null;
}

function descriptor(text: string): Operand | null {
  if (text === '-') return plain(-1);
  if (text === 'z') return { base: 'zero', index: 0, offset: 0 };
  const file = /^f([0-3])$/.exec(text);
  if (file !== null) return { base: 'file', index: Number(file[1]), offset: 0 };
  return plain(plainNumber(text));
}

function signed(text: string): Operand | null {
  if (!text.startsWith('-')) return plain(plainNumber(text));
  const value = plainNumber(text.slice(1));
  return plain(value === null ? null : -value);
}

function bounded(value: number | null, end: number): Operand | null {
  return plain(value !== null && value < end ? value : null);
}

/** Parses one field; null when `text` is not of that kind ({@link FIELD_HELP} says what is). */
export function parseOperand(kind: FieldKind, text: string): Operand | null {
  switch (kind) {
    case 'address':
      return address(text);
    case 'number':
      return plain(plainNumber(text));
    case 'signed':
      return signed(text);
    case 'descriptor':
      return descriptor(text);
    case 'limit':
      return text === 'inf' ? INFINITE : plain(plainNumber(text));
    case 'segment':
      return bounded(plainNumber(text), 8);
    case 'count':
      return /^[0-9]+$/.test(text) ? plain(plainNumber(text)) : null;
    case 'slot': {
      const slot = /^>v([0-9]{1,2})$/.exec(text);
      return slot === null ? null : bounded(Number(slot[1]), 16);
    }
  }
}
