import { bytes, address as hex } from '../../app/format.ts';
import type { AreaRow, SpaceView } from '../../protocol/views.ts';
import { inkOn } from '../drawing/contrast.ts';
import { hatch } from '../drawing/hatch.ts';
import type { Tokens } from '../drawing/tokens.ts';
import {
  addressTicks,
  addressToX,
  countPages,
  PAGE_STATES,
  type Stretch,
  type Window,
} from './address-scale.ts';
import { AREA_KINDS, areaKind, areaName } from './area-kind.ts';

/** Rows of the picture, CSS pixels from its top. */
export const ROWS = {
  marks: { top: 4, height: 30 },
  areas: { top: 36, height: 46 },
  pages: { top: 88, height: 44 },
  addresses: { top: 136, height: 18 },
} as const;
/** Height of the whole picture, CSS pixels. */
export const SPACE_HEIGHT = 158;

/** States of a page in an area: what they are called and their colours. */
export const PAGE_LOOKS: readonly {
  readonly title: string;
  readonly colour: string;
  readonly hatched?: boolean;
}[] = [
  { title: 'never touched', colour: '--sunken' },
  { title: 'present', colour: '--series-6' },
  { title: 'present and dirty', colour: '--series-0' },
  { title: 'in swap', colour: '--mark-swapped', hatched: true },
  { title: 'zero page', colour: '--text-faint' },
  { title: 'cached, not mapped', colour: '--series-2' },
];

/** All that a picture of an address space shows. */
export interface SpaceScene {
  readonly view: SpaceView;
  readonly stretches: readonly Stretch[];
  readonly window: Window;
  /** Selected address and area (its start); -1: none. */
  readonly address: number;
  readonly area: number;
  /** Place of the keyboard's cursor or the pointer; -1: none. */
  readonly pointed: number;
  readonly colour: (property: string) => string;
  readonly tokens: Tokens;
  readonly ratio: number;
  readonly width: number;
}

/** Addresses with a name, that the picture marks. */
export function spaceMarks(view: SpaceView): { readonly name: string; readonly address: number }[] {
  const marks = [
    { name: 'mmap base', address: Math.floor(view.taskSize / 3 / 4096) * 4096 },
    { name: 'brk', address: view.brk },
    { name: 'stack', address: view.stack },
  ];
  return marks.filter((mark) => mark.address > 0);
}

/** Draws the address space: marks, areas, their pages, and addresses. */
export function drawSpace(context: CanvasRenderingContext2D, scene: SpaceScene): void {
  const { tokens, ratio, width } = scene;
  context.fillStyle = tokens.surface;
  context.fillRect(0, 0, width, SPACE_HEIGHT * ratio);
  const byStart = new Map(scene.view.areas.map((area) => [area.start, area]));
  for (const stretch of scene.stretches) {
    const left = (stretch.x - scene.window.offset) * scene.window.zoom * ratio;
    const wide = stretch.width * scene.window.zoom * ratio;
    if (left + wide < 0 || left > width) continue;
    const area = byStart.get(stretch.start);
    if (stretch.kind === 'gap' || area === undefined) drawGap(context, scene, stretch, left, wide);
    else drawArea(context, scene, area, left, wide);
  }
  drawAddresses(context, scene);
  drawMarks(context, scene);
  if (scene.pointed >= 0) needle(context, scene, scene.pointed, tokens.textSoft, 1);
  if (scene.address >= 0) needle(context, scene, scene.address, scene.colour('--mark-selected'), 2);
}

