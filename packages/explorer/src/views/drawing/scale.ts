/** Axes: where a value lies on a picture, and at which round values it is marked. */

/** A straight line from values to places. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  /** Places of `from` and `to`, pixels. */
  readonly start: number;
  readonly end: number;
}

/** Place of a value. A scale without extent puts everything at its start. */
export function place(scale: Scale, value: number): number {
  if (scale.to === scale.from) return scale.start;
  return scale.start + ((value - scale.from) / (scale.to - scale.from)) * (scale.end - scale.start);
}

/** Value at a place; the reverse of {@link place}. */
export function valueAt(scale: Scale, at: number): number {
  if (scale.end === scale.start) return scale.from;
  return scale.from + ((at - scale.start) / (scale.end - scale.start)) * (scale.to - scale.from);
}

/** Round values (1, 2 or 5 times a power of ten) between `from` and `to`, at most `most` of them. */
export function ticks(from: number, to: number, most: number): number[] {
  if (!(to > from) || most < 1) return [];
  const rough = (to - from) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const values: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) values.push(i * step);
  return values;
}

/** The least round value (1, 1.5, 2, 3, 5, 7.5 times a power of ten) that is not below `value`: the top of an axis. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.5, 2, 3, 5, 7.5, 10].find((factor) => factor * power >= value) ?? 10);
}
