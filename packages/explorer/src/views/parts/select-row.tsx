import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { type Selection, sameSelection, select, selection } from '../../app/selection.ts';
import { useScrollWhen } from './scroll-into-body.ts';

/** A row of a table that selects something: by a press, or Enter; the arrow keys go from row to row. */
export function SelectRow(properties: {
  readonly target: Selection;
  /** Whether it belongs to what is selected without being it. */
  readonly related?: boolean;
  readonly children: ComponentChildren;
}) {
  const { target, related, children } = properties;
  const own = sameSelection(selection.value, target);
  const lit = own || related === true;
  const row = useRef<HTMLTableRowElement | null>(null);
  useScrollWhen(lit, row);
  return (
    <tr
      ref={row}
      tabIndex={0}
      class={lit ? 'selected' : ''}
      aria-selected={own}
      onClick={() => select(target)}
      onKeyDown={(event) => rowKey(event, target)}
    >
      {children}
    </tr>
  );
}

function rowKey(event: KeyboardEvent, target: Selection): void {
  const row = event.currentTarget as HTMLElement;
  if (event.key === 'Enter' || event.key === ' ') select(target);
  else if (event.key === 'ArrowDown') (row.nextElementSibling as HTMLElement | null)?.focus();
  else if (event.key === 'ArrowUp') (row.previousElementSibling as HTMLElement | null)?.focus();
  else return;
  event.preventDefault();
}
