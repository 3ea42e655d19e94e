/** The bytes that scripts write and the sums by which results name them. */

/** Byte `i` of the pattern with number `seed` (both unsigned 32-bit). File k holds the pattern 1000+k. */
export function patternByte(seed: number, i: number): number {
  let x = Math.imul(i, 2654435761) ^ Math.imul(seed, 0x9e3779b1);
  x ^= x >>> 15;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  return (x >>> 8) & 255;
}

/** Start value of the FNV-1a-32 sum. */
export const FNV_START = 2166136261;

/** FNV-1a-32 with one more byte. */
export function fnv(sum: number, byte: number): number {
  return Math.imul(sum ^ (byte & 255), 16777619) >>> 0;
}

/** FNV-1a-32 with the four bytes of a word, lowest first. */
export function fnvWord(sum: number, word: number): number {
  return fnv(fnv(fnv(fnv(sum, word), word >>> 8), word >>> 16), word >>> 24);
}
