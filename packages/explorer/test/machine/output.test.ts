import { describe, expect, test } from 'vitest';
import { History } from '../../src/machine/history.ts';
import { OUTPUT_KEPT, OutputStore } from '../../src/machine/output-store.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (of: string) => new TextEncoder().encode(of);

describe('output', () => {
  test('is known for each turn, and forgotten from one on', () => {
    const output = new OutputStore();
    output.print(2, bytes('ab'));
    output.print(2, bytes('c'));
    output.print(5, bytes('de'));
    expect([0, 2, 4, 5, 9].map((turn) => text(output.read(0, output.until(turn))))).toEqual([
      '',
      'abc',
      'abc',
      'abcde',
      'abcde',
    ]);
    output.truncate(4);
    output.print(6, bytes('X'));
    expect(text(output.read(1, output.until(6)))).toBe('bcX');
  });

  test('of a program that prints without end is kept up to a mebibyte', () => {
    const output = new OutputStore();
    const piece = new Uint8Array(60_000);
    for (let turn = 1; turn <= 500; turn++) output.print(turn, piece.fill(turn));
    expect(output.last).toBe(500 * piece.length);
    expect(output.last - output.first).toBe(OUTPUT_KEPT);
    const kept = output.read(0, output.until(500));
    expect(kept.length).toBe(OUTPUT_KEPT);
    expect([kept[0], kept.at(-1)]).toEqual([(500 - 17) & 255, 500 & 255]);
    expect(output.read(output.last - 60_001, output.last)[0]).toBe(499 & 255);
    // Where it is forgotten there is none.
    expect(output.until(3)).toBe(output.first);
    expect(output.read(0, output.until(3)).length).toBe(0);
    output.truncate(490);
    expect(output.read(0, output.last).at(-1)).toBe(490 & 255);
  });

  test('that came byte by byte is forgotten, too', () => {
    const output = new OutputStore();
    const turns = 400_000;
    for (let turn = 1; turn <= turns; turn++) output.print(turn, Uint8Array.of(turn));
    expect(output.last - output.first).toBeLessThanOrEqual(2 ** 18);
    const from = turns - 1000;
    expect([...output.read(output.until(from), output.until(from + 3))]).toEqual(
      [1, 2, 3].map((i) => (from + i) & 255),
    );
  });

  test('of a single turn may be more than is kept', () => {
    const output = new OutputStore();
    output.print(1, bytes('early'));
    const large = new Uint8Array(3 * OUTPUT_KEPT);
    large[large.length - 1] = 7;
    output.print(2, large);
    expect(output.last).toBe(large.length + 5);
    const kept = output.read(0, output.last);
    expect([kept.length, kept.at(-1)]).toEqual([OUTPUT_KEPT, 7]);
  });

  test('of turns that were made before is not noted again', () => {
    const history = new History();
    history.print(0, bytes('boot '));
    history.print(1, bytes('one'));
    history.furthest = 1;
    history.print(0, bytes('boot '));
    history.print(1, bytes('one'));
    expect(text(history.output.read(0, history.output.last))).toBe('boot one');
  });
});
