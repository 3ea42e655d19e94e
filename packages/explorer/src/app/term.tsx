import type { ComponentChildren } from 'preact';

/** A word that the glossary explains, by its id there. */
export function Term({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <button type="button" class="term" data-term={id}>
      {children}
    </button>
  );
}
