import type { Pfn } from '../types.ts';

/** A sleep from which calls do not wake a thread: it is on no wait queue of theirs. */
export interface DeepSleep {
  /** Virtual time at which it goes on, ns; Infinity: when it is `done`. */
  readonly until: number;
  /** I/O for which it waits; null: none. */
  readonly done: (() => boolean) | null;
}

/** How a thread sleeps: until a time, unless it is woken before (Infinity: only a call wakes it), or whoever calls. */
export type Sleep = number | DeepSleep;

/**
 * Reclaim that can be left where it sleeps: yields each page for whose I/O it must wait, before it is asked to go on. Whoever
 * runs it waits with {@link waitHere}, and everybody with him, or by himself with {@link waitAlone}.
 */
export type Sleeper<Result> = Generator<Pfn, Result, void>;

/** What waiting for a page asks of the page cache, which has a reference to the page taken meanwhile. */
export interface WaitingCache {
  readonly allocator: { getPage(pfn: Pfn): void; putPage(pfn: Pfn): void };
  waitOnPage(pfn: Pfn): void;
}

/** Goes on to the end, in the midst of what the running task does: it sleeps where the work must wait. */
export function waitHere<Result>(work: Sleeper<Result>, cache: WaitingCache): Result {
  for (;;) {
    const { value, done } = work.next();
    if (done === true) return value;
    cache.allocator.getPage(value);
    cache.waitOnPage(value);
    cache.allocator.putPage(value);
  }
}

/** What a thread that waits by itself asks of other rooms. */
export interface WaitPorts {
  /** Takes a reference to a page, and lets go of it. */
  hold(pfn: Pfn): void;
  release(pfn: Pfn): void;
  /** Whether a page's I/O is under way. */
  isLocked(pfn: Pfn): boolean;
  /** Lets the disks begin with what was collected for them. */
  runTqDisk(): void;
}

/** Goes on to the end as a kernel thread: while it waits others run. */
export function* waitAlone<Result>(work: Sleeper<Result>, ports: WaitPorts): Generator<Sleep, Result, void> {
  for (;;) {
    const { value, done } = work.next();
    if (done === true) return value;
    ports.hold(value);
    ports.runTqDisk();
    yield { until: Number.POSITIVE_INFINITY, done: () => !ports.isLocked(value) };
    ports.release(value);
  }
}
