import { effect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { theme } from '../../app/theme.ts';

/** Draws on a canvas of `width` x `height` device pixels; `ratio` device pixels are one CSS pixel. */
export type Draw = (context: CanvasRenderingContext2D, width: number, height: number, ratio: number) => void;

/** A canvas element that keeps to the size its style gives it, and draws at most once a picture. */
export interface DrawnCanvas {
  readonly ref: { current: HTMLCanvasElement | null };
  /** Asks for a picture; any number of requests make one. */
  readonly redraw: () => void;
}

/**
 * Binds a drawing function to a canvas: sized in device pixels, drawn again when its size, the theme or (by `redraw`) its data
 * changes. The function of the last rendering is the one that draws.
 */
export function useCanvas(draw: Draw): DrawnCanvas {
  const ref = useRef<HTMLCanvasElement | null>(null);
  const latest = useRef(draw);
  latest.current = draw;
  const canvas = useMemo(() => {
    let wanted = 0;
    const picture = () => {
      wanted = 0;
      if (ref.current !== null) drawNow(ref.current, latest.current);
    };
    return {
      ref,
      redraw: () => {
        if (wanted === 0) wanted = requestAnimationFrame(picture);
      },
      cancel: () => {
        cancelAnimationFrame(wanted);
        wanted = 0;
      },
    };
  }, []);
  useEffect(() => {
    const sizes = new ResizeObserver(canvas.redraw);
    if (ref.current !== null) sizes.observe(ref.current);
    const endThemes = effect(() => {
      void theme.value;
      canvas.redraw();
    });
    return () => {
      sizes.disconnect();
      endThemes();
      canvas.cancel();
    };
  }, [canvas]);
  return canvas;
}

function drawNow(element: HTMLCanvasElement, draw: Draw): void {
  const ratio = devicePixelRatio;
  const width = Math.round(element.clientWidth * ratio);
  const height = Math.round(element.clientHeight * ratio);
  if (width === 0 || height === 0) return;
  if (element.width !== width) element.width = width;
  if (element.height !== height) element.height = height;
  const context = element.getContext('2d');
  if (context === null) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  draw(context, width, height, ratio);
}
