import { describe, expect, it } from 'vitest';
import { LackeyParser } from '../../src/record/lackey-parser.ts';

/** Parses the text in pieces of the given size, as a growing log gives it. */
function parse(text: string, pieceBytes = text.length, refuse = 0): string[] {
  const seen: string[] = [];
  let refusals = refuse;
  const parser = new LackeyParser({
    reference: (page, access) => seen.push(`${'rwx'[access]} ${page.toString(16)}`),
    line(line) {
      if (refusals-- > 0) return false;
      seen.push(line);
      return true;
    },
  });
  const bytes = Buffer.from(text);
  let held = Buffer.alloc(0);
  for (let at = 0; at < bytes.length || refusals > 0; at += pieceBytes) {
    held = Buffer.concat([held, bytes.subarray(at, at + pieceBytes)]);
    held = held.subarray(parser.parse(held, held.length));
  }
  parser.parse(held, held.length);
  return seen;
}

const LOG = [
  '==1== Lackey, an example Valgrind tool',
  'I  0401ab70,3',
  ' S 1fff000768,8',
  ' L 04032e40,8',
  ' M 04033e06,1',
  'I  00401ffe,5',
  ' L ffffffffff600400,4',
  ' --> [pre-success] Success(0x0) ',
  'SYSCALL[1,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000) ',
  ' S 04032ff8,8',
  '',
].join('\n');

const WANT = [
  '==1== Lackey, an example Valgrind tool',
  'x 401a',
  'w 1fff000',
  'r 4032',
  'w 4033',
  'x 401',
  'x 402',
  'r ffffffffff600',
  ' --> [pre-success] Success(0x0) ',
  'SYSCALL[1,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000) ',
  'w 4032',
];

describe('the lackey parser', () => {
  it('reads references, across page borders too, and hands on every other line', () => {
    expect(parse(LOG)).toEqual(WANT);
  });

  it.each([1, 2, 3, 7, 16, 50])('reads the same in pieces of %i bytes', (pieceBytes) => {
    expect(parse(LOG, pieceBytes)).toEqual(WANT);
  });

  it('stops before a line that is refused and offers it again', () => {
    expect(parse(LOG, LOG.length, 3)).toEqual(WANT);
  });

  it('leaves a line without its end alone', () => {
    const parser = new LackeyParser({ reference: () => {}, line: () => true });
    const bytes = Buffer.from('I  0401ab70,3\n S 1fff0007');
    expect(parser.parse(bytes, bytes.length)).toBe(14);
  });
});
