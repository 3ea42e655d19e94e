import { inkOn } from './contrast.ts';

const patterns = new Map<string, CanvasPattern>();
const SIDE = 6;

/**
 * A colour with slanted lines, as canvases fill with it: what it stands for is told from its neighbours without colours, too. CSS has
 * the same as `.hatched`.
 */
export function hatch(
  context: CanvasRenderingContext2D,
  colour: string,
  ratio: number,
): CanvasPattern | string {
  const key = `${colour} ${ratio}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const side = Math.round(SIDE * ratio);
  const tile = document.createElement('canvas');
  tile.width = side;
  tile.height = side;
  const pen = tile.getContext('2d');
  if (pen === null) return colour;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = inkOn(colour);
  pen.globalAlpha = 0.55;
  pen.lineWidth = 1.4 * ratio;
  pen.beginPath();
  // Beyond the corners, so that tiles join.
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - 1, side + 1);
    pen.lineTo(shift + side + 1, -1);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  if (pattern === null) return colour;
  patterns.set(key, pattern);
  return pattern;
}
