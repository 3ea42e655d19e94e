import type { MemoryView } from '../../protocol/views.ts';
import { BYTES_FROM, byteAt } from './bytes-box.ts';
import {
  type Camera,
  centreOn,
  fit,
  hold,
  type Picture,
  pan,
  reveal,
  scaleLimits,
  zoomAt,
} from './camera.ts';
import { type CellTable, type Emphasis, paintCells } from './cell-colours.ts';
import {
  cellOfFrame,
  type FrameLayout,
  type FrameOrder,
  frameAt,
  layoutFrames,
  rangeBorders,
} from './layout.ts';

/** Arrow keys and their kin on the map. */
export type CursorMove = 'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'block-on' | 'block-back';

/** Frames that a step over blocks moves by: a largest block of the buddy's. */
const BLOCK = 512;

/**
 * The map's state between pictures: how frames are laid out, the image of the cells, and what part of it is seen. It knows no
 * page: its pixels go into a word array.
 */
export class FrameMap {
  layout: FrameLayout = layoutFrames(1, 'row', 32, 32);
  camera: Camera = { x: 0, y: 0, scale: 1 };
  borders: Float32Array = new Float32Array(0);
  /** A word per cell. */
  image: Uint32Array = new Uint32Array(0);
  /** Shows the whole machine, and goes on to when the picture's size changes. */
  whole = true;

  private picture: Picture = { width: 1, height: 1 };
  private zones: MemoryView['zones'] = [];

  /**
   * Lays frames out for a picture. While the whole machine is seen the layout follows the picture's shape; after a zoom it stays.
   *
   * @returns whether the layout is another than before
   */
  arrange(frames: number, zones: MemoryView['zones'], order: FrameOrder, picture: Picture): boolean {
    const sized = picture.width !== this.picture.width || picture.height !== this.picture.height;
    const other = frames !== this.layout.frames || order !== this.layout.order;
    this.picture = picture;
    if (other) this.whole = true;
    const zonesChanged =
      zones.length !== this.zones.length || zones.some((z, i) => z.first !== this.zones[i]?.first);
    this.zones = zones;
    if (!other && !(sized && this.whole)) {
      if (sized) this.camera = hold(this.camera, this.layout, picture);
      if (zonesChanged) this.borders = rangeBorders(this.layout, zones);
      return false;
    }
    this.layout = layoutFrames(Math.max(1, frames), order, picture.width, picture.height);
    this.borders = rangeBorders(this.layout, zones);
    this.image = new Uint32Array(this.layout.columns * this.layout.rows);
    this.camera = fit(this.layout, picture);
    return true;
  }

  /** Paints all cells. */
  paint(view: MemoryView, table: CellTable, emphasis: Emphasis): void {
    paintCells(this.image, view, this.layout, table, emphasis);
  }

  /** Zooms around a point of the picture. */
  zoom(px: number, py: number, factor: number): void {
    const limits = scaleLimits(this.layout, this.picture);
    this.camera = hold(zoomAt(this.camera, px, py, factor, limits), this.layout, this.picture);
    this.whole = this.camera.scale <= limits.least;
  }

  /** Zooms around a frame if it is in sight, otherwise around the picture's middle. */
  zoomOn(pfn: number, factor: number): void {
    const { width, height } = this.picture;
    const at = pfn >= 0 && pfn < this.layout.frames ? this.placeOf(pfn) : null;
    const seen = at !== null && at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height;
    this.zoom(seen ? at.x : width / 2, seen ? at.y : height / 2, factor);
  }

  pan(dx: number, dy: number): void {
    this.camera = hold(pan(this.camera, dx, dy), this.layout, this.picture);
  }

  fit(): void {
    this.whole = true;
    this.camera = fit(this.layout, this.picture);
  }

  /** A frame into the middle, large enough to be read. @param least pixels of its cell */
  show(pfn: number, least: number): void {
    const { x, y } = this.columnRow(pfn);
    this.camera = hold(
      centreOn(x, y, Math.max(this.camera.scale, least), this.picture),
      this.layout,
      this.picture,
    );
    this.whole = false;
  }

  /** Moves until a frame is in sight; the whole machine stays as it is. */
  reveal(pfn: number): void {
    if (this.whole || pfn < 0 || pfn >= this.layout.frames) return;
    const { x, y } = this.columnRow(pfn);
    this.camera = reveal(this.camera, x, y, this.picture);
  }

  /** Frame in the middle of the picture; -1: none. */
  get middle(): number {
    return this.frameUnder(this.picture.width / 2, this.picture.height / 2);
  }

  /** Frame under a point of the picture; -1: none. */
  frameUnder(px: number, py: number): number {
    const column = Math.floor(this.camera.x + px / this.camera.scale);
    const row = Math.floor(this.camera.y + py / this.camera.scale);
    return frameAt(this.layout, column, row);
  }

  /** Byte of the frame under a point, as the map draws them; -1: none, or too small to be seen. */
  byteUnder(px: number, py: number, ratio: number): number {
    const { x, y, scale } = this.camera;
    if (scale < BYTES_FROM * ratio || this.frameUnder(px, py) < 0) return -1;
    const column = x + px / scale;
    const row = y + py / scale;
    return byteAt(scale, ratio, (column - Math.floor(column)) * scale, (row - Math.floor(row)) * scale);
  }

  /** The frame that a key leads to from another. Keys move on the map for rows and columns, along the frames for the rest. */
  moved(pfn: number, move: CursorMove): number {
    const last = this.layout.frames - 1;
    const hold = (to: number) => Math.max(0, Math.min(last, to));
    const { x, y } = this.columnRow(hold(pfn));
    const to = (column: number, row: number) => {
      const frame = frameAt(this.layout, column, row);
      return frame < 0 ? hold(pfn) : frame;
    };
    switch (move) {
      case 'left':
        return this.layout.order === 'row' ? hold(pfn - 1) : to(x - 1, y);
      case 'right':
        return this.layout.order === 'row' ? hold(pfn + 1) : to(x + 1, y);
      case 'up':
        return to(x, y - 1);
      case 'down':
        return to(x, y + 1);
      case 'first':
        return 0;
      case 'last':
        return last;
      case 'block-on':
        return hold(pfn + BLOCK);
      case 'block-back':
        return hold(pfn - BLOCK);
    }
  }

  private columnRow(pfn: number): { x: number; y: number } {
    const cell = cellOfFrame(this.layout, pfn);
    return { x: cell % this.layout.columns, y: Math.floor(cell / this.layout.columns) };
  }

  private placeOf(pfn: number): { x: number; y: number } {
    const { x, y } = this.columnRow(pfn);
    return {
      x: (x + 0.5 - this.camera.x) * this.camera.scale,
      y: (y + 0.5 - this.camera.y) * this.camera.scale,
    };
  }
}
