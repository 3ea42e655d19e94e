import { hexFrame } from '../../app/format.ts';
import {
  colourOfMark,
  colourOfUse,
  type Pattern,
  type ThemeName,
  USE_COLOURS,
} from '../../app/palette-colours.ts';
import { FRAME_STATE } from '../../protocol/views.ts';
import { inkOn } from '../drawing/contrast.ts';
import { describeFrame } from './describe-frame.ts';
import { frameAt } from './layout.ts';
import type { MapScene } from './map-scene.ts';

/** Sizes of a cell, CSS pixels, from which on it shows more. */
const MARKS_FROM = 14;
const NUMBER_FROM = 46;
const WORDS_FROM = 78;
const STATES_FROM = 110;
/** Patterns tell uses apart on small cells; on large ones words do. */
const PATTERNS_TO = 200;
/** Cells of which a part is out of sight keep their words in it. */
const STAYS_FROM = 300;

/** Patterns, marks and words on the cells in sight. They are few: a cell has at least ten pixels. */
export function drawCellDetails(context: CanvasRenderingContext2D, scene: MapScene): void {
  const { camera, layout, ratio, view, width, height } = scene;
  const size = camera.scale / ratio;
  const left = Math.max(0, Math.floor(camera.x));
  const right = Math.min(layout.columns, Math.ceil(camera.x + width / camera.scale));
  const top = Math.max(0, Math.floor(camera.y));
  const bottom = Math.min(layout.rows, Math.ceil(camera.y + height / camera.scale));
  const byUse: Path2D[] = [];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const pfn = frameAt(layout, column, row);
      if (pfn < 0) continue;
      const x = (column - camera.x) * camera.scale;
      const y = (row - camera.y) * camera.scale;
      const use = view.use[pfn] as number;
      const path = (byUse[use] ??= new Path2D());
      path.rect(x, y, camera.scale, camera.scale);
    }
  }
  if (size < PATTERNS_TO)
    byUse.forEach((path, use) => {
      fillPattern(context, path, use, scene);
    });
  if (size < MARKS_FROM) return;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const pfn = frameAt(layout, column, row);
      if (pfn >= 0)
        drawCell(context, scene, pfn, (column - camera.x) * camera.scale, (row - camera.y) * camera.scale);
    }
  }
}

function drawCell(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  pfn: number,
  x: number,
  y: number,
): void {
  const size = scene.camera.scale / scene.ratio;
  drawMarks(context, scene, scene.view.state[pfn] as number, x, y);
  if (size >= NUMBER_FROM) drawWords(context, scene, pfn, x, y);
}

/**
 * Marks of a cell:
 *
 *     +-----------+   triangle: dirty   square: referenced
 *     |■         ◥|
 *     |           |   frame inside: locked
 *     |           |
 *     |▬▬▬▬▬▬     |   bar: full active, half inactive, a quarter inactive clean
 *     +-----------+
 */
function drawMarks(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  state: number,
  x: number,
  y: number,
): void {
  const { camera, ratio, theme } = scene;
  const gap = Math.max(1, Math.min(3 * ratio, camera.scale / 12));
  const unit = Math.min(camera.scale / 4.5, 11 * ratio);
  const inner = camera.scale - 2 * gap;
  if ((state & FRAME_STATE.dirty) !== 0) {
    context.fillStyle = colourOfMark('dirty', theme);
    context.beginPath();
    context.moveTo(x + camera.scale - gap - unit, y + gap);
    context.lineTo(x + camera.scale - gap, y + gap);
    context.lineTo(x + camera.scale - gap, y + gap + unit);
    context.fill();
  }
  const ink = theme === 'light' ? '#ffffff' : '#000000';
  if ((state & FRAME_STATE.referenced) !== 0) {
    context.fillStyle = ink;
    // Beside the number of the frame, where there is one.
    const left = camera.scale < NUMBER_FROM * ratio ? gap + unit / 4 : camera.scale - gap - unit * 1.75;
    context.fillRect(x + left, y + gap + unit / 4, unit / 2, unit / 2);
  }
  const share =
    (state & FRAME_STATE.active) !== 0
      ? 1
      : (state & FRAME_STATE.inactive) !== 0
        ? 0.5
        : (state & FRAME_STATE.inactiveClean) !== 0
          ? 0.25
          : 0;
  if (share > 0) {
    const thick = Math.max(ratio, unit / 4);
    context.fillStyle = ink;
    context.globalAlpha = 0.85;
    context.fillRect(x + gap, y + camera.scale - gap - thick, inner * share, thick);
    context.globalAlpha = 1;
  }
  if ((state & FRAME_STATE.locked) !== 0) {
    context.strokeStyle = colourOfMark('locked', theme);
    context.lineWidth = Math.max(ratio, gap / 2);
    context.strokeRect(x + gap * 1.5, y + gap * 1.5, inner - gap, inner - gap);
  }
}

