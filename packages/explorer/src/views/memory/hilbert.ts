/**
 * The Hilbert curve: neighbours in order are neighbours on the map, so that a block of 2^n frames is a compact shape.
 *
 *     side 2:  0 3      side 4:  0  1 14 15     begins top left, ends top right,
 *              1 2               3  2 13 12     so that squares in a row join up
 *                                4  7  8 11
 *                                5  6  9 10
 */

/** Place on the curve of `side` (a power of two): y * side + x. @param distance 0 .. side² - 1 */
export function hilbertCell(side: number, distance: number): number {
  let x = 0;
  let y = 0;
  let rest = distance;
  for (let s = 1; s < side; s *= 2) {
    const right = (rest >>> 1) & 1;
    const down = (rest ^ right) & 1;
    if (down === 0) {
      if (right === 1) {
        x = s - 1 - x;
        y = s - 1 - y;
      }
      const swap = x;
      x = y;
      y = swap;
    }
    x += s * right;
    y += s * down;
    rest >>>= 2;
  }
  return y * side + x;
}
