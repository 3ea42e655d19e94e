import { colourOfUse } from '../../app/palette-colours.ts';
import { inkOn } from '../drawing/contrast.ts';
import type { MapScene } from './draw-map.ts';
import { cellOfFrame } from './layout.ts';

/** A frame's bytes in its cell: 64 lines of 64. */
export const BYTES_PER_LINE = 64;
const LINES = 64;
/** Sizes of a cell, CSS pixels, from which on bytes are seen and can be read. */
export const BYTES_FROM = 150;
const HEX_FROM = 15 * BYTES_PER_LINE;

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

/** How a byte looks: nothing for zero, the more the brighter; text apart from the rest. */
export function byteWeight(value: number): number {
  if (value === 0) return 0;
  return 0.22 + (value / 255) * 0.5;
}

/** Draws the bytes of a frame, as shades and, where there is room, in hex. */
export function drawBytes(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  contents: { readonly pfn: number; readonly bytes: Uint8Array },
): void {
  const { camera, layout, ratio, tokens, theme, view, width, height } = scene;
  const side = camera.scale;
  if (side < BYTES_FROM * ratio || contents.bytes.length === 0) return;
  const cell = cellOfFrame(layout, contents.pfn);
  const box = bytesBox(side, ratio);
  const left = ((cell % layout.columns) - camera.x) * side + box.left;
  const top = (Math.floor(cell / layout.columns) - camera.y) * side + box.top;
  const stepX = box.width / BYTES_PER_LINE;
  const stepY = box.height / LINES;
  const ink = inkOn(colourOfUse(view.use[contents.pfn] as number, theme));
  const hex = side >= HEX_FROM * ratio;
  context.fillStyle = ink;
  context.font = `${Math.min(stepX * 0.62, stepY * 0.72)}px ${tokens.mono}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let line = 0; line < LINES; line++) {
    const y = top + line * stepY;
    if (y + stepY < 0 || y > height) continue;
    for (let column = 0; column < BYTES_PER_LINE; column++) {
      const x = left + column * stepX;
      if (x + stepX < 0 || x > width) continue;
      const value = contents.bytes[line * BYTES_PER_LINE + column] as number;
      context.globalAlpha = hex ? byteWeight(value) * 0.3 : byteWeight(value);
      if (value !== 0) context.fillRect(x, y, stepX - 0.5, stepY - 0.5);
      if (!hex) continue;
      context.globalAlpha = value === 0 ? 0.4 : 1;
      context.fillText(value.toString(16).padStart(2, '0'), x + stepX / 2, y + stepY / 2);
    }
  }
  context.globalAlpha = 1;
}
