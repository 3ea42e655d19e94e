import { useEffect } from 'preact/hooks';

/** Scrolls what an element lies in (a panel's body, or what has `data-scrolls`) so that it can be seen, and nothing else of the page. @param part of it, pixels from its top */
export function scrollIntoBody(
  element: Element,
  part?: { readonly top: number; readonly height: number },
): void {
  const body = element.closest('[data-scrolls], .view-body');
  if (!(body instanceof HTMLElement)) return;
  const seen = body.getBoundingClientRect();
  const own = element.getBoundingClientRect();
  const top = own.top + (part?.top ?? 0);
  const bottom = top + (part?.height ?? own.height);
  // Under the head of a table that stays.
  const head = body.querySelector('thead')?.getBoundingClientRect().height ?? 0;
  if (top < seen.top + head) body.scrollTop -= seen.top + head - top + MARGIN;
  else if (bottom > seen.bottom)
    body.scrollTop += Math.min(bottom - seen.bottom + MARGIN, top - seen.top - head);
}

/** Pixels that are seen beyond it. */
const MARGIN = 6;

/** Brings an element into sight when it becomes what is selected, not again while it stays so. */
export function useScrollWhen(selected: boolean, ref: { readonly current: Element | null }): void {
  useEffect(() => {
    if (selected && ref.current !== null) scrollIntoBody(ref.current);
  }, [selected]);
}
