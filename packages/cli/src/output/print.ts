import { terminalWidth, wrap } from './text.ts';

/** Writes text and a line end to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes sentences to standard output, broken into lines that fit. */
export function say(text: string): void {
  for (const line of wrap(text, terminalWidth())) print(line);
}

/** Writes a result as JSON, indented by two blanks. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a remark to standard error, so that standard output holds the result alone. */
export function remark(text: string): void {
  process.stderr.write(`pagewalk: ${text}\n`);
}
