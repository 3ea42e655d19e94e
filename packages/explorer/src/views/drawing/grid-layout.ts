/** Cells in rows from left to right: where each lies, and which lies at a place. */

export interface GridLayout {
  readonly count: number;
  readonly columns: number;
  readonly rows: number;
  /** Side of a cell with its gap, pixels. */
  readonly pitch: number;
  /** Space between cells, pixels. */
  readonly gap: number;
  /** Height of all rows, pixels. */
  readonly height: number;
}

const LARGEST = 14;
const SMALLEST = 3;

/**
 * The largest cells with which `count` of them take at most `height` pixels in rows of `width`; never below 3 pixels: then the grid
 * is higher than asked for.
 */
export function layOutGrid(count: number, width: number, height: number): GridLayout {
  let pitch = LARGEST;
  while (pitch > SMALLEST && Math.ceil(count / columnsOf(width, pitch)) * pitch > height) pitch--;
  const columns = columnsOf(width, pitch);
  const rows = Math.ceil(count / columns);
  return { count, columns, rows, pitch, gap: pitch >= 6 ? 1 : 0, height: rows * pitch };
}

/** At least one; a multiple of 16 where there is room, so that hexadecimal numbers line up. */
function columnsOf(width: number, pitch: number): number {
  const fitting = Math.max(1, Math.floor(width / pitch));
  return fitting >= 32 ? fitting - (fitting % 16) : fitting;
}

/** Upper left corner of a cell. */
export function cellPlace(grid: GridLayout, index: number): { readonly x: number; readonly y: number } {
  return { x: (index % grid.columns) * grid.pitch, y: Math.floor(index / grid.columns) * grid.pitch };
}

/** The cell at a place; -1: none. */
export function cellAt(grid: GridLayout, x: number, y: number): number {
  const column = Math.floor(x / grid.pitch);
  const row = Math.floor(y / grid.pitch);
  if (column < 0 || column >= grid.columns || row < 0) return -1;
  const index = row * grid.columns + column;
  return index < grid.count ? index : -1;
}

/** The cell that a key moves to from `index`; the same when there is none. Undefined: no key of the grid. */
export function cellAfterKey(grid: GridLayout, index: number, key: string): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - grid.columns,
    ArrowDown: index + grid.columns,
    Home: 0,
    End: grid.count - 1,
  };
  const to = moves[key];
  if (to === undefined) return undefined;
  return to >= 0 && to < grid.count ? to : index;
}
