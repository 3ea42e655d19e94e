import { describe, expect, test } from 'vitest';
import { type ThemeName, USE_COLOURS } from '../../src/app/palette-colours.ts';
import { themedTable } from '../../src/views/memory/cell-colours.ts';

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** What eyes make of linear red, green and blue: Machado, Oliveira and Fernandes 2009, severity 1. */
const EYES: Readonly<Record<string, Matrix>> = {
  'all cones': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red cones': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green cones': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue cones': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
/** Distance in CIE Lab from which on cells of a few pixels are told apart at a glance; 2.3 is just noticeable side by side. */
const APART = 11;

function linear(word: number): Triple {
  const channel = (shift: number): number => {
    const c = ((word >>> shift) & 255) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(0), channel(8), channel(16)];
}

function times(matrix: Matrix, [a, b, c]: Triple): Triple {
  const row = ([x, y, z]: Triple): number => Math.max(0, Math.min(1, x * a + y * b + z * c));
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

function lab([r, g, b]: Triple): Triple {
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Pairs of uses that are too near each other, with their distance. */
function tooNear(theme: ThemeName, eye: Matrix): string[] {
  const { bright } = themedTable(theme, false);
  const colours = USE_COLOURS.map(({ name }, use) => ({ name, word: bright[(use << 8) | 9] as number }));
  // Free frames of order 0 are of another colour than those of large blocks; between the two it is a scale.
  colours.push({ name: 'free', word: bright[0] as number });
  const seen = colours.map(({ name, word }) => ({ name, at: lab(times(eye, linear(word))) }));
  return seen.flatMap((one, i) =>
    seen.slice(0, i).flatMap((other) => {
      const distance = Math.hypot(...one.at.map((x, axis) => x - (other.at[axis] as number)));
      return one.name === other.name || distance >= APART
        ? []
        : [`${one.name} and ${other.name}: ${distance.toFixed(1)}`];
    }),
  );
}

/** Cells of the map that are too small for a pattern have nothing but their colour. */
describe.each(['light', 'dark'] as const)('the uses of frames by colour alone, %s', (theme) => {
  test.each(Object.entries(EYES))('%s', (_name, eye) => {
    expect(tooNear(theme, eye)).toEqual([]);
  });
});
