/** Which of many frames is shown. */
export interface Shown {
  /** Among the frames, from 0. */
  readonly place: number;
  readonly pfn: number;
}

/**
 * The frame that is shown of many: the one that was shown before if it still is among them, else the one that is now at its place.
 * @param frames at least one
 */
export function oneOfMany(frames: Int32Array, before: Shown): Shown {
  const last = frames.length - 1;
  if (frames[before.place] === before.pfn) return before;
  const found = frames.indexOf(before.pfn);
  const place = found >= 0 ? found : Math.max(0, Math.min(last, before.place));
  return { place, pfn: frames[place] as number };
}

/** The frame `by` places on; stays at the ends. */
export function stepThrough(frames: Int32Array, from: Shown, by: number): Shown {
  const place = Math.max(0, Math.min(frames.length - 1, from.place + by));
  return { place, pfn: frames[place] as number };
}
