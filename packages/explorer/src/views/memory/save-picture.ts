import { bytes, count, PAGE_BYTES, time } from '../../app/format.ts';
import { machineChoice } from '../../app/machine-signals.ts';
import { USE_COLOURS } from '../../app/palette-colours.ts';
import { theme } from '../../app/theme.ts';
import type { Status } from '../../protocol/messages.ts';
import type { MemoryView } from '../../protocol/views.ts';
import { tokens } from '../drawing/tokens.ts';
import { NO_EMPHASIS, themedTable } from './cell-colours.ts';
import { drawMap } from './draw-map.ts';
import { FrameMap } from './frame-map.ts';
import type { FrameOrder } from './layout.ts';

/** Size of the map in the picture, pixels; title and legend come on top. */
const WIDTH = 1536;
const HEIGHT = 1024;
const MARGIN = 40;
const HEAD = 84;
const FOOT = 92;

/** Saves the map of the whole machine, with title and legend, as a PNG. */
export function saveMemoryPicture(view: MemoryView, order: FrameOrder, where: Status): void {
  const canvas = memoryPicture(view, order, where);
  canvas.toBlob((blob) => {
    if (blob === null) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = `memory-${where.release}-${where.turn}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }, 'image/png');
}

/** Draws the picture. */
export function memoryPicture(view: MemoryView, order: FrameOrder, where: Status): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH + 2 * MARGIN;
  canvas.height = HEIGHT + HEAD + FOOT;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const style = tokens();
  context.fillStyle = style.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.save();
  context.translate(MARGIN, HEAD);
  context.beginPath();
  context.rect(0, 0, WIDTH, HEIGHT);
  context.clip();
  paintMap(context, view, order);
  context.restore();
  context.fillStyle = style.text;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.font = `600 26px ${style.sans}`;
  const size = machineChoice.value?.memory ?? view.use.length * PAGE_BYTES;
  context.fillText(`Linux ${where.release}, ${bytes(size)} of memory`, MARGIN, 32);
  context.font = `18px ${style.sans}`;
  context.fillStyle = style.textSoft;
  context.fillText(
    `${count(view.use.length)} page frames at turn ${count(where.turn)}, ${time(where.time)}`,
    MARGIN,
    62,
  );
  drawLegend(context, view);
  return canvas;
}

function paintMap(context: CanvasRenderingContext2D, view: MemoryView, order: FrameOrder): void {
  const map = new FrameMap();
  const name = theme.value;
  const style = tokens();
  map.arrange(view.use.length, view.zones, order, { width: WIDTH, height: HEIGHT });
  map.paint(view, themedTable(name, false), NO_EMPHASIS);
  const image = document.createElement('canvas');
  image.width = map.layout.columns;
  image.height = map.layout.rows;
  const pixels = new Uint8ClampedArray(map.image.buffer as ArrayBuffer);
  image.getContext('2d')?.putImageData(new ImageData(pixels, image.width, image.height), 0, 0);
  drawMap(context, {
    view,
    layout: map.layout,
    camera: map.camera,
    image,
    borders: map.borders,
    selected: -1,
    hovered: -1,
    cursor: -1,
    contents: null,
    theme: name,
    tokens: style,
    ratio: 1.5,
    width: WIDTH,
    height: HEIGHT,
  });
}

function drawLegend(context: CanvasRenderingContext2D, view: MemoryView): void {
  const style = tokens();
  let x = MARGIN;
  let y = HEAD + HEIGHT + 28;
  context.font = `17px ${style.sans}`;
  USE_COLOURS.forEach((use, value) => {
    const frames = view.totals[value] ?? 0;
    if (frames === 0) return;
    const text = `${use.title} ${count(frames)}`;
    const wide = context.measureText(text).width + 52;
    if (x + wide > MARGIN + WIDTH) {
      x = MARGIN;
      y += 32;
    }
    context.fillStyle = use[theme.value];
    context.fillRect(x, y - 8, 16, 16);
    context.fillStyle = style.text;
    context.fillText(text, x + 24, y);
    x += wide;
  });
}
