import { useSignal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { scrollIntoBody } from '../parts/scroll-into-body.ts';
import { cellAfterKey, cellAt, cellPlace, type GridLayout, layOutGrid } from './grid-layout.ts';
import { tokens } from './tokens.ts';
import { useCanvas } from './use-canvas.ts';
import { useWidth } from './use-width.ts';
import './cell-grid.css';

interface CellGridProps {
  /** What it is, for those who hear it. */
  readonly label: string;
  /** A value per cell. */
  readonly values: ArrayLike<number>;
  /** Colour of a value, as canvases take it. */
  readonly colour: (value: number) => string;
  /** A cell in words. */
  readonly describe: (index: number) => string;
  /** Pixels that it should not be higher than; it may be when cells would be too small. */
  readonly height: number;
  /** Selected cell; -1: none. */
  readonly selected: number;
  readonly onSelect?: ((index: number) => void) | undefined;
}

/** Small cells in rows, one for each slot, object or page: pointed at, selected, walked by arrow keys. */
export function CellGrid(props: CellGridProps) {
  const { ref: box, width } = useWidth();
  const at = useSignal(-1);
  const grid = useMemo(
    () => layOutGrid(props.values.length, width, props.height),
    [props.values.length, width, props.height],
  );
  const canvas = useCanvas((context, w, h, ratio) => {
    context.clearRect(0, 0, w, h);
    context.scale(ratio, ratio);
    drawCells(context, grid, props);
    outline(context, grid, at.value, tokens().focus);
    outline(context, grid, props.selected, selectedColour());
  });
  useEffect(canvas.redraw);
  useEffect(() => {
    const shown = canvas.ref.current;
    if (shown === null || props.selected < 0 || props.selected >= grid.count) return;
    scrollIntoBody(shown, { top: cellPlace(grid, props.selected).y, height: grid.pitch });
  }, [props.selected, grid]);
  const hint = useId();
  const latest = useRef(grid);
  latest.current = grid;
  const point = (event: MouseEvent) => {
    at.value = cellAt(latest.current, event.offsetX, event.offsetY);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.key === 'Enter' || event.key === ' ') && at.value >= 0) props.onSelect?.(at.value);
    else {
      const to = cellAfterKey(grid, Math.max(0, at.value), event.key);
      if (to === undefined) return;
      at.value = to;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="cell-grid" ref={box}>
      <canvas
        ref={canvas.ref}
        style={{ height: `${grid.height}px`, width: `${grid.columns * grid.pitch}px` }}
        tabIndex={0}
        role="img"
        aria-label={props.label}
        aria-describedby={hint}
        onMouseMove={point}
        onMouseLeave={() => {
          at.value = -1;
        }}
        onClick={(event) => {
          // A finger taps without having pointed.
          point(event);
          if (at.value >= 0) props.onSelect?.(at.value);
        }}
        onKeyDown={onKeyDown}
      />
      <p id={hint} class="cell-grid-hint" aria-live="polite">
        {at.value >= 0 && at.value < props.values.length ? props.describe(at.value) : ' '}
      </p>
    </div>
  );
}

/** Neighbours of one value that touch are drawn as one: a large grid is mostly long runs. */
function drawCells(context: CanvasRenderingContext2D, grid: GridLayout, props: CellGridProps): void {
  const { values } = props;
  const { pitch, gap, columns, count } = grid;
  let first = 0;
  let inked: number | undefined;
  for (let i = 1; i <= count; i++) {
    const value = values[first] as number;
    if (i < count && gap === 0 && i % columns !== 0 && values[i] === value) continue;
    if (value !== inked) context.fillStyle = props.colour(value);
    inked = value;
    const { x, y } = cellPlace(grid, first);
    context.fillRect(x, y, (i - first) * pitch - gap, pitch - gap);
    first = i;
  }
}

function outline(context: CanvasRenderingContext2D, grid: GridLayout, index: number, colour: string): void {
  if (index < 0 || index >= grid.count) return;
  const { x, y } = cellPlace(grid, index);
  const side = Math.max(6, grid.pitch - grid.gap);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.strokeRect(x - 1, y - 1, side + 2, side + 2);
}

function selectedColour(): string {
  return getComputedStyle(document.documentElement).getPropertyValue('--mark-selected').trim();
}
