import { wheelFactor } from '../drawing/wheel.ts';

/** Where the pointer is, in CSS pixels from the corner of a canvas of this size. */
export interface PointerPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What gestures do to the map. Places are CSS pixels from the canvas' corner. */
export interface MapActions {
  readonly pan: (dx: number, dy: number) => void;
  readonly zoom: (x: number, y: number, factor: number) => void;
  readonly frameAt: (x: number, y: number) => number;
  /** The pointer is over a frame (-1: over none); place null: it left. */
  readonly point: (pfn: number, place: PointerPlace | null) => void;
  readonly press: (pfn: number) => void;
  /** Pressed twice. */
  readonly show: (pfn: number) => void;
}

/** Pixels that a pointer may move and still have pressed. */
const SLOP = 4;

/** Handlers of a canvas: drag and Shift-wheel move, wheel and pinch zoom, a press selects, two presses show. */
export function mapGestures(actions: MapActions) {
  const pointers = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  const place = (event: MouseEvent): PointerPlace => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top, width: box.width, height: box.height };
  };
  const moved = (event: PointerEvent, to: { x: number; y: number }): void => {
    const from = pointers.get(event.pointerId);
    if (from === undefined) return;
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    const other = others[0];
    travelled += Math.hypot(to.x - from.x, to.y - from.y);
    if (other !== undefined) {
      const before = Math.hypot(from.x - other.x, from.y - other.y);
      const after = Math.hypot(to.x - other.x, to.y - other.y);
      if (before > 0) actions.zoom((to.x + other.x) / 2, (to.y + other.y) / 2, after / before);
      actions.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
    } else if (travelled > SLOP) {
      actions.pan(to.x - from.x, to.y - from.y);
    }
    pointers.set(event.pointerId, to);
  };
  return {
    onPointerDown(event: PointerEvent): void {
      if (event.button !== 0) return;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      if (pointers.size === 0) travelled = 0;
      pointers.set(event.pointerId, place(event));
    },
    onPointerMove(event: PointerEvent): void {
      const at = place(event);
      moved(event, at);
      actions.point(actions.frameAt(at.x, at.y), at);
    },
    onPointerUp(event: PointerEvent): void {
      const at = place(event);
      if (pointers.delete(event.pointerId) && pointers.size === 0 && travelled <= SLOP)
        actions.press(actions.frameAt(at.x, at.y));
    },
    onPointerCancel(event: PointerEvent): void {
      pointers.delete(event.pointerId);
    },
    onPointerLeave(): void {
      actions.point(-1, null);
    },
    onDblClick(event: MouseEvent): void {
      const { x, y } = place(event);
      const pfn = actions.frameAt(x, y);
      if (pfn >= 0) actions.show(pfn);
    },
    onWheel(event: WheelEvent): void {
      event.preventDefault();
      const at = place(event);
      const { x, y } = at;
      if (event.shiftKey)
        actions.pan(-(event.deltaX || event.deltaY), event.deltaX === 0 ? 0 : -event.deltaY);
      else actions.zoom(x, y, wheelFactor(event.deltaY, event.deltaMode, event.ctrlKey));
      actions.point(actions.frameAt(x, y), at);
    },
  };
}
