import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count, hexFrame } from '../../app/format.ts';
import { colourOfMark, colourOfUse, USE_COLOURS } from '../../app/palette-colours.ts';
import { select } from '../../app/selection.ts';
import { theme } from '../../app/theme.ts';
import { FRAME_STATE, type MemoryView, type PageListRow } from '../../protocol/views.ts';
import { type Tokens, tokens } from '../drawing/tokens.ts';
import { useCanvas } from '../drawing/use-canvas.ts';
import { useWidth } from '../drawing/use-width.ts';
import { describeFrame } from '../memory/describe-frame.ts';
import { useSelectedFrame } from '../parts/use-selected-frame.ts';
import { layOutStrip, type StripLayout, stripFrameAt, stripFrames } from './list-strip.ts';

const HEIGHT = 26;

/** A list's first and last frames, coloured by use; a press or Enter selects the frame, arrow keys go along. */
export function Strip({ list, memory }: { list: PageListRow; memory: MemoryView | null }) {
  const { ref: box, width } = useWidth();
  const pointed = useSignal(-1);
  const layout = layOutStrip(list, width);
  const selected = useSelectedFrame();
  const { ref, redraw } = useCanvas((context, wide, high, ratio) => {
    context.clearRect(0, 0, wide, high);
    context.scale(ratio, ratio);
    drawStrip(context, { list, layout, memory, selected, pointed: pointed.peek(), width, tokens: tokens() });
  });
  useEffect(redraw);
  const frames = stripFrames(list, layout).map(({ pfn }) => pfn);
  const at = (event: MouseEvent): number =>
    stripFrameAt(
      list,
      layout,
      event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left,
    );
  const key = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const index = frames.indexOf(pointed.value);
    if (step !== 0) pointed.value = frames[Math.max(0, Math.min(frames.length - 1, index + step))] ?? -1;
    else if ((event.key === 'Enter' || event.key === ' ') && index >= 0)
      select({ kind: 'frame', pfn: pointed.value });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="list-strip" ref={box}>
      <canvas
        ref={ref}
        style={{ height: `${HEIGHT}px` }}
        tabIndex={0}
        role="img"
        aria-label={`${list.name}: first and last frames of ${list.pages}`}
        title={pointed.value < 0 ? '' : frameTitle(memory, pointed.value)}
        onKeyDown={key}
        onPointerMove={(event) => {
          pointed.value = at(event);
        }}
        onPointerLeave={() => {
          pointed.value = -1;
        }}
        onClick={(event) => {
          const pfn = at(event);
          if (pfn >= 0) select({ kind: 'frame', pfn });
        }}
      />
    </div>
  );
}

function frameTitle(memory: MemoryView | null, pfn: number): string {
  if (memory === null) return hexFrame(pfn);
  const frame = describeFrame(memory, pfn);
  return [frame.frame, USE_COLOURS[frame.use]?.title, frame.detail, ...frame.state]
    .filter(Boolean)
    .join(', ');
}

interface StripScene {
  readonly list: PageListRow;
  readonly layout: StripLayout;
  readonly memory: MemoryView | null;
  readonly selected: number;
  readonly pointed: number;
  readonly width: number;
  readonly tokens: Tokens;
}

function drawStrip(context: CanvasRenderingContext2D, scene: StripScene): void {
  const { list, layout, memory, selected, pointed, tokens: style } = scene;
  const side = layout.pitch - 1;
  const high = HEIGHT - 8;
  for (const { pfn, x } of stripFrames(list, layout)) {
    context.fillStyle = colourOfUse(memory?.use[pfn] ?? 0, theme.value);
    context.fillRect(x, 4, side, high);
    const state = memory?.state[pfn] ?? 0;
    if ((state & FRAME_STATE.dirty) !== 0) {
      context.fillStyle = colourOfMark('dirty', theme.value);
      context.fillRect(x, 4, side, 4);
    }
    if ((state & FRAME_STATE.referenced) !== 0) {
      context.fillStyle = theme.value === 'light' ? '#ffffff' : '#000000';
      context.fillRect(x + side / 2 - 1.5, high - 1, 3, 3);
    }
    if (pfn === selected || pfn === pointed) {
      context.strokeStyle = pfn === selected ? colourOfMark('selected', theme.value) : style.text;
      context.lineWidth = 2;
      context.strokeRect(x - 1, 3, side + 2, high + 2);
    }
  }
  if (layout.hidden === 0) return;
  const left = layout.head * layout.pitch;
  context.fillStyle = style.textFaint;
  context.font = `11px ${style.sans}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(`… ${count(layout.hidden)} …`, (left + layout.tailX) / 2, HEIGHT / 2);
}