/** Folded addresses: a zigzag, and how many they are where it fits. */
function drawGap(
  context: CanvasRenderingContext2D,
  scene: SpaceScene,
  gap: Stretch,
  left: number,
  wide: number,
): void {
  const { tokens, ratio } = scene;
  const top = ROWS.areas.top * ratio;
  const bottom = (ROWS.pages.top + ROWS.pages.height) * ratio;
  context.fillStyle = tokens.sunken;
  context.fillRect(left, top, wide, bottom - top);
  context.strokeStyle = tokens.lineStrong;
  context.lineWidth = ratio;
  const step = 5 * ratio;
  const reach = Math.min(3 * ratio, wide / 4);
  context.beginPath();
  for (const middle of [left + wide / 2 - reach, left + wide / 2 + reach]) {
    context.moveTo(middle, top);
    for (let y = top, turn = 1; y < bottom; y += step, turn = -turn)
      context.lineTo(middle + turn * reach * 0.6, Math.min(bottom, y + step));
  }
  context.stroke();
  const text = bytes(gap.end - gap.start);
  context.font = `${10 * ratio}px ${tokens.sans}`;
  const room = context.measureText(text).width + 8 * ratio;
  if (room > wide) return;
  context.fillStyle = tokens.sunken;
  context.fillRect(left + wide / 2 - room / 2, (top + bottom) / 2 - 8 * ratio, room, 16 * ratio);
  context.fillStyle = tokens.textFaint;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, left + wide / 2, (top + bottom) / 2);
}

function drawArea(
  context: CanvasRenderingContext2D,
  scene: SpaceScene,
  area: AreaRow,
  left: number,
  wide: number,
): void {
  const { tokens, ratio, view, colour } = scene;
  const kind = AREA_KINDS[areaKind(area, view.brk)];
  const fill = colour(kind.colour);
  const top = ROWS.areas.top * ratio;
  const high = ROWS.areas.height * ratio;
  const gap = wide > 4 * ratio ? ratio : 0;
  context.fillStyle = fill;
  context.globalAlpha = area.permissions[1] === 'w' || area.permissions[2] === 'x' ? 1 : 0.62;
  context.fillRect(left, top, wide - gap, high);
  context.globalAlpha = 1;
  if (area.start === scene.area) {
    context.strokeStyle = colour('--mark-selected');
    context.lineWidth = 3 * ratio;
    context.strokeRect(
      left + ratio,
      top + ratio,
      Math.max(2 * ratio, wide - gap - 2 * ratio),
      high - 2 * ratio,
    );
  }
  drawAreaName(context, scene, area, left, wide, inkOn(fill));
  drawPages(context, scene, area, left, wide - gap);
  context.strokeStyle = tokens.lineStrong;
  context.lineWidth = ratio;
  const pages = ROWS.pages;
  context.strokeRect(
    left + ratio / 2,
    pages.top * ratio + ratio / 2,
    Math.max(0, wide - gap - ratio),
    pages.height * ratio - ratio,
  );
}

function drawAreaName(
  context: CanvasRenderingContext2D,
  { tokens, ratio, view, width }: SpaceScene,
  area: AreaRow,
  left: number,
  wide: number,
  ink: string,
): void {
  const from = Math.max(left, 0);
  const room = Math.min(left + wide, width) - from - 8 * ratio;
  if (room < 26 * ratio) return;
  context.save();
  context.beginPath();
  context.rect(from, 0, room + 6 * ratio, SPACE_HEIGHT * ratio);
  context.clip();
  context.fillStyle = ink;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const y = (ROWS.areas.top + ROWS.areas.height / 2) * ratio;
  context.font = `600 ${11 * ratio}px ${tokens.sans}`;
  context.fillText(areaName(area, view.brk), from + 5 * ratio, y - 8 * ratio);
  context.font = `${11 * ratio}px ${tokens.mono}`;
  context.fillText(area.permissions, from + 5 * ratio, y + 8 * ratio);
  context.restore();
}

