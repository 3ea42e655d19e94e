import { count, time as timeText } from '../../app/format.ts';
import type { ZoneView } from '../../protocol/views.ts';
import { place, roundUp, type Scale, ticks, valueAt } from '../drawing/scale.ts';
import type { Tokens } from '../drawing/tokens.ts';
import type { ZoneSamples } from './zone-history.ts';

/** The three marks of a zone, from the lowest. */
export const WATERMARKS = ['min', 'low', 'high'] as const;

/** Space around the plot, CSS pixels. */
const EDGE = { left: 46, right: 62, top: 8, bottom: 18 };

/** All that a chart of a zone's free pages shows. */
export interface WatermarkScene {
  readonly zone: ZoneView;
  readonly samples: ZoneSamples;
  /** Near: the axis ends a little above the high mark, so that the marks are apart. */
  readonly near: boolean;
  /** Place of the pointer, CSS pixels; -1: none. */
  readonly pointed: number;
  /** Virtual time of the selected event, ns; -1: none is selected. */
  readonly event: number;
  readonly colour: (property: string) => string;
  readonly tokens: Tokens;
  readonly ratio: number;
  readonly width: number;
  readonly height: number;
}

/** Axes of the chart: time along, pages upwards. Device pixels. */
export function watermarkScales(scene: WatermarkScene): { readonly x: Scale; readonly y: Scale } {
  const { zone, samples, near, ratio, width, height } = scene;
  const most = near
    ? zone.high * 3
    : samples.free.reduce((a, b) => Math.max(a, b), Math.max(zone.high, zone.free));
  const first = samples.time[0] ?? 0;
  return {
    x: {
      from: first,
      to: Math.max(first + 1, samples.time.at(-1) ?? 1),
      start: EDGE.left * ratio,
      end: width - EDGE.right * ratio,
    },
    y: {
      from: 0,
      to: roundUp(Math.max(1, most)),
      start: height - EDGE.bottom * ratio,
      end: EDGE.top * ratio,
    },
  };
}

/** Sample whose time is nearest to a place; -1: none. */
export function sampleAt(samples: ZoneSamples, scale: Scale, at: number): number {
  const time = valueAt(scale, at);
  let best = -1;
  for (let i = 0; i < samples.time.length; i++) {
    const distance = Math.abs((samples.time[i] as number) - time);
    if (best < 0 || distance < Math.abs((samples.time[best] as number) - time)) best = i;
  }
  return best;
}

/** Draws free pages over time against the zone's marks. */
export function drawWatermarks(context: CanvasRenderingContext2D, scene: WatermarkScene): void {
  const { tokens, ratio, width, height } = scene;
  const scales = watermarkScales(scene);
  context.fillStyle = tokens.surface;
  context.fillRect(0, 0, width, height);
  context.font = `${10 * ratio}px ${tokens.sans}`;
  drawAxis(context, scene, scales.y);
  drawTime(context, scene, scales.x);
  drawFree(context, scene, scales);
  drawMarks(context, scene, scales);
  drawEvent(context, scene, scales.x);
  if (scene.pointed >= 0) drawPointed(context, scene, scales);
}

function drawAxis(context: CanvasRenderingContext2D, { tokens, ratio }: WatermarkScene, y: Scale): void {
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const value of ticks(y.from, y.to, 4)) {
    const at = Math.round(place(y, value));
    context.fillStyle = tokens.line;
    context.fillRect(
      EDGE.left * ratio,
      at,
      context.canvas.width - (EDGE.left + EDGE.right) * ratio,
      Math.max(1, ratio / 2),
    );
    context.fillStyle = tokens.textFaint;
    context.fillText(count(value), (EDGE.left - 6) * ratio, at);
  }
}

/** The moment of the selected event. */
function drawEvent(
  context: CanvasRenderingContext2D,
  { event, colour, ratio, height }: WatermarkScene,
  x: Scale,
): void {
  if (event < x.from || event > x.to) return;
  context.fillStyle = colour('--mark-selected');
  const top = EDGE.top * ratio;
  context.fillRect(Math.round(place(x, event)) - ratio, top, 2 * ratio, height - EDGE.bottom * ratio - top);
}

