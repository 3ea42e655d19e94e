import { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { print, printJson } from '../output/print.ts';
import { terminalWidth, wrap } from '../output/text.ts';
import { type BookPlace, bookPlace, roomOf } from '../where/book.ts';
import {
  closestNames,
  entriesOf,
  readWhereIndex,
  type WhereEntry,
  type WhereIndex,
} from '../where/index-file.ts';

/** `pagewalk where`: from a function of the kernel to our code, the book, its callers and callees. */
export function whereCommand(): Command {
  return new Command('where')
    .description(
      "find a kernel function in pagewalk's sources: file, line, the book's section, callers, callees",
    )
    .argument('<function>', 'name of a function (or structure, variable) of the kernel, e.g. rmqueue')
    .option('--json', 'print the result as JSON (see docs/json.md)')
    .addHelpText(
      'after',
      `
The chapters and sections are those of Mel Gorman's "Understanding the Linux Virtual Memory Manager" (printed
edition). Callers and callees are those of the code here, by their kernel names.

Examples:
  pagewalk where rmqueue
  pagewalk where handle_mm_fault --json
  pagewalk where pgdat_list`,
    )
    .action((text: string, options: { readonly json?: boolean }) => {
      const name = text.trim().replace(/\(\)$/, '');
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        throw new UsageError(
          `where "${text.slice(0, 60)}": no name of a function\nAllowed: letters, digits and _, e.g. rmqueue`,
        );
      }
      const index = readWhereIndex();
      const entries = entriesOf(index, name);
      if (entries.length === 0) {
        const close = closestNames(index, name, 5);
        const hint = close.length > 0 ? `\nClosest: ${close.join(', ')}` : '';
        throw new UsageError(
          `where ${name.slice(0, 60)}: no code here stands for a kernel function of this name${hint}`,
        );
      }
      const places = entries.map((entry) => placeOf(index, entry, name));
      if (options.json) printJson({ command: 'where', function: name, places });
      else for (const [i, place] of places.entries()) printPlace(name, place, i > 0);
    });
}

/** A caller or callee. */
interface Neighbour {
  /** Its kernel name. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** One place in our sources. */
interface Place {
  readonly release: string;
  /** The kernel's source file; null: the tag does not name one. */
  readonly kernelFile: string | null;
  /** Whether the name is a function, or a structure, variable or constant. */
  readonly kind: 'function' | 'other';
  readonly file: string;
  readonly line: number;
  readonly symbol: string;
  readonly room: string | null;
  readonly book: BookPlace | null;
  /** Other kernel names that the same code stands for. */
  readonly together: readonly string[];
  readonly callers: readonly Neighbour[];
  readonly callees: readonly Neighbour[];
}

function placeOf(index: WhereIndex, entry: WhereEntry, name: string): Place {
  const room = roomOf(entry.file);
  return {
    release: entry.release,
    kernelFile: entry.kernelFiles[entry.names.indexOf(name)] ?? null,
    kind: entry.functions.includes(name) ? 'function' : 'other',
    file: entry.file,
    line: entry.line,
    symbol: entry.symbol,
    room,
    book: bookPlace(name, room),
    together: entry.names.filter((other) => other !== name),
    callers: neighbours(index, entry.callers),
    callees: neighbours(index, entry.callees),
  };
}

function neighbours(index: WhereIndex, numbers: readonly number[]): Neighbour[] {
  return numbers.map((number) => {
    const { functions, file, line } = index.entries[number] as WhereEntry;
    return { name: functions[0] as string, file, line };
  });
}

function printPlace(name: string, place: Place, another: boolean): void {
  const isFunction = place.kind === 'function';
  const origin = [`Linux ${place.release}`, place.kernelFile].filter((part) => part !== null).join(' ');
  const lines: [string, string][] = [
    ['here', `${place.file}:${place.line}${place.symbol === '' ? '' : `  ${place.symbol}`}`],
    ['book', place.book === null ? 'no chapter' : bookText(place.book)],
  ];
  if (place.room !== null) lines.push(['room', `packages/mm/src/${place.room}/README.md`]);
  if (place.together.length > 0) lines.push(['together with', place.together.join(', ')]);
  if (isFunction) {
    lines.push(['callers', names(place.callers)], ['callees', names(place.callees)]);
  }
  if (another) print('');
  print(`${name}${isFunction ? '()' : ''}  ${origin}`);
  const width = Math.max(...lines.map(([head]) => head.length));
  for (const [head, text] of lines) {
    wrap(text, terminalWidth() - width - 4).forEach((line, i) => {
      print(`  ${(i === 0 ? head : '').padEnd(width)}  ${line}`);
    });
  }
}

function names(list: readonly Neighbour[]): string {
  return list.length === 0 ? 'none here' : [...new Set(list.map((each) => each.name))].join(', ');
}

function bookText({ chapter, title, section, sectionTitle }: BookPlace): string {
  return `chapter ${chapter}, ${title}${section === null ? '' : `; section ${section}, ${sectionTitle}`}`;
}
