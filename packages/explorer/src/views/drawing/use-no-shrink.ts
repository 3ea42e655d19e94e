import { useEffect, useRef } from 'preact/hooks';

/**
 * Keeps an element, while `held`, as high as it ever was at its width: what it says while a machine runs needs now one line more, now
 * one less, and what stands beside it would jump.
 */
export function useNoShrink<E extends HTMLElement>(held: boolean): { readonly current: E | null } {
  const ref = useRef<E | null>(null);
  useEffect(() => {
    const element = ref.current;
    if (element === null || !held) return;
    let width = element.clientWidth;
    const sizes = new ResizeObserver(() => {
      if (element.clientWidth !== width) element.style.minHeight = '';
      width = element.clientWidth;
      element.style.minHeight = `${element.offsetHeight}px`;
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      element.style.minHeight = '';
    };
  }, [held]);
  return ref;
}
