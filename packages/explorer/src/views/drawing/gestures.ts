import { wheelFactor } from './wheel.ts';

/** Where the pointer is, in CSS pixels from the corner of a canvas of this size. */
export interface PointerPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What gestures do to a picture. Places are CSS pixels from the canvas' corner. */
export interface GestureActions {
  readonly pan: (dx: number, dy: number) => void;
  readonly zoom: (x: number, y: number, factor: number) => void;
  /** What lies at a place: a frame, an address; -1: nothing. */
  readonly atPlace: (x: number, y: number) => number;
  /** The pointer is over it (-1: over nothing); place null: it left. */
  readonly point: (at: number, place: PointerPlace | null) => void;
  readonly press: (at: number, place: PointerPlace) => void;
  /** Pressed twice. */
  readonly show: (at: number) => void;
}

/** Pixels that a pointer may move and still have pressed: a finger is never still. */
const slopOf = (event: PointerEvent): number => (event.pointerType === 'touch' ? 12 : 4);

/** Handlers of a canvas: drag and Shift-wheel move, wheel and pinch zoom, a press selects, two presses show. */
export function zoomGestures(actions: GestureActions) {
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
    } else if (travelled > slopOf(event)) {
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
      actions.point(actions.atPlace(at.x, at.y), at);
    },
    onPointerUp(event: PointerEvent): void {
      const at = place(event);
      if (pointers.delete(event.pointerId) && pointers.size === 0 && travelled <= slopOf(event))
        actions.press(actions.atPlace(at.x, at.y), at);
    },
    onPointerCancel(event: PointerEvent): void {
      pointers.delete(event.pointerId);
    },
    onPointerLeave(): void {
      actions.point(-1, null);
    },
    onDblClick(event: MouseEvent): void {
      const { x, y } = place(event);
      const pfn = actions.atPlace(x, y);
      if (pfn >= 0) actions.show(pfn);
    },
    onWheel(event: WheelEvent): void {
      event.preventDefault();
      const at = place(event);
      const { x, y } = at;
      if (event.shiftKey)
        actions.pan(-(event.deltaX || event.deltaY), event.deltaX === 0 ? 0 : -event.deltaY);
      else actions.zoom(x, y, wheelFactor(event.deltaY, event.deltaMode, event.ctrlKey));
      actions.point(actions.atPlace(x, y), at);
    },
  };
}
