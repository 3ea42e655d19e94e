/** A frame's bytes in its cell: 64 lines of 64. */
export const BYTES_PER_LINE = 64;
export const LINES = 64;
/** Size of a cell, CSS pixels, from which on its bytes are seen. */
export const BYTES_FROM = 150;

/** Where the bytes lie in a cell whose side is `side` pixels. */
export function bytesBox(
  side: number,
  ratio: number,
): { left: number; top: number; width: number; height: number } {
  const pad = 6 * ratio;
  const head = 26 * ratio;
  return { left: pad, top: head, width: side - 2 * pad, height: side - head - pad };
}

/** Byte under a point of a cell, -1: none. `x`, `y` count from the cell's corner, pixels. */
export function byteAt(side: number, ratio: number, x: number, y: number): number {
  const box = bytesBox(side, ratio);
  const column = Math.floor(((x - box.left) / box.width) * BYTES_PER_LINE);
  const line = Math.floor(((y - box.top) / box.height) * LINES);
  if (column < 0 || column >= BYTES_PER_LINE || line < 0 || line >= LINES) return -1;
  return line * BYTES_PER_LINE + column;
}
