import { signal } from '@preact/signals';
import type { Subject } from '../protocol/subject.ts';

/** What the reader looks at. All views show what belongs to it. */
export type Selection = Subject;

export const NOTHING: Selection = { kind: 'none' };

/** What is selected, everywhere. Set it with {@link select}. */
export const selection = signal<Selection>(NOTHING);

/** Selections before the present one, the last at the end. */
const earlier: Selection[] = [];
const EARLIER_MAX = 100;

/** Selects, and remembers what was selected before. */
export function select(next: Selection): void {
  if (sameSelection(next, selection.value)) return;
  if (selection.value.kind !== 'none') earlier.push(selection.value);
  if (earlier.length > EARLIER_MAX) earlier.shift();
  selection.value = next;
}

/** To what was selected before. */
export function selectEarlier(): void {
  selection.value = earlier.pop() ?? NOTHING;
}

/** Nothing selected, nothing remembered: for a new machine. */
export function forgetSelection(): void {
  earlier.length = 0;
  selection.value = NOTHING;
}

export function sameSelection(a: Selection, b: Selection): boolean {
  return selectionText(a) === selectionText(b);
}

/** As links have it: `frame.1f3`, `address.5.8048000`, `slot.0.17`; empty for nothing. Numbers of memory are hexadecimal. */
export function selectionText(s: Selection): string {
  switch (s.kind) {
    case 'none':
      return '';
    case 'frame':
      return `frame.${s.pfn.toString(16)}`;
    case 'address':
      return `address.${s.pid}.${s.address.toString(16)}`;
    case 'area':
      return `area.${s.pid}.${s.start.toString(16)}`;
    case 'slab':
      return s.pfn === undefined ? `slab.${s.cache}` : `slab.${s.cache}.${s.pfn.toString(16)}`;
    case 'event':
      return `event.${s.seq}`;
    case 'task':
      return `task.${s.pid}`;
    case 'file':
      return s.page === undefined ? `file.${s.path}` : `page.${s.page.toString(16)}.${s.path}`;
    case 'slot':
      return `slot.${s.area}.${s.slot}`;
  }
}

/** What {@link parseSelection} understands. */
export const SELECTION_FORMS =
  'frame.<hex>, address.<pid>.<hex>, area.<pid>.<hex>, slab.<cache>, slab.<cache>.<hex>, event.<number>, task.<pid>, file.<path>, page.<hex>.<path>, slot.<area>.<number>';

/** Reverse of {@link selectionText}; what it does not understand selects nothing. */
export function parseSelection(text: string): Selection {
  const [kind = '', ...rest] = text.split('.');
  const [a = '', b = ''] = rest;
  const hex = (digits: string): number =>
    /^[0-9a-f]{1,8}$/i.test(digits) ? Number.parseInt(digits, 16) : -1;
  const decimal = (digits: string): number => (/^\d{1,15}$/.test(digits) ? Number(digits) : -1);
  const valid = (s: Selection, ...numbers: number[]): Selection =>
    numbers.includes(-1) || numbers.length !== rest.length ? NOTHING : s;
  switch (kind) {
    case 'frame':
      return valid({ kind, pfn: hex(a) }, hex(a));
    case 'address':
      return valid({ kind, pid: decimal(a), address: hex(b) }, decimal(a), hex(b));
    case 'area':
      return valid({ kind, pid: decimal(a), start: hex(b) }, decimal(a), hex(b));
    case 'slab':
      if (a === '') return NOTHING;
      return rest.length === 1 ? { kind, cache: a } : valid({ kind, cache: a, pfn: hex(b) }, 0, hex(b));
    case 'event':
      return valid({ kind, seq: decimal(a) }, decimal(a));
    case 'task':
      return valid({ kind, pid: decimal(a) }, decimal(a));
    case 'file':
      return rest.join('.') === '' ? NOTHING : { kind, path: rest.join('.') };
    case 'page': {
      const path = rest.slice(1).join('.');
      return path === '' || hex(a) === -1 ? NOTHING : { kind: 'file', path, page: hex(a) };
    }
    case 'slot':
      return valid({ kind, area: decimal(a), slot: decimal(b) }, decimal(a), decimal(b));
    default:
      return NOTHING;
  }
}
