import { type ThemeName, USE_COLOURS } from '../../app/palette-colours.ts';
import type { MemoryView } from '../../protocol/views.ts';
import type { FrameLayout } from './layout.ts';

/** A colour of an ImageData as a 32-bit word (little endian): 0xaabbggrr. */
export type Abgr = number;

/** `#rrggbb` as a word. */
export function abgr(hex: string): Abgr {
  const value = Number.parseInt(hex.slice(1, 7), 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >>> 16)) >>> 0;
}

/** `share` of `a`, the rest of `b`. */
export function mix(a: Abgr, b: Abgr, share: number): Abgr {
  const channel = (shift: number) =>
    Math.round(((a >>> shift) & 255) * share + ((b >>> shift) & 255) * (1 - share)) << shift;
  return (0xff000000 | channel(0) | channel(8) | channel(16)) >>> 0;
}

/** What the map emphasises. What is not is faded. */
export interface Emphasis {
  /** Uses to be seen, a bit per value of FRAME_USE; 0: all. */
  readonly uses: number;
  /** FRAME_STATE bits of which a frame must have one; 0: any. */
  readonly states: number;
  /** Shades pages by their age instead (2.4.0). */
  readonly byAge: boolean;
  /** A mark per frame that is to be seen, null: all. */
  readonly only: Uint8Array | null;
}

export const NO_EMPHASIS: Emphasis = { uses: 0, states: 0, byAge: false, only: null };

/** Uses in the order of FRAME_USE, and the largest order and age that are told apart. */
const USES = 16;
const DETAILS = 256;
/** Largest order of a free block in 2.4. */
const MAX_ORDER = 9;
/** Age of a page that is used again and again in 2.4.0: PAGE_AGE_MAX. */
const MAX_AGE = 64;
/** How much of a faded frame's colour is left. */
const FADED = 0.14;

/** Colours by (use, detail), bright and faded. */
export interface CellTable {
  readonly bright: Uint32Array;
  readonly faded: Uint32Array;
}

/**
 * The table of all cells' colours. Free frames go from one colour to the other with the order of their block; with `byAge` pages that have an
 * age go from the background's colour (0) to their use's.
 *
 * @param uses colour of each use, in the order of FRAME_USE, as `#rrggbb`
 * @param smallFree,largeFree free frames of order 0 and of the largest order
 */
export function cellTable(
  uses: readonly string[],
  smallFree: string,
  largeFree: string,
  background: string,
  byAge: boolean,
): CellTable {
  const bright = new Uint32Array(USES * DETAILS);
  const faded = new Uint32Array(USES * DETAILS);
  const paper = abgr(background);
  const small = abgr(smallFree);
  const large = abgr(largeFree);
  uses.forEach((hex, use) => {
    const full = abgr(hex);
    for (let detail = 0; detail < DETAILS; detail++) {
      let colour = full;
      if (use === 0) colour = mix(large, small, Math.min(detail, MAX_ORDER) / MAX_ORDER);
      else if (byAge) colour = mix(full, paper, 0.12 + 0.88 * Math.sqrt(Math.min(detail, MAX_AGE) / MAX_AGE));
      bright[use * DETAILS + detail] = colour;
      faded[use * DETAILS + detail] = mix(colour, paper, FADED);
    }
  });
  return { bright, faded };
}

/** Free frames of order 0, what fragmentation looks like, and what faded cells fade to. */
const FREE_SINGLE = { light: '#b7c4cf', dark: '#3b444f' } as const;
const PAPER = { light: '#ffffff', dark: '#151c23' } as const;

/** {@link cellTable} of a theme. */
export function themedTable(theme: ThemeName, byAge: boolean): CellTable {
  const colours = USE_COLOURS.map((use) => use[theme]);
  return cellTable(colours, FREE_SINGLE[theme], colours[0] as string, PAPER[theme], byAge);
}

/** Marks for {@link Emphasis.only}; null: no frames are named, all are to be seen. */
export function marksOf(named: Int32Array, frames: number): Uint8Array | null {
  if (named.length === 0) return null;
  const marks = new Uint8Array(frames);
  for (const pfn of named) if (pfn < frames) marks[pfn] = 1;
  return marks;
}

/** Paints the map, a pixel per cell. @param image columns * rows words; cells without a frame are left as they are */
export function paintCells(
  image: Uint32Array,
  view: Pick<MemoryView, 'use' | 'state' | 'detail'>,
  layout: FrameLayout,
  table: CellTable,
  emphasis: Emphasis,
): void {
  const { use, state, detail } = view;
  const { bright, faded } = table;
  const cells = layout.cells;
  const frames = Math.min(layout.frames, use.length);
  const uses = emphasis.uses === 0 ? -1 : emphasis.uses;
  const { states, only } = emphasis;
  for (let frame = 0; frame < frames; frame++) {
    const u = use[frame] as number;
    const seen =
      ((uses >>> u) & 1) !== 0 &&
      (states === 0 || ((state[frame] as number) & states) !== 0) &&
      (only === null || only[frame] !== 0);
    const colour = (seen ? bright : faded)[(u << 8) | (detail[frame] as number)] as number;
    image[cells === null ? frame : (cells[frame] as number)] = colour;
  }
}