function drawTime(
  context: CanvasRenderingContext2D,
  { tokens, ratio, height }: WatermarkScene,
  x: Scale,
): void {
  context.textBaseline = 'bottom';
  context.fillStyle = tokens.textFaint;
  for (const [value, align] of [
    [x.from, 'left'],
    [x.to, 'right'],
  ] as const) {
    context.textAlign = align;
    context.fillText(timeText(value), place(x, value), height - 3 * ratio);
  }
}

function drawFree(
  context: CanvasRenderingContext2D,
  scene: WatermarkScene,
  { x, y }: { x: Scale; y: Scale },
): void {
  const { samples, ratio, colour } = scene;
  if (samples.time.length === 0) return;
  const line = new Path2D();
  let before = 0;
  for (let i = 0; i < samples.time.length; i++) {
    const px = place(x, samples.time[i] as number);
    const py = Math.max(y.end, place(y, samples.free[i] as number));
    // A number holds until it is seen to be another: much time may pass in one turn.
    if (i === 0) line.moveTo(px, py);
    else line.lineTo(px, before);
    line.lineTo(px, py);
    before = py;
  }
  const area = new Path2D(line);
  area.lineTo(place(x, samples.time.at(-1) as number), y.start);
  area.lineTo(place(x, samples.time[0] as number), y.start);
  area.closePath();
  context.fillStyle = colour('--series-0');
  context.globalAlpha = 0.14;
  context.fill(area);
  context.globalAlpha = 1;
  context.strokeStyle = colour('--series-0');
  context.lineWidth = 1.75 * ratio;
  context.lineJoin = 'round';
  context.stroke(line);
}

/** The marks as lines with their names at the right; names that would lie over each other are moved apart. */
function drawMarks(
  context: CanvasRenderingContext2D,
  scene: WatermarkScene,
  { x, y }: { x: Scale; y: Scale },
): void {
  const { zone, ratio, colour } = scene;
  const dashes = { min: [], low: [6, 3], high: [2, 3] } as const;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.font = `600 ${10 * ratio}px ${scene.tokens.sans}`;
  const places = spread(
    WATERMARKS.map((mark) => place(y, zone[mark])),
    12 * ratio,
    y.start,
  );
  WATERMARKS.forEach((mark, i) => {
    const at = place(y, zone[mark]);
    context.strokeStyle = colour(`--mark-${mark}`);
    context.fillStyle = context.strokeStyle;
    context.lineWidth = 1.5 * ratio;
    context.setLineDash(dashes[mark].map((length) => length * ratio));
    context.beginPath();
    context.moveTo(x.start, at);
    context.lineTo(x.end, at);
    context.lineTo(x.end + 6 * ratio, places[i] as number);
    context.stroke();
    context.setLineDash([]);
    context.fillText(`${mark} ${count(zone[mark])}`, x.end + 9 * ratio, places[i] as number);
  });
}

/** Places from the lowest (largest y) upwards, moved up so that they are `least` apart. */
export function spread(places: readonly number[], least: number, bottom: number): number[] {
  let limit = bottom + least / 2;
  return places.map((at) => {
    limit = Math.min(at, limit - least / 1);
    return limit;
  });
}

function drawPointed(
  context: CanvasRenderingContext2D,
  scene: WatermarkScene,
  { x, y }: { x: Scale; y: Scale },
): void {
  const { samples, tokens, ratio, pointed, colour } = scene;
  const i = sampleAt(samples, x, pointed * ratio);
  if (i < 0) return;
  const px = place(x, samples.time[i] as number);
  const py = Math.max(y.end, place(y, samples.free[i] as number));
  context.fillStyle = tokens.textFaint;
  context.fillRect(Math.round(px), y.end, Math.max(1, ratio / 2), y.start - y.end);
  context.fillStyle = colour('--series-0');
  context.beginPath();
  context.arc(px, py, 3.5 * ratio, 0, Math.PI * 2);
  context.fill();
  const text = `${count(samples.free[i] as number)} free at ${timeText(samples.time[i] as number)}`;
  context.font = `${11 * ratio}px ${tokens.sans}`;
  const wide = context.measureText(text).width + 10 * ratio;
  const left = Math.min(px + 8 * ratio, x.end - wide);
  context.fillStyle = tokens.surface;
  context.globalAlpha = 0.9;
  context.fillRect(left, y.end, wide, 18 * ratio);
  context.globalAlpha = 1;
  context.fillStyle = tokens.text;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillText(text, left + 5 * ratio, y.end + 9 * ratio);
}
