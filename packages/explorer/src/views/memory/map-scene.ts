import type { ThemeName } from '../../app/palette-colours.ts';
import type { MemoryView } from '../../protocol/views.ts';
import type { Tokens } from '../drawing/tokens.ts';
import type { Camera } from './camera.ts';
import type { FrameLayout } from './layout.ts';

/** All that a picture of the map shows. */
export interface MapScene {
  readonly view: MemoryView;
  readonly layout: FrameLayout;
  readonly camera: Camera;
  /** The map, a pixel per cell. */
  readonly image: CanvasImageSource;
  /** Segments x0, y0, x1, y1 in cells. */
  readonly borders: Float32Array;
  /** Frames with an outline; -1: none. */
  readonly selected: number;
  readonly hovered: number;
  readonly cursor: number;
  /** Frame whose bytes are known, and they; null: none. */
  readonly contents: { readonly pfn: number; readonly bytes: Uint8Array } | null;
  readonly theme: ThemeName;
  readonly tokens: Tokens;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
  readonly width: number;
  readonly height: number;
}
