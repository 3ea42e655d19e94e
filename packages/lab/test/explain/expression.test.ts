import { describe, expect, test } from 'vitest';
import { compile, evaluate } from '../../src/explain/expression.ts';

describe('an expression', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['7 / 2 - 1', 2],
    ['gfp == 0x1d2 && order > 0', 1],
    ['gfp & 0x10 | 1', 0x11],
    ['!order || -order < 0', 1],
    ['1 << 4 >> 2', 4],
    ['order != 2', 0],
  ])('%s is %d', (text, value) => {
    expect(evaluate(text, { gfp: 0x1d2, order: 2 })).toBe(value);
  });

  test('is read once, and has a value for each names’ values; texts stand for their numbers', () => {
    const isSwap = compile(`class == "swap" || class == 'cow copy'`, (text) => (text === 'swap' ? 4 : 9));
    expect([3, 4, 9].map((number) => isSwap({ class: number }))).toEqual([0, 1, 1]);
  });

  test.each([
    ['order >', 'ends too early'],
    ['(order', 'not closed'],
    ['order order', 'not expected there'],
    ['order > * 2', 'not expected there'],
    ['order # 2', 'no part of an expression'],
    ['class == "swap', 'no part of an expression'],
  ])('%s is refused', (text, message) => {
    expect(() => compile(text)).toThrow(message);
    expect(() => compile(text)).toThrow(RangeError);
  });

  test('with a name that has no value is refused when it is evaluated', () => {
    expect(() => evaluate('ordr > 1', { order: 1 })).toThrow('no value for ordr');
  });
});
