import { PAGE_SHIFT } from '../types.ts';
import { type BootLog, KERN } from './boot-log.ts';
import { E820_ACPI, E820_RAM, E820_RESERVED, type E820Map } from './e820.ts';

const HIGH_MEMORY = 0x100000;
/** End of the RAM that every PC has. @linux LOWMEMSIZE() */
const LOW_MEMORY_END = 0x9f000;

/** What the memory options of the kernel command line ask for. */
export interface EarlyOptions {
  /** The line without its `mem=` and `highmem=` options, for the options that are parsed later. */
  readonly rest: string;
  /** `highmem=` in pages; -1 = automatic. */
  readonly highmemPages: number;
  /** `mem=nopentium`: no 4 MiB pages. */
  readonly noPse: boolean;
}

/**
 * A number as the kernel reads sizes: decimal, 0x… or octal 0…, then K, M or G. `next` is the index after it.
 *
 * @linux 2.4.22 lib/cmdline.c memparse()
 */
export function memparse(text: string, from = 0): { value: number; next: number } {
  const match = /^(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))?([KkMmGg]?)/.exec(text.slice(from));
  const [whole = '', hex, octal, decimal, suffix = ''] = match ?? [];
  let value = 0;
  if (hex !== undefined) value = Number.parseInt(hex, 16);
  else if (octal !== undefined) value = Number.parseInt(octal, 8);
  else if (decimal !== undefined) value = Number.parseInt(decimal, 10);
  const scale = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[suffix.toLowerCase()] ?? 1;
  return { value: value * scale, next: from + whole.length };
}

/** What was found so far. */
interface Found {
  noPse: boolean;
  /** The map is told in the log as the user's. */
  userDefined: boolean;
}

/**
 * Takes the options out of the line. `sized` reads a `mem=` that begins with a size, `highmem` what is behind `highmem=`
 * (null: there is no such option); both give the index behind what they read.
 *
 * @returns the rest of the line
 */
function takeOptions(
  commandLine: string,
  map: E820Map,
  found: Found,
  sized: (at: number) => number,
  highmem: ((at: number) => number) | null,
): string {
  let rest = '';
  let at = 0;
  let previous = ' ';
  for (;;) {
    if (previous === ' ' && commandLine.startsWith('mem=', at)) {
      // The blank before the option goes with it.
      rest = rest.slice(0, -1);
      at += 4;
      if (commandLine.startsWith('nopentium', at)) {
        at += 9;
        found.noPse = true;
      } else if (commandLine.startsWith('exactmap', at)) {
        at += 8;
        map.entries.length = 0;
        found.userDefined = true;
      } else {
        at = sized(at);
      }
    } else if (highmem !== null && previous === ' ' && commandLine.startsWith('highmem=', at)) {
      at = highmem(at + 8);
    }
    const next = commandLine[at++];
    if (next === undefined) return rest;
    rest += next;
    previous = next;
  }
}

/**
 * The options of 2.4.0, which has no `highmem=`, no `#` and no `$`:
 *
 * | option | effect |
 * |---|---|
 * | `mem=nopentium` | kernel mapped with 4 KiB pages |
 * | `mem=exactmap` | empties the map |
 * | `mem=S@A` | adds S bytes of RAM at A; the first one empties the map before, but for the RAM below 636 KiB |
 * | `mem=S` | the same with the RAM from 1 MiB to S, and the changed map is not printed |
 *
 * @linux 2.4.0 arch/i386/kernel/setup.c parse_mem_cmdline()
 */
export function parseMemOptions(commandLine: string, map: E820Map, log: BootLog): EarlyOptions {
  const found: Found = { noPse: false, userDefined: false };
  const sized = (at: number): number => {
    if (!found.userDefined) {
      map.entries.length = 0;
      found.userDefined = true;
      map.add(0, LOW_MEMORY_END, E820_RAM, log);
    }
    const size = memparse(commandLine, at);
    if (commandLine[size.next] === '@') {
      const start = memparse(commandLine, size.next + 1);
      map.add(start.value, size.value, E820_RAM, log);
      return start.next;
    }
    found.userDefined = false;
    // Both are 32-bit words: a size below 1 MiB wraps.
    map.add(HIGH_MEMORY, (size.value - HIGH_MEMORY) >>> 0, E820_RAM, log);
    return size.next;
  };
  const rest = takeOptions(commandLine, map, found, sized, null);
  if (found.userDefined) {
    log.print('user-defined physical RAM map:');
    map.print('user', log);
  }
  return { rest, highmemPages: -1, noPse: found.noPse };
}

/**
 * Reads `mem=` and `highmem=`, which must be known before there is any memory, and changes the map accordingly:
 *
 * | option | effect |
 * |---|---|
 * | `mem=nopentium` | kernel mapped with 4 KiB pages |
 * | `mem=exactmap` | empties the map |
 * | `mem=S@A` | adds S bytes of RAM at A |
 * | `mem=S#A`, `mem=S$A` | adds ACPI data, reserved memory (2.4.22 only) |
 * | `mem=S` | cuts the map at S |
 * | `highmem=S` | wants S bytes of high memory |
 *
 * @param memHash whether the release knows `mem=S#A` and `mem=S$A`
 * @linux 2.4.22 arch/i386/kernel/setup.c parse_cmdline_early()
 */
export function parseEarlyOptions(
  commandLine: string,
  map: E820Map,
  memHash: boolean,
  log: BootLog,
): EarlyOptions {
  const found: Found = { noPse: false, userDefined: false };
  let highmemPages = -1;
  const sized = (at: number): number => {
    const size = memparse(commandLine, at);
    const type = { '@': E820_RAM, '#': E820_ACPI, $: E820_RESERVED }[commandLine[size.next] ?? ''];
    if (type !== undefined && (type === E820_RAM || memHash)) {
      const start = memparse(commandLine, size.next + 1);
      map.add(start.value, size.value, type, log);
      return start.next;
    }
    map.limit(size.value);
    found.userDefined = true;
    return size.next;
  };
  const highmem = (at: number): number => {
    const size = memparse(commandLine, at);
    highmemPages = Math.floor(size.value / 2 ** PAGE_SHIFT);
    return size.next;
  };
  const rest = takeOptions(commandLine, map, found, sized, highmem);
  if (found.userDefined) {
    log.print('user-defined physical RAM map:', KERN.INFO);
    map.print('user', log);
  }
  return { rest, highmemPages, noPse: found.noPse };
}
