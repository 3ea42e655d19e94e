import { KernelBug } from '@pagewalk/mm';

/** An error in one line, for the reader. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof KernelBug) return `an error of pagewalk: ${error.message}`;
  return error.message.split('\n').join('; ');
}
