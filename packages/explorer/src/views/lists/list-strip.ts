import type { PageListRow } from '../../protocol/views.ts';

/** How a list's frames lie on a strip: from the head on the left, up to the tail on the right, with a gap for those between. */
export interface StripLayout {
  /** Frames from the head, and those from the tail (the last is the tail itself). */
  readonly head: number;
  readonly tail: number;
  /** Frames that are left out. */
  readonly hidden: number;
  /** Pixels per frame, and where the tail's part begins. */
  readonly pitch: number;
  readonly tailX: number;
}

/** Pixels per frame: the largest, and the least. */
const WIDEST = 12;
const NARROWEST = 6;
/** Room for the number of frames that are left out. */
const GAP = 76;

/** Lays a list out on a strip of `width` pixels. The tail is where pages go next: it gets half of the room. */
export function layOutStrip(list: Pick<PageListRow, 'pages' | 'head' | 'tail'>, width: number): StripLayout {
  const { pages, head, tail } = list;
  if (head.length >= pages && pages * NARROWEST <= width) {
    const pitch = Math.max(NARROWEST, Math.min(WIDEST, Math.floor(width / Math.max(1, pages))));
    return { head: pages, tail: 0, hidden: 0, pitch, tailX: pages * pitch };
  }
  const each = Math.max(0, Math.floor((width - GAP) / 2 / NARROWEST));
  const shownTail = Math.min(each, tail.length, pages);
  const shownHead = Math.min(each, head.length, pages - shownTail);
  return {
    head: shownHead,
    tail: shownTail,
    hidden: pages - shownHead - shownTail,
    pitch: NARROWEST,
    tailX: width - shownTail * NARROWEST,
  };
}

/** Frame at a place of the strip; -1: none. The list's tail array begins with the tail itself. */
export function stripFrameAt(
  list: Pick<PageListRow, 'head' | 'tail'>,
  layout: StripLayout,
  x: number,
): number {
  const { head, tail, pitch, tailX } = layout;
  const fromHead = Math.floor(x / pitch);
  if (fromHead >= 0 && fromHead < head) return list.head[fromHead] as number;
  const inTail = Math.floor((x - tailX) / pitch);
  if (inTail < 0 || inTail >= tail) return -1;
  return list.tail[tail - 1 - inTail] as number;
}

/** Frames of the strip from left to right, with their places. */
export function stripFrames(
  list: Pick<PageListRow, 'head' | 'tail'>,
  layout: StripLayout,
): { readonly pfn: number; readonly x: number }[] {
  const { head, tail, pitch, tailX } = layout;
  const frames: { pfn: number; x: number }[] = [];
  for (let i = 0; i < head; i++) frames.push({ pfn: list.head[i] as number, x: i * pitch });
  for (let i = 0; i < tail; i++)
    frames.push({ pfn: list.tail[tail - 1 - i] as number, x: tailX + i * pitch });
  return frames;
}
