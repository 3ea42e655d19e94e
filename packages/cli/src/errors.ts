/** Exit codes of the command. */
export const EXIT = {
  /** The command did what it was asked. */
  done: 0,
  /** Our own failure: a bug, or the system refused something that no argument caused. */
  failure: 1,
  /** A wrong command line or a bad input file. */
  usage: 2,
  /** Ctrl-C, as a shell reports it. */
  interrupted: 130,
} as const;

/**
 * A wrong command line or a bad input. The message is one to three lines for the user: what offends, its value, what is
 * allowed. Ends with exit code 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A program of the machine has ended; the command ends with its code. */
export class ProgramEnded extends Error {
  override readonly name = 'ProgramEnded';
  readonly code: number;

  /** @param code 0 .. 255 */
  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

/** Ctrl-C was pressed while the machine ran. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * The code and the lines with which the command ends after `error`.
 *
 * Bad input can be noticed by any package; each throws its own class, so they are told by name: a bundle may hold two
 * copies of a class, and `instanceof` would then fail.
 */
export function describeError(error: unknown): { readonly code: number; readonly lines: readonly string[] } {
  if (error instanceof Interrupted) return { code: EXIT.interrupted, lines: ['pagewalk: interrupted'] };
  if (!(error instanceof Error))
    return { code: EXIT.failure, lines: [`pagewalk: internal error: ${String(error)}`] };
  if (INPUT_ERRORS.has(error.name)) {
    return { code: EXIT.usage, lines: `pagewalk: ${error.message}`.split('\n').slice(0, 3) };
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) {
    return { code: EXIT.failure, lines: [`pagewalk: ${error.message}`] };
  }
  const at = /^\s+at .*$/m.exec(error.stack ?? '')?.[0]?.trim() ?? '';
  return {
    code: EXIT.failure,
    lines: [
      `pagewalk: internal error: ${error.name}: ${error.message.split('\n')[0]}`,
      ...(at === '' ? [] : [`  ${at}`]),
      'This is a bug of pagewalk; please report it with the command line.',
    ],
  };
}

/** Names of the error classes that mean "the input is wrong". */
const INPUT_ERRORS: ReadonlySet<string> = new Set([
  'UsageError',
  'ConfigError',
  'KernelPanic',
  'TraceError',
  'ReplayError',
  'RecordError',
  'OpsError',
  'KopsError',
  'WorkloadError',
]);
