import { hilbertCell } from './hilbert.ts';

/** How frames follow each other on the map. */
export type FrameOrder = 'row' | 'hilbert';

/** Where each frame has its cell. Cells are numbered y * columns + x. */
export interface FrameLayout {
  readonly order: FrameOrder;
  readonly frames: number;
  readonly columns: number;
  readonly rows: number;
  /** Cell of a frame; null: cell n is frame n. */
  readonly cells: Uint32Array | null;
  /** Frame of a cell, -1: none; null: cell n is frame n. */
  readonly framesOfCells: Int32Array | null;
}

/** Rows are a multiple of so many frames long, so that the buddy's smaller blocks do not break over a line. */
const ROW_UNIT = 32;

/**
 * Chooses the layout whose cells are largest on a picture of `width` x `height` pixels.
 *
 * @param frames at least 1
 */
export function layoutFrames(frames: number, order: FrameOrder, width: number, height: number): FrameLayout {
  if (order === 'hilbert') return hilbertLayout(frames, width, height);
  const columns = rowLength(frames, width, height);
  const rows = Math.ceil(frames / columns);
  return { order, frames, columns, rows, cells: null, framesOfCells: null };
}

/** Share of the picture that whole cells must cover; below it, cells of any size that cover more are better. */
const COVERED = 0.72;

/** Frames per row: with the largest whole cell that lets all rows fit, or else by the shape of the picture. */
function rowLength(frames: number, width: number, height: number): number {
  const largest = Math.floor(Math.sqrt((width * height) / frames));
  for (let cell = largest; cell >= 1 && (cell * cell * frames) / (width * height) >= COVERED; cell--) {
    const columns = Math.floor(width / cell / ROW_UNIT) * ROW_UNIT;
    if (columns > 0 && Math.ceil(frames / columns) * cell <= height) return columns;
  }
  const ideal = Math.sqrt((frames * width) / Math.max(1, height));
  return Math.max(ROW_UNIT, Math.round(ideal / ROW_UNIT) * ROW_UNIT);
}

/** Squares of Hilbert curves along the picture's longer side. */
function hilbertLayout(frames: number, width: number, height: number): FrameLayout {
  const wide = width >= height;
  const long = wide ? width : height;
  const short = wide ? height : width;
  let side = 1;
  let best = 0;
  for (let tried = 1; tried * tried < frames * 4; tried *= 2) {
    const squares = Math.ceil(frames / (tried * tried));
    const cell = Math.min(long / (squares * tried), short / tried);
    if (cell > best) {
      best = cell;
      side = tried;
    }
  }
  const length = Math.ceil(frames / (side * side)) * side;
  const columns = wide ? length : side;
  const rows = wide ? side : length;
  const cells = new Uint32Array(frames);
  const framesOfCells = new Int32Array(columns * rows).fill(-1);
  for (let frame = 0; frame < frames; frame++) {
    const cell = hilbertCell(side, frame % (side * side));
    const along = Math.floor(frame / (side * side)) * side + (cell % side);
    const across = Math.floor(cell / side);
    const at = wide ? across * columns + along : along * columns + across;
    cells[frame] = at;
    framesOfCells[at] = frame;
  }
  return { order: 'hilbert', frames, columns, rows, cells, framesOfCells };
}

/** Cell of a frame. */
export function cellOfFrame(layout: FrameLayout, frame: number): number {
  return layout.cells === null ? frame : (layout.cells[frame] as number);
}

/** Frame at a cell's column and row; -1: none is there. */
export function frameAt(layout: FrameLayout, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= layout.columns || y >= layout.rows) return -1;
  const cell = y * layout.columns + x;
  if (layout.framesOfCells !== null) return layout.framesOfCells[cell] as number;
  return cell < layout.frames ? cell : -1;
}

/** A range of frames with a name: what a border is drawn around. */
export interface FrameRange {
  readonly name: string;
  readonly first: number;
  readonly count: number;
}

/**
 * Borders between frames of different ranges: segments x0, y0, x1, y1 in cells, joined along rows and columns. The map's own edge
 * is no border.
 */
export function rangeBorders(layout: FrameLayout, ranges: readonly FrameRange[]): Float32Array {
  const segments: number[] = [];
  const rangeAt = (x: number, y: number): number => {
    const frame = frameAt(layout, x, y);
    return frame < 0
      ? -1
      : ranges.findIndex((range) => frame >= range.first && frame < range.first + range.count);
  };
  if (layout.order === 'row') {
    for (const range of ranges) rowBorder(layout, range.first, segments);
    return Float32Array.from(segments);
  }
  edgesAlong(
    layout.rows - 1,
    layout.columns,
    (line, at) => rangeAt(at, line) !== rangeAt(at, line + 1),
    (line, a, b) => segments.push(a, line + 1, b, line + 1),
  );
  edgesAlong(
    layout.columns - 1,
    layout.rows,
    (line, at) => rangeAt(line, at) !== rangeAt(line + 1, at),
    (line, a, b) => segments.push(line + 1, a, line + 1, b),
  );
  return Float32Array.from(segments);
}

/** In rows the border before a frame is a step: to the right of its column, up one row, to the end of the row. */
function rowBorder(layout: FrameLayout, first: number, segments: number[]): void {
  if (first <= 0 || first >= layout.frames) return;
  const x = first % layout.columns;
  const y = Math.floor(first / layout.columns);
  if (x === 0) {
    segments.push(0, y, layout.columns, y);
    return;
  }
  segments.push(0, y + 1, x, y + 1, x, y + 1, x, y, x, y, layout.columns, y);
}

function edgesAlong(
  lines: number,
  length: number,
  differs: (line: number, at: number) => boolean,
  found: (line: number, from: number, to: number) => void,
): void {
  for (let line = 0; line < lines; line++) {
    let begin = -1;
    for (let at = 0; at <= length; at++) {
      const edge = at < length && differs(line, at);
      if (edge && begin < 0) begin = at;
      if (!edge && begin >= 0) {
        found(line, begin, at);
        begin = -1;
      }
    }
  }
}
