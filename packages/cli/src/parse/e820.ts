import type { E820Entry } from '@pagewalk/mm';
import { UsageError } from '../errors.ts';
import { readInput } from './input-file.ts';

const TYPES: Readonly<Record<string, number>> = { usable: 1, reserved: 2, 'acpi data': 3, 'acpi nvs': 4 };
const LINE =
  /^(?:<\d>)?\s*(?:BIOS-e820:)?\s*(?:\[mem )?(?:0x)?([0-9a-f]{1,16})\s*-\s*(?:0x)?([0-9a-f]{1,16})\]?\s*\(?([a-z0-9 ]+?)\)?\s*$/i;

/**
 * Reads a memory map in the form in which the kernel prints it, so that lines of a boot log can be used as they are:
 *
 * ```text
 *  BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)
 * ```
 * The prefix may be missing; empty lines and those that begin with # are skipped. The second number is the first byte
 * *after* the range.
 */
export function readE820(path: string): E820Entry[] {
  return parseE820(readInput('--e820', path).toString('utf8'), path);
}

/** {@link readE820} on text; `name` is for messages. */
export function parseE820(text: string, name: string): E820Entry[] {
  const ranges: E820Entry[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const fail = (what: string): never => {
      throw new UsageError(
        `--e820 ${name}, line ${i + 1}: ${what}\nAllowed: START - END (usable|reserved|ACPI data|ACPI NVS), hexadecimal, e.g. 00100000 - 04000000 (usable)`,
      );
    };
    const match = LINE.exec(line) ?? fail(`"${line.trim().slice(0, 60)}" is no memory range`);
    const start = Number.parseInt(match[1] as string, 16);
    const end = Number.parseInt(match[2] as string, 16);
    const word = (match[3] as string).toLowerCase();
    const type = TYPES[word] ?? (/^\d+$/.test(word) ? Number(word) : 0);
    if (type < 1 || type > 255) fail(`"${match[3]}" is no type of memory`);
    if (!Number.isSafeInteger(end) || end <= start) fail(`the end ${match[2]} is not above the start`);
    ranges.push({ addr: start, size: end - start, type });
  }
  if (ranges.length === 0) throw new UsageError(`--e820 ${name}: no memory range in it`);
  if (ranges.length > 32) {
    throw new UsageError(`--e820 ${name}: ${ranges.length} memory ranges; the kernel takes at most 32`);
  }
  return ranges;
}
