import Table from 'cli-table3';
import { terminalWidth, wrap } from './text.ts';

/** A column: its head, and whether its cells are numbers (aligned right). */
export interface Column {
  readonly head: string;
  readonly right?: boolean;
}

const NO_BORDER = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/**
 * A table without lines. Where the terminal is too narrow for it, each row becomes a paragraph of `head: cell` lines
 * instead, so that nothing is cut off.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = terminalWidth(),
): string {
  const table = new Table({
    head: columns.map((column) => column.head),
    colAligns: columns.map((column) => (column.right ? 'right' : 'left')),
    chars: NO_BORDER,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows) table.push([...row]);
  const text = table
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
  if (Math.max(...text.split('\n').map((line) => line.length)) <= width) return text;
  return rows
    .map((row) =>
      row
        .map((cell, i) => `${i === 0 ? '' : '  '}${columns[i]?.head ? `${columns[i].head}: ` : ''}${cell}`)
        .flatMap((line, i) =>
          wrap(line, width).map((part, j) => (j === 0 ? part : `${i === 0 ? '  ' : '    '}${part}`)),
        )
        .join('\n'),
    )
    .join('\n');
}

/** A heading with a line of its own before it. */
export function heading(text: string, width = terminalWidth()): string {
  return `\n${wrap(text, width).join('\n')}`;
}
