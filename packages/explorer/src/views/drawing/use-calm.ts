import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { status } from '../../app/machine-signals.ts';

/** What is read as words and numbers changes at most so often while the machine runs, ms. */
const CALM_MS = 150;

/** A value that comes with every picture, for what need not be written anew with every picture. When the machine stands it is the last. */
export function useCalm<T>(value: T): T {
  const shown = useSignal(value);
  const latest = useRef(value);
  latest.current = value;
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (shown.peek() === value) return;
    timer.current ??= setTimeout(() => {
      timer.current = null;
      shown.value = latest.current;
    }, CALM_MS);
  });
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  const { phase } = status.value;
  return phase === 'running' || phase === 'seeking' ? shown.value : value;
}
