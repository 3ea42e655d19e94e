import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** Before it is measured, CSS pixels. */
const AT_FIRST = 400;

/** Height of what is seen of an element that scrolls, CSS pixels, followed as it changes. The element may come later. */
export function useHeight(ref: { readonly current: HTMLElement | null }): Signal<number> {
  const height = useSignal(AT_FIRST);
  const watched = useRef<{ element: HTMLElement | null; sizes: ResizeObserver | null }>({
    element: null,
    sizes: null,
  });
  useEffect(() => {
    const element = ref.current;
    if (element === watched.current.element) return;
    watched.current.sizes?.disconnect();
    const sizes = new ResizeObserver(() => {
      height.value = element?.clientHeight ?? AT_FIRST;
    });
    if (element !== null) sizes.observe(element);
    watched.current = { element, sizes };
  });
  useEffect(() => () => watched.current.sizes?.disconnect(), []);
  return height;
}
