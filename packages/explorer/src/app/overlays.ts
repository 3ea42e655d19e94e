import { signal } from '@preact/signals';

/** What lies over the page: at most one at a time is of use. */
export const paletteOpen = signal(false);
export const helpOpen = signal(false);
export const breakpointsOpen = signal(false);
export const exportOpen = signal(false);
/** The editor begins with this tracepoint; empty: with none. */
export const breakpointDraft = signal('');

/** A line that goes away by itself: `link copied`. */
export const notice = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  clearTimeout(timer);
  notice.value = text;
  timer = setTimeout(() => (notice.value = ''), 2500);
}

/** The export that is being made, and its share that is done; null: none. */
export const exporting = signal<{ readonly title: string; readonly share: number } | null>(null);
