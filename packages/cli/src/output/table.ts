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
  return rows.flatMap((row) => row.flatMap((cell, i) => paragraph(columns[i], cell, i, width))).join('\n');
}

/** One cell as lines of its own, below the first cell of its row. */
function paragraph(column: Column | undefined, cell: string, i: number, width: number): string[] {
  const indent = i === 0 ? '' : '  ';
  const text = column?.head ? `${column.head}: ${cell}` : cell;
  return wrap(text, width - indent.length - 2).map((line, j) => `${indent}${j === 0 ? '' : '  '}${line}`);
}
