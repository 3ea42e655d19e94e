import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { usePanelKeys } from '../../app/panel-keys.ts';
import { select } from '../../app/selection.ts';
import { theme } from '../../app/theme.ts';
import type { FrameView, MemoryView } from '../../protocol/views.ts';
import { type PointerPlace, zoomGestures } from '../drawing/gestures.ts';
import { tokens } from '../drawing/tokens.ts';
import { useCanvas } from '../drawing/use-canvas.ts';
import { useSelectedFrame } from '../parts/use-selected-frame.ts';
import { BYTES_FROM } from './bytes-box.ts';
import { type Emphasis, themedTable } from './cell-colours.ts';
import { drawMap } from './draw-map.ts';
import { type CursorMove, FrameMap } from './frame-map.ts';
import type { FrameOrder } from './layout.ts';

/** A factor per step of a key or button. */
const ZOOM_STEP = 1.5;
/** Pixels (CSS) that a key moves the map by. */
const PAN_STEP = 80;
/** Least size of a cell that F brings the selected frame to, CSS pixels. */
const SHOWN_SIZE = 56;

/** What others do to the map. */
export interface MapControls {
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
}

interface Properties {
  readonly view: MemoryView;
  readonly order: FrameOrder;
  readonly emphasis: Emphasis;
  readonly contents: ReadonlySignal<FrameView | null>;
  /** Frame that the pointer or the keyboard is at, -1: none; the pointer's place, and the byte there, -1: none is seen. */
  readonly onPoint: (pfn: number, place: PointerPlace | null, byte: number) => void;
  /** Frame whose bytes could be seen; -1: cells are too small. */
  readonly onClose: (pfn: number) => void;
  readonly controls: { current: MapControls | null };
  /** What a reader hears of the frame at the cursor. */
  readonly spoken: string;
}

const MOVES: Readonly<Record<string, CursorMove>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
  PageDown: 'block-on',
  PageUp: 'block-back',
};

/** The map itself: a canvas to zoom, move, point at and walk over with the keyboard. */
export function FrameCanvas(properties: Properties) {
  const { view, order, emphasis, contents, onPoint, onClose, controls, spoken } = properties;
  const map = useMemo(() => new FrameMap(), []);
  const at = useRef({ hovered: -1, cursor: -1, focused: false });
  const image = useRef<HTMLCanvasElement | null>(null);
  const painted = useRef('');
  const generation = useRef(0);
  const table = useMemo(() => themedTable(theme.value, emphasis.byAge), [emphasis.byAge, theme.value]);
  useMemo(() => generation.current++, [view, table, emphasis]);
  const selected = useSelectedFrame();
  const bytes = contents.value;

  const { ref, redraw } = useCanvas((context, width, height, ratio) => {
    const frames = view.use.length;
    const fresh = map.arrange(frames, view.zones, order, { width, height });
    const wanted = `${generation.current}`;
    if (fresh || painted.current !== wanted) {
      map.paint(view, table, emphasis);
      image.current = showImage(image.current, map);
      painted.current = wanted;
    }
    const close = map.camera.scale >= BYTES_FROM * ratio ? map.middle : -1;
    onClose(close);
    drawMap(context, {
      view,
      layout: map.layout,
      camera: map.camera,
      image: image.current as HTMLCanvasElement,
      borders: map.borders,
      selected,
      hovered: at.current.hovered,
      cursor: at.current.focused ? at.current.cursor : -1,
      contents: bytes !== null && bytes.pfn === close ? bytes : null,
      theme: theme.value,
      tokens: tokens(),
      ratio,
      width,
      height,
    });
  });
  useEffect(redraw, [view, order, emphasis, table, bytes, selected]);
  useEffect(() => {
    if (selected >= 0) {
      at.current.cursor = selected;
      map.reveal(selected);
    }
  }, [selected]);

  const around = (): number => (at.current.focused ? at.current.cursor : -1);
  const zoom = (factor: number): void => {
    map.zoomOn(around(), factor);
    redraw();
  };
  const fit = (): void => {
    map.fit();
    redraw();
  };
  controls.current = { zoom, fit };
  usePanelKeys({
    zoom: (direction) => zoom(direction > 0 ? ZOOM_STEP : 1 / ZOOM_STEP),
    pan: (dx, dy) => {
      map.pan(-dx * PAN_STEP * devicePixelRatio, -dy * PAN_STEP * devicePixelRatio);
      redraw();
    },
    showSelection: () => {
      if (selected >= 0) map.show(selected, SHOWN_SIZE * devicePixelRatio);
      else map.fit();
      redraw();
    },
  });

  const point = (pfn: number, place: PointerPlace | null): void => {
    at.current.hovered = pfn;
    const ratio = devicePixelRatio;
    const byte = place === null ? -1 : map.byteUnder(place.x * ratio, place.y * ratio, ratio);
    onPoint(pfn, place, byte);
    redraw();
  };
  const gestures = useRef<ReturnType<typeof zoomGestures> | null>(null);
  gestures.current ??= zoomGestures({
    pan: (dx, dy) => {
      map.pan(dx * devicePixelRatio, dy * devicePixelRatio);
      redraw();
    },
    zoom: (x, y, factor) => {
      map.zoom(x * devicePixelRatio, y * devicePixelRatio, factor);
      redraw();
    },
    atPlace: (x, y) => map.frameUnder(x * devicePixelRatio, y * devicePixelRatio),
    point: (pfn, place) => point(pfn, place),
    press: (pfn) => {
      at.current.cursor = pfn;
      if (pfn >= 0) select({ kind: 'frame', pfn });
    },
    show: (pfn) => {
      map.show(pfn, SHOWN_SIZE * devicePixelRatio);
      redraw();
    },
  });

  const key = (event: KeyboardEvent): void => {
    const move = MOVES[event.key];
    if (move !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      at.current.cursor = at.current.cursor < 0 ? 0 : map.moved(at.current.cursor, move);
      at.current.focused = true;
      map.reveal(at.current.cursor);
      onPoint(at.current.cursor, null, -1);
      redraw();
    } else if ((event.key === 'Enter' || event.key === ' ') && at.current.cursor >= 0) {
      select({ kind: 'frame', pfn: at.current.cursor });
    } else if (event.key === '+' || event.key === '=') {
      zoom(ZOOM_STEP);
    } else if (event.key === '-') {
      zoom(1 / ZOOM_STEP);
    } else if (event.key === '0') {
      fit();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <canvas
        ref={ref}
        class="memory-canvas"
        tabIndex={0}
        role="img"
        aria-label="Physical memory: arrow keys move over frames, Enter selects, W and S zoom"
        onKeyDown={key}
        onFocus={(event) => {
          at.current.focused = (event.currentTarget as HTMLElement).matches(':focus-visible');
          redraw();
        }}
        onBlur={() => {
          at.current.focused = false;
          redraw();
        }}
        {...gestures.current}
      />
      <output class="hidden-text">{spoken}</output>
    </>
  );
}

/** The map's words as an image that can be drawn at any size. */
function showImage(before: HTMLCanvasElement | null, map: FrameMap): HTMLCanvasElement {
  const { columns, rows } = map.layout;
  const canvas = before ?? document.createElement('canvas');
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const pixels = new Uint8ClampedArray(map.image.buffer as ArrayBuffer);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
  return canvas;
}
