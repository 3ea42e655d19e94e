import type { ViewRequest } from '../protocol/views.ts';

/** Time after which a view may be made anew while the machine works, ms. What is read word by word need not change faster than that. */
const PACE_MS: Readonly<Record<ViewRequest['view'], number>> = {
  memory: 0,
  zones: 50,
  lists: 50,
  space: 50,
  frame: 100,
  subject: 100,
  walk: 100,
  tlb: 250,
  swap: 150,
  files: 150,
  events: 100,
  tasks: 150,
  slab: 150,
  'slab-cache': 150,
  vmalloc: 150,
  proc: 200,
  counters: 200,
  oom: 250,
};
/** Between two views, besides those that are made for every picture: one for every other picture, ms. */
const GAP_MS = 25;

/**
 * Which views are made for the next picture while the machine works. One at a time, and that first which has waited longest: what a
 * picture costs does not grow with the number of panels, and so the pictures stay sixty a second.
 */
export class Pacing {
  private readonly madeAt = new Map<string, number>();
  private lastAt = Number.NEGATIVE_INFINITY;

  /** Keys of the views that are made now. */
  choose(requests: Readonly<Record<string, ViewRequest>>, now: number): string[] {
    const chosen: string[] = [];
    let next: string | undefined;
    let longest = 0;
    for (const [key, { view }] of Object.entries(requests)) {
      const waited = now - (this.madeAt.get(key) ?? Number.NEGATIVE_INFINITY);
      if (PACE_MS[view] === 0) chosen.push(key);
      else if (waited >= PACE_MS[view] && waited > longest) {
        longest = waited;
        next = key;
      }
    }
    if (next !== undefined && now - this.lastAt >= GAP_MS) {
      this.lastAt = now;
      chosen.push(next);
    }
    return chosen;
  }

  /** A view was made. */
  made(key: string, now: number): void {
    this.madeAt.set(key, now);
  }

  /** Only these are wanted from now on. */
  keep(requests: Readonly<Record<string, ViewRequest>>): void {
    for (const key of this.madeAt.keys()) if (!(key in requests)) this.madeAt.delete(key);
  }
}
