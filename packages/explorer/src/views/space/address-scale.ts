/** Address spaces to scale: areas as wide as they have pages, the emptiness between them folded. */

/** A stretch of addresses on the picture. */
export interface Stretch {
  readonly kind: 'area' | 'gap';
  readonly start: number;
  /** First address behind it; up to 2^32. */
  readonly end: number;
  /** Pixels at zoom 1. */
  readonly x: number;
  readonly width: number;
}

const PAGE = 4096;
/** Widths at zoom 1, pixels: of a gap, and the least of an area. */
const GAP = 20;
const LEAST = 3;

/**
 * Lays out the stretches of an address space: areas in proportion to their pages (but never too thin to be seen), gaps all equal.
 *
 * @param areas by address, none overlapping
 * @param end where the address space ends, e.g. 3 GB
 */
export function layOutSpace(
  areas: readonly { readonly start: number; readonly end: number }[],
  end: number,
  width: number,
): Stretch[] {
  const bare: { kind: 'area' | 'gap'; start: number; end: number }[] = [];
  let at = 0;
  for (const area of areas) {
    if (area.start > at) bare.push({ kind: 'gap', start: at, end: area.start });
    bare.push({ kind: 'area', start: area.start, end: area.end });
    at = area.end;
  }
  if (at < end) bare.push({ kind: 'gap', start: at, end });
  const gaps = bare.filter((stretch) => stretch.kind === 'gap').length;
  const gap = Math.min(GAP, width / 2 / Math.max(1, gaps));
  const sizes = areas.map((area) => (area.end - area.start) / PAGE);
  const perPage = pixelsPerPage(sizes, Math.max(1, width - gaps * gap));
  const least = leastWidth(sizes.length, width - gaps * gap);
  let x = 0;
  return bare.map((stretch) => {
    const wide =
      stretch.kind === 'gap' ? gap : Math.max(least, ((stretch.end - stretch.start) / PAGE) * perPage);
    const placed = { ...stretch, x, width: wide };
    x += wide;
    return placed;
  });
}

function leastWidth(areas: number, width: number): number {
  return Math.min(LEAST, width / 2 / Math.max(1, areas));
}

/** The scale with which areas, some widened to the least width, fill `width`. */
function pixelsPerPage(sizes: readonly number[], width: number): number {
  const least = leastWidth(sizes.length, width);
  const ordered = [...sizes].sort((a, b) => a - b);
  let pages = ordered.reduce((sum, size) => sum + size, 0);
  let room = width;
  for (const size of ordered) {
    if (size * (room / pages) >= least) break;
    room -= least;
    pages -= size;
  }
  return pages === 0 ? 0 : room / pages;
}

/** What of the picture is seen: `offset` pixels from its left at zoom 1, magnified. */
export interface Window {
  readonly offset: number;
  readonly zoom: number;
}

/** Zooms around a place of the picture; what is under it stays. @param most largest zoom */
export function zoomWindow(window: Window, at: number, factor: number, width: number, most: number): Window {
  const zoom = Math.min(most, Math.max(1, window.zoom * factor));
  return holdWindow({ offset: window.offset + at / window.zoom - at / zoom, zoom }, width);
}

/** Keeps the window inside of the picture. */
export function holdWindow({ offset, zoom }: Window, width: number): Window {
  return { offset: Math.min(width - width / zoom, Math.max(0, offset)), zoom };
}

/** Place of an address, pixels; folded places lie in proportion within their gap. */
export function addressToX(stretches: readonly Stretch[], window: Window, address: number): number {
  const stretch = stretches.find((s) => address < s.end) ?? stretches.at(-1);
  if (stretch === undefined) return 0;
  const share = Math.min(1, Math.max(0, (address - stretch.start) / (stretch.end - stretch.start)));
  return (stretch.x + share * stretch.width - window.offset) * window.zoom;
}

/** What lies at a place: the stretch, and the address in it; null: nothing. */
export function addressAtX(
  stretches: readonly Stretch[],
  window: Window,
  x: number,
): { readonly stretch: Stretch; readonly address: number } | null {
  const at = x / window.zoom + window.offset;
  const stretch = stretches.find((s) => at >= s.x && at < s.x + s.width);
  if (stretch === undefined) return null;
  const share = (at - stretch.x) / stretch.width;
  return { stretch, address: stretch.start + Math.floor(share * (stretch.end - stretch.start)) };
}

/** A marked address and its place, pixels. */
export interface AddressTick {
  readonly address: number;
  readonly x: number;
}

/**
 * Addresses to mark: where areas begin, and in areas that are wide enough round addresses. They are `least` pixels apart.
 *
 * @param width of the picture
 */
export function addressTicks(
  stretches: readonly Stretch[],
  window: Window,
  width: number,
  least: number,
): AddressTick[] {
  const marked: AddressTick[] = [];
  let free = 0;
  const mark = (address: number, x: number): void => {
    if (x < free || x + least > width) return;
    marked.push({ address, x });
    free = x + least;
  };
  for (const stretch of stretches) {
    const left = (stretch.x - window.offset) * window.zoom;
    const wide = stretch.width * window.zoom;
    if (stretch.kind === 'gap' || left + wide < 0 || left > width) continue;
    mark(stretch.start, left);
    const bytes = stretch.end - stretch.start;
    let step = PAGE;
    while ((step / bytes) * wide < least) step *= 2;
    const seen = stretch.start + Math.max(0, -left / wide) * bytes;
    for (let at = Math.ceil(seen / step) * step; at < stretch.end; at += step) {
      const x = left + ((at - stretch.start) / bytes) * wide;
      if (x > width) break;
      mark(at, x);
    }
  }
  return marked;
}

/** Moves the window as far as it takes for an address to be seen. */
export function revealAddress(
  stretches: readonly Stretch[],
  window: Window,
  address: number,
  width: number,
): Window {
  const x = addressToX(stretches, window, address);
  if (x >= 0 && x <= width) return window;
  const margin = width / 8;
  const offset = window.offset + (x < 0 ? x - margin : x - width + margin) / window.zoom;
  return holdWindow({ ...window, offset }, width);
}

/** States of {@link AreaRow.pages}, and how many there are. */
export const PAGE_STATES = 6;

/** Pages by state in a part of an area. @param into PAGE_STATES counts, overwritten */
export function countPages(pages: Uint8Array, from: number, to: number, into: Uint32Array): void {
  into.fill(0);
  for (let page = from; page < to; page++) into[pages[page] as number]!++;
}