/** Pages from left to right; where several share a pixel, each state has its share of the column. */
function drawPages(
  context: CanvasRenderingContext2D,
  scene: SpaceScene,
  area: AreaRow,
  left: number,
  wide: number,
): void {
  const { ratio, width, colour } = scene;
  const pages = area.pages;
  if (pages.length === 0 || wide <= 0) return;
  const top = ROWS.pages.top * ratio;
  const high = ROWS.pages.height * ratio;
  const fills = PAGE_LOOKS.map((look) =>
    look.hatched === true ? hatch(context, colour(look.colour), ratio) : colour(look.colour),
  );
  const perPage = wide / pages.length;
  if (perPage >= 1) {
    const first = Math.max(0, Math.floor(-left / perPage));
    const last = Math.min(pages.length, Math.ceil((width - left) / perPage));
    const gap = perPage >= 4 * ratio ? ratio : 0;
    for (let page = first; page < last; page++) {
      context.fillStyle = fills[pages[page] as number] ?? '';
      const x = Math.round(left + page * perPage);
      context.fillRect(x, top, Math.max(1, Math.round(left + (page + 1) * perPage) - x - gap), high);
    }
    return;
  }
  const counts = new Uint32Array(PAGE_STATES);
  for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, left + wide); x++) {
    const from = Math.max(0, Math.floor((x - left) / perPage));
    const to = Math.min(pages.length, Math.max(from + 1, Math.floor((x + 1 - left) / perPage)));
    countPages(pages, from, to, counts);
    let y = top + high;
    for (const state of [2, 1, 4, 5, 3, 0]) {
      const part = ((counts[state] as number) / (to - from)) * high;
      if (part === 0) continue;
      context.fillStyle = fills[state] ?? '';
      context.fillRect(x, y - part, 1, part);
      y -= part;
    }
  }
}

/** First addresses of areas, and round ones in wide areas, as many as fit beside each other. */
function drawAddresses(
  context: CanvasRenderingContext2D,
  { stretches, window, tokens, ratio, width }: SpaceScene,
): void {
  context.font = `${10 * ratio}px ${tokens.mono}`;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  const y = ROWS.addresses.top * ratio;
  const least = context.measureText('00000000').width / ratio + 10;
  for (const tick of addressTicks(stretches, window, width / ratio, least)) {
    const x = tick.x * ratio;
    context.fillStyle = tokens.lineStrong;
    context.fillRect(Math.round(x), y - 3 * ratio, ratio, 7 * ratio);
    context.fillStyle = tokens.textSoft;
    context.fillText(hex(tick.address), x + 3 * ratio, y + 2 * ratio);
  }
}

/** Names of marked addresses on flags above the areas; those that would overlap go lower. */
function drawMarks(context: CanvasRenderingContext2D, scene: SpaceScene): void {
  const { view, stretches, window, tokens, ratio, width } = scene;
  context.font = `600 ${10 * ratio}px ${tokens.sans}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const ends = [0, 0];
  const marks = spaceMarks(view)
    .map((mark) => ({ ...mark, x: addressToX(stretches, window, mark.address) * ratio }))
    .filter(({ x }) => x >= 0 && x <= width)
    .sort((a, b) => a.x - b.x);
  for (const { name, x } of marks) {
    const wide = context.measureText(name).width + 10 * ratio;
    const left = x + wide > width ? x - wide : x;
    const row = left >= (ends[1] as number) ? 1 : 0;
    ends[row] = left + wide + 4 * ratio;
    const top = (ROWS.marks.top + row * 15) * ratio;
    context.fillStyle = tokens.text;
    context.fillRect(
      Math.round(x) - ratio / 2,
      top,
      ratio,
      (ROWS.pages.top + ROWS.pages.height) * ratio - top,
    );
    context.fillRect(left, top, wide, 14 * ratio);
    context.fillStyle = tokens.surface;
    context.fillText(name, left + 5 * ratio, top + 7.5 * ratio);
  }
}

function needle(
  context: CanvasRenderingContext2D,
  scene: SpaceScene,
  at: number,
  colour: string,
  thick: number,
): void {
  const { stretches, window, ratio, width } = scene;
  const x = addressToX(stretches, window, at) * ratio;
  if (x < 0 || x > width) return;
  context.fillStyle = colour;
  const top = (ROWS.areas.top - 3) * ratio;
  context.fillRect(
    Math.round(x - (thick * ratio) / 2),
    top,
    thick * ratio,
    (ROWS.addresses.top + 2) * ratio - top,
  );
}
