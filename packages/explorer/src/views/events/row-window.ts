/** Which rows of a long list are on the screen. A million rows would be higher than a page may be: then the bar stands for shares. */

export const ROW_PX = 22;
/** Browsers make nothing higher than about 33 million pixels; this is well below. */
const HIGHEST_PX = 8_000_000;

export interface RowWindow {
  /** First row that is shown. */
  readonly first: number;
  /** Rows to have: a few more than are seen. */
  readonly count: number;
  /** Where the first row stands in what scrolls, pixels. */
  readonly top: number;
}

/** Height of what scrolls, pixels. */
export function scrolledHeight(rows: number): number {
  return Math.min(rows * ROW_PX, HIGHEST_PX);
}

/** Rows at a position of the scroll bar. @param seen height of the window, pixels */
export function rowsAt(scrollTop: number, seen: number, rows: number): RowWindow {
  const count = Math.ceil(seen / ROW_PX) + 1;
  const most = Math.max(0, rows - Math.floor(seen / ROW_PX));
  const height = scrolledHeight(rows);
  if (height === rows * ROW_PX) {
    const first = Math.max(0, Math.min(most, Math.floor(scrollTop / ROW_PX)));
    return { first, count, top: first * ROW_PX };
  }
  const share = height > seen ? Math.min(1, scrollTop / (height - seen)) : 0;
  return { first: Math.round(share * most), count, top: Math.min(scrollTop, height - count * ROW_PX) };
}

/** Where the scroll bar must stand for a row to be the first that is seen: the reverse of {@link rowsAt}. */
export function scrollTopOf(row: number, seen: number, rows: number): number {
  const height = scrolledHeight(rows);
  if (height === rows * ROW_PX) return row * ROW_PX;
  const most = Math.max(1, rows - Math.floor(seen / ROW_PX));
  return (Math.min(row, most) / most) * (height - seen);
}
