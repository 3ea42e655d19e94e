import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Whether any of an element can be seen in its panel: what is scrolled away need not be drawn. */
export function useInSight(element: { readonly current: HTMLElement | null }): Signal<boolean> {
  const seen = useSignal(false);
  useEffect(() => {
    if (element.current === null) return;
    const watch = new IntersectionObserver((entries) => {
      seen.value = entries.at(-1)?.isIntersecting ?? false;
    });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, [element, seen]);
  return seen;
}
