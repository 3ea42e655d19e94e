/** A sleep from which calls do not wake a thread: it is on no wait queue of theirs. */
export interface DeepSleep {
  /** Virtual time at which it goes on, ns; Infinity: when it is `done`. */
  readonly until: number;
  /** I/O for which it waits; null: none. */
  readonly done: (() => boolean) | null;
}

/** How a thread sleeps: until a time, unless it is woken before (Infinity: only a call wakes it), or whoever calls. */
export type Sleep = number | DeepSleep;
