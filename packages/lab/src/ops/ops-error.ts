/** A script that cannot be run. The message begins with `file:line:` and names the field, its text and what is allowed. */
export class OpsError extends Error {
  override readonly name = 'OpsError';
  /** Line of the script, from 1. */
  readonly line: number;

  constructor(script: string, line: number, message: string) {
    super(`${script}:${line}: ${message}`);
    this.line = line;
  }
}
