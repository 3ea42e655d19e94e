import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { useHeight } from '../drawing/use-height.ts';

/** Rows beyond what is seen, so that the keyboard finds the next one. */
const BEYOND = 8;
/** The rows of a long table that are made, and the space that the others would take. */
export interface TableWindow {
  /** The element that scrolls. */
  readonly ref: { current: HTMLDivElement | null };
  readonly onScroll: () => void;
  /** First row that is made, and the one after the last. */
  readonly first: number;
  readonly end: number;
  /** Pixels that rows before and after would take. */
  readonly before: number;
  readonly after: number;
}

/** Makes only those rows of a long table that can be seen. @param rowHeight pixels, the same for all */
export function useRowWindow(rows: number, rowHeight: number): TableWindow {
  const ref = useRef<HTMLDivElement | null>(null);
  const top = useSignal(0);
  const seen = useHeight(ref);
  const first = Math.max(0, Math.min(rows, Math.floor(top.value / rowHeight) - BEYOND));
  const end = Math.min(rows, Math.ceil((top.value + seen.value) / rowHeight) + BEYOND);
  return {
    ref,
    onScroll: () => {
      top.value = ref.current?.scrollTop ?? 0;
    },
    first,
    end: Math.max(first, end),
    before: first * rowHeight,
    after: Math.max(0, rows - end) * rowHeight,
  };
}