/** Number, use and state of a frame. In a cell that is larger than the picture they stay in sight. */
function drawWords(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  pfn: number,
  left: number,
  top: number,
): void {
  const { camera, contents, ratio, theme, tokens, view } = scene;
  const size = camera.scale / ratio;
  const use = view.use[pfn] as number;
  const pad = 6 * ratio;
  const stays = size >= STAYS_FROM;
  const x = (stays ? Math.max(left, 0) : left) + pad;
  const y = (stays ? Math.max(top, 0) : top) + pad + 3 * ratio;
  const room = left + camera.scale - x - pad;
  if (room < 20 * ratio || y > top + camera.scale - 20 * ratio) return;
  context.fillStyle = inkOn(colourOfUse(use, theme));
  context.textAlign = 'left';
  context.textBaseline = 'top';
  context.font = `600 ${11 * ratio}px ${tokens.mono}`;
  context.fillText(hexFrame(pfn), x, y, room);
  if (contents?.pfn === pfn && contents.bytes.length > 0) return;
  context.font = `${11 * ratio}px ${tokens.sans}`;
  if (size >= WORDS_FROM)
    for (const [i, line] of wordsOf(view, pfn, size).entries())
      context.fillText(line, x, y + (15 + 15 * i) * ratio, room);
}

/** What a cell of `size` CSS pixels says of its frame, in lines. */
function wordsOf(view: MapScene['view'], pfn: number, size: number): string[] {
  const frame = describeFrame(view, pfn);
  const lines = [USE_COLOURS[frame.use]?.title ?? ''];
  if (frame.detail !== '')
    lines.push(size < 170 ? frame.detail.replace(/^(head of|in) a block of /, '') : frame.detail);
  if (size >= STATES_FROM) lines.push(...frame.state);
  return lines;
}

const patterns = new Map<string, CanvasPattern | null>();

/** Lays the use's pattern over its cells, so that colour is not all that tells uses apart. */
function fillPattern(context: CanvasRenderingContext2D, cells: Path2D, use: number, scene: MapScene): void {
  const kind = USE_COLOURS[use]?.pattern ?? 'solid';
  if (kind === 'solid') return;
  const key = `${kind} ${use} ${scene.theme} ${scene.ratio}`;
  let pattern = patterns.get(key);
  if (pattern === undefined) {
    pattern = makePattern(context, kind, use, scene.theme, scene.ratio);
    patterns.set(key, pattern);
  }
  if (pattern === null) return;
  context.fillStyle = pattern;
  context.fill(cells);
}

function makePattern(
  context: CanvasRenderingContext2D,
  kind: Pattern,
  use: number,
  theme: ThemeName,
  ratio: number,
): CanvasPattern | null {
  const side = Math.round(8 * ratio);
  const tile = document.createElement('canvas');
  tile.width = side;
  tile.height = side;
  const pen = tile.getContext('2d');
  if (pen === null) return null;
  pen.globalAlpha = 0.14;
  pen.strokeStyle = inkOn(colourOfUse(use, theme));
  pen.fillStyle = pen.strokeStyle;
  pen.lineWidth = ratio;
  drawPattern(pen, kind, side, ratio);
  return context.createPattern(tile, 'repeat');
}

function drawPattern(pen: CanvasRenderingContext2D, kind: Pattern, side: number, ratio: number): void {
  const line = (x0: number, y0: number, x1: number, y1: number): void => {
    pen.beginPath();
    pen.moveTo(x0 * side, y0 * side);
    pen.lineTo(x1 * side, y1 * side);
    pen.stroke();
  };
  for (const i of [-1, 0, 1]) {
    if (kind === 'slash' || kind === 'cross') line(i - 0.1, 1.1, i + 1.1, -0.1);
    if (kind === 'backslash' || kind === 'cross') line(i - 0.1, -0.1, i + 1.1, 1.1);
  }
  if (kind === 'bar') line(0.5, 0, 0.5, 1);
  if (kind === 'dash') line(0, 0.5, 0.5, 0.5);
  if (kind === 'dot' || kind === 'ring') {
    pen.beginPath();
    pen.arc(side / 2, side / 2, (kind === 'dot' ? 1.2 : 2) * ratio, 0, Math.PI * 2);
    if (kind === 'dot') pen.fill();
    else pen.stroke();
  }
}
