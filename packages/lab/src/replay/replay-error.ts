/** A recording cannot be replayed on this machine. The message is one line for the user: what is too large, and what to change. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/** The machine answered with a byte that was never stored there: a bug of the memory manager, found by `verify`. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
}
