import { colourOfUse, USE_COLOURS } from '../../app/palette-colours.ts';
import { inkOn } from '../drawing/contrast.ts';
import { BYTES_FROM, BYTES_PER_LINE, bytesBox, LINES } from './bytes-box.ts';
import { describeFrame } from './describe-frame.ts';
import { cellOfFrame } from './layout.ts';
import type { MapScene } from './map-scene.ts';

/** Size of a cell, CSS pixels, from which on bytes can be read. */
const HEX_FROM = 15 * BYTES_PER_LINE;

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
  drawTitle(context, scene, contents.pfn, left - box.left, top - box.top);
}

/** Number and use of the frame over its bytes, where they can be seen. */
function drawTitle(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  pfn: number,
  left: number,
  top: number,
): void {
  const { camera, ratio, theme, tokens, view } = scene;
  const paper = colourOfUse(view.use[pfn] as number, theme);
  const frame = describeFrame(view, pfn);
  const words = [USE_COLOURS[frame.use]?.title, frame.detail, ...frame.state].filter(Boolean).join(', ');
  const x = Math.max(left, 0) + 6 * ratio;
  const y = Math.max(top, 0) + 5 * ratio;
  if (left + camera.scale - x < 120 * ratio || top + camera.scale - y < 24 * ratio) return;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.font = `600 ${11 * ratio}px ${tokens.mono}`;
  const number = context.measureText(frame.frame).width + 8 * ratio;
  context.font = `${11 * ratio}px ${tokens.sans}`;
  const wide = Math.min(number + context.measureText(words).width + 10 * ratio, left + camera.scale - x);
  context.fillStyle = paper;
  context.fillRect(x - 2 * ratio, y, wide, 18 * ratio);
  context.fillStyle = inkOn(paper);
  context.fillText(words, x + 2 * ratio + number, y + 9 * ratio, wide - number - 4 * ratio);
  context.font = `600 ${11 * ratio}px ${tokens.mono}`;
  context.fillText(frame.frame, x + 2 * ratio, y + 9 * ratio);
}
