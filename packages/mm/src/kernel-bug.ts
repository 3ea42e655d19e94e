/** A broken invariant of the kernel (its BUG()), i.e. an error of ours, never caused by a program's input. */
export class KernelBug extends Error {
  override readonly name = 'KernelBug';
}

/** The kernel's panic(): boot cannot go on (e.g. boot memory exhausted), or memory is exhausted and there is nobody to kill. */
export class KernelPanic extends Error {
  override readonly name = 'KernelPanic';
}

/** Misuse of the library's API or an impossible configuration: the message names the argument, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Throws {@link KernelBug} when `condition` is false. @linux BUG_ON() with the condition reversed */
export function assertKernel(condition: boolean, message: string): asserts condition {
  if (!condition) throw new KernelBug(message);
}
