/** Bytes of a program file that exec looks at. @linux BINPRM_BUF_SIZE */
export const BINPRM_BUF_SIZE = 128;

/** The first line of a script. */
export interface ScriptLine {
  /** Path of the program that runs it. */
  readonly interpreter: string;
  /** What follows the path, as one argument whatever blanks it has; null: nothing. */
  readonly argument: string | null;
}

/** Whether a program file begins with `#!`. */
export function isScript(head: Uint8Array): boolean {
  return head[0] === 0x23 && head[1] === 0x21;
}

/**
 * Reads the line behind `#!`. It ends at a newline, a NUL, or byte 127: what is longer is cut off in silence. Blanks (spaces
 * and tabs) before the path, after it and at the end do not count; those inside the argument do.
 *
 * ```
 *   #!  /bin/awk   -f prog  \n      -> /bin/awk, "-f prog"
 * ```
 *
 * @param head the file's first {@link BINPRM_BUF_SIZE} bytes, or fewer
 * @returns null: there is no path
 * @linux 2.4.22 fs/binfmt_script.c load_script()
 */
export function parseScript(head: Uint8Array): ScriptLine | null {
  const buffer = new Uint8Array(BINPRM_BUF_SIZE);
  buffer.set(head.subarray(0, BINPRM_BUF_SIZE - 1));
  const nul = buffer.indexOf(0);
  const newline = buffer.subarray(0, nul).indexOf(0x0a);
  let end = newline < 0 ? nul : newline;
  // Blanks at the end are cut off only if the line ends in a newline or at the last byte.
  if (newline >= 0 || nul === BINPRM_BUF_SIZE - 1) while (end > 0 && isBlank(buffer[end - 1])) end--;
  let at = 2;
  while (at < end && isBlank(buffer[at])) at++;
  if (at >= end) return null;
  const nameAt = at;
  while (at < end && !isBlank(buffer[at])) at++;
  const nameEnd = at;
  while (at < end && isBlank(buffer[at])) at++;
  const text = (from: number, to: number) => new TextDecoder().decode(buffer.subarray(from, to));
  return { interpreter: text(nameAt, nameEnd), argument: at < end ? text(at, end) : null };
}

/**
 * The arguments that a script's interpreter gets: `argv[0]` of the script gives way to its path.
 *
 * @param filename the script's path, as it was passed to exec
 */
export function scriptArguments(line: ScriptLine, filename: string, argv: readonly string[]): string[] {
  const { interpreter, argument } = line;
  return [interpreter, ...(argument === null ? [] : [argument]), filename, ...argv.slice(1)];
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}
