import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { termOf } from '../glossary/glossary.ts';

/** The card that explains a term beside it. */
const shown = signal<{ readonly id: string; readonly near: DOMRect | null } | null>(null);

const DELAY_MS = 250;
const GAP = 6;

/** Explains a term in the middle of the page: from the palette. */
export function showTerm(id: string): void {
  if (termOf(id)) shown.value = { id, near: null };
}

function elementOf(target: EventTarget | null): HTMLElement | null {
  return (target as HTMLElement | null)?.closest?.<HTMLElement>('[data-term]') ?? null;
}

let timer: ReturnType<typeof setTimeout> | undefined;

function show(element: HTMLElement): void {
  const id = element.dataset['term'] ?? '';
  if (termOf(id)) shown.value = { id, near: element.getBoundingClientRect() };
}

function hide(): void {
  clearTimeout(timer);
  shown.value = null;
}

/** Every element with a `data-term` explains itself when it is pointed at or has the keyboard. */
export function explainTerms(): void {
  document.addEventListener('pointerover', (event) => {
    const element = elementOf(event.target);
    clearTimeout(timer);
    if (element) timer = setTimeout(() => show(element), DELAY_MS);
    else if (shown.value?.near) hide();
  });
  document.addEventListener('focusin', (event) => {
    const element = elementOf(event.target);
    if (element?.matches(':focus-visible')) show(element);
    else hide();
  });
  document.addEventListener('click', (event) => {
    const element = elementOf(event.target);
    if (element?.classList.contains('term')) show(element);
    else hide();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || shown.value === null) return;
    hide();
    event.preventDefault();
  });
  addEventListener('scroll', hide, { capture: true, passive: true });
}

export function GlossaryCard() {
  const card = useRef<HTMLDivElement>(null);
  const now = shown.value;
  useLayoutEffect(() => {
    if (now && card.current) place(card.current, now.near);
  }, [now]);
  const entry = now && termOf(now.id);
  if (!entry) return null;
  return (
    <div class="glossary-card" role="tooltip" ref={card}>
      <h3>{entry.name}</h3>
      <p>{entry.text}</p>
      {entry.chapter > 0 && <p class="faint">chapter {entry.chapter}</p>}
    </div>
  );
}

/** Below the word, above it where there is no room; never out of the page. */
function place(card: HTMLElement, near: DOMRect | null): void {
  const { offsetWidth: width, offsetHeight: height } = card;
  const left = near ? near.left : (innerWidth - width) / 2;
  const below = near ? near.bottom + GAP : (innerHeight - height) / 3;
  const top = near && below + height > innerHeight - GAP ? near.top - GAP - height : below;
  card.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  card.style.top = `${Math.max(GAP, top)}px`;
}
