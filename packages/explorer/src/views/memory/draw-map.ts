import { colourOfMark } from '../../app/palette-colours.ts';
import { drawBytes } from './draw-bytes.ts';
import { drawCellDetails } from './draw-cells.ts';
import { cellOfFrame } from './layout.ts';
import type { MapScene } from './map-scene.ts';

/** Draws the map: cells from the image, then what the size of a cell has room for. */
export function drawMap(context: CanvasRenderingContext2D, scene: MapScene): void {
  const { camera, layout, ratio, tokens, width, height } = scene;
  context.fillStyle = tokens.sunken;
  context.fillRect(0, 0, width, height);
  // Below two pixels a cell would be one or two wide by chance: better a soft edge than a false one.
  context.imageSmoothingEnabled = camera.scale < 2 && camera.scale !== 1;
  context.imageSmoothingQuality = 'medium';
  drawCells(context, scene);
  if (camera.scale >= 7 * ratio) drawGrid(context, scene);
  if (camera.scale >= 10 * ratio) drawCellDetails(context, scene);
  if (scene.contents !== null) drawBytes(context, scene, scene.contents);
  drawBorders(context, scene);
  if (layout.frames > 0) {
    outline(context, scene, scene.hovered, tokens.text, 1);
    outline(context, scene, scene.cursor, tokens.focus, 2);
    outlineSelected(context, scene);
  }
}

/** Copies the visible part of the image, not the whole: a browser's canvas is slow with far-away corners. */
function drawCells(
  context: CanvasRenderingContext2D,
  { camera, layout, image, width, height }: MapScene,
): void {
  const left = Math.max(0, Math.floor(camera.x));
  const top = Math.max(0, Math.floor(camera.y));
  const right = Math.min(layout.columns, Math.ceil(camera.x + width / camera.scale));
  const bottom = Math.min(layout.rows, Math.ceil(camera.y + height / camera.scale));
  if (right <= left || bottom <= top) return;
  context.drawImage(
    image,
    left,
    top,
    right - left,
    bottom - top,
    (left - camera.x) * camera.scale,
    (top - camera.y) * camera.scale,
    (right - left) * camera.scale,
    (bottom - top) * camera.scale,
  );
}

function drawGrid(
  context: CanvasRenderingContext2D,
  { camera, layout, ratio, tokens, width, height }: MapScene,
): void {
  const { scale } = camera;
  const left = Math.max(0, Math.floor(camera.x));
  const right = Math.min(layout.columns, Math.ceil(camera.x + width / scale));
  const top = Math.max(0, Math.floor(camera.y));
  const bottom = Math.min(layout.rows, Math.ceil(camera.y + height / scale));
  const y0 = (top - camera.y) * scale;
  const x0 = (left - camera.x) * scale;
  const line = Math.max(1, Math.round(ratio * (scale >= 40 * ratio ? 2 : 1)));
  context.fillStyle = tokens.sunken;
  for (let x = left; x <= right; x++)
    context.fillRect(Math.round((x - camera.x) * scale) - (line >> 1), y0, line, (bottom - top) * scale);
  for (let y = top; y <= bottom; y++)
    context.fillRect(x0, Math.round((y - camera.y) * scale) - (line >> 1), (right - left) * scale, line);
}

/** Borders of zones with the zones' names where they begin. */
function drawBorders(context: CanvasRenderingContext2D, scene: MapScene): void {
  const { borders, camera, ratio, tokens, view, layout } = scene;
  const px = (x: number) => Math.round((x - camera.x) * camera.scale);
  const py = (y: number) => Math.round((y - camera.y) * camera.scale);
  const path = new Path2D();
  for (let i = 0; i + 3 < borders.length; i += 4) {
    path.moveTo(px(borders[i] as number), py(borders[i + 1] as number));
    path.lineTo(px(borders[i + 2] as number), py(borders[i + 3] as number));
  }
  context.lineCap = 'square';
  context.strokeStyle = tokens.surface;
  context.lineWidth = 4 * ratio;
  context.stroke(path);
  context.strokeStyle = tokens.text;
  context.lineWidth = 1.5 * ratio;
  context.stroke(path);
  if (view.zones.length < 2) return;
  context.font = `600 ${11 * ratio}px ${tokens.sans}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  for (const zone of view.zones) {
    if (zone.count === 0 || zone.first >= layout.frames) continue;
    const cell = cellOfFrame(layout, zone.first);
    tag(context, scene, zone.name, px(cell % layout.columns), py(Math.floor(cell / layout.columns)));
  }
}

function tag(
  context: CanvasRenderingContext2D,
  { camera, layout, ratio, tokens }: MapScene,
  text: string,
  x: number,
  y: number,
): void {
  const end = (layout.columns - camera.x) * camera.scale;
  const wide = context.measureText(text).width + 10 * ratio;
  const high = 17 * ratio;
  const left = Math.min(x, end - wide - 8 * ratio) + 4 * ratio;
  const top = y + 4 * ratio;
  context.globalAlpha = 0.88;
  context.fillStyle = tokens.surface;
  context.beginPath();
  context.roundRect(left, top, wide, high, 4 * ratio);
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = tokens.text;
  context.fillText(text, left + 5 * ratio, top + high / 2 + 0.5 * ratio);
}

function outline(
  context: CanvasRenderingContext2D,
  { camera, layout, ratio }: MapScene,
  pfn: number,
  colour: string,
  thickness: number,
): void {
  if (pfn < 0 || pfn >= layout.frames) return;
  const cell = cellOfFrame(layout, pfn);
  const size = Math.max(camera.scale, 3 * ratio);
  const x = ((cell % layout.columns) - camera.x) * camera.scale;
  const y = (Math.floor(cell / layout.columns) - camera.y) * camera.scale;
  const line = thickness * ratio;
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(x - line / 2, y - line / 2, size + line, size + line);
}

/** The selected frame is found at any size: a cell that is too small gets a ring around it. */
function outlineSelected(context: CanvasRenderingContext2D, scene: MapScene): void {
  const { camera, layout, ratio, selected, theme, tokens } = scene;
  if (selected < 0 || selected >= layout.frames) return;
  const colour = colourOfMark('selected', theme);
  if (camera.scale >= 6 * ratio) {
    outline(context, scene, selected, colour, 3);
    return;
  }
  const cell = cellOfFrame(layout, selected);
  const x = ((cell % layout.columns) + 0.5 - camera.x) * camera.scale;
  const y = (Math.floor(cell / layout.columns) + 0.5 - camera.y) * camera.scale;
  context.fillStyle = colour;
  context.fillRect(x - ratio, y - ratio, 2 * ratio, 2 * ratio);
  for (const [ink, line] of [
    [tokens.surface, 4],
    [colour, 2],
  ] as const) {
    context.strokeStyle = ink;
    context.lineWidth = line * ratio;
    context.beginPath();
    context.arc(x, y, 7 * ratio, 0, Math.PI * 2);
    context.stroke();
  }
}
