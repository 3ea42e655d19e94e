import type { ComponentChildren } from 'preact';
import { hexFrame } from '../../app/format.ts';
import { type Selection, sameSelection, select, selection } from '../../app/selection.ts';

/** A word that selects what it names. */
export function SelectLink({ target, children }: { target: Selection; children: ComponentChildren }) {
  const own = sameSelection(selection.value, target);
  return (
    <button
      type="button"
      class={`link mono${own ? ' selected' : ''}`}
      aria-pressed={own}
      onClick={() => select(target)}
    >
      {children}
    </button>
  );
}

/** A frame by its number; selects it. */
export function FrameLink({ pfn }: { pfn: number }) {
  return <SelectLink target={{ kind: 'frame', pfn }}>{hexFrame(pfn)}</SelectLink>;
}
