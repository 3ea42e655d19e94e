import { type Signal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

export interface MenuItem {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly run: () => void;
}

/** A button and the menu that it opens. Arrow keys move, Escape closes. */
export function Menu(props: {
  open: Signal<boolean>;
  button: (attributes: {
    onClick: () => void;
    'aria-haspopup': 'menu';
    'aria-expanded': boolean;
  }) => ComponentChildren;
  items: readonly MenuItem[];
}) {
  const { open, items } = props;
  const host = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    if (!open.value) return;
    queueMicrotask(() => host.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus());
    const outside = (event: Event) => {
      if (!host.current?.contains(event.target as Node)) open.value = false;
    };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  });
  const close = () => {
    open.value = false;
    host.current?.querySelector('button')?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(host.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    // Tab goes on to what is behind the menu, as in menus everywhere.
    if (event.key === 'Tab') open.value = false;
    if (event.key === 'Escape') close();
    else if (event.key === 'Home') all[0]?.focus();
    else if (event.key === 'End') all.at(-1)?.focus();
    else if (move !== undefined) all[(at + move + all.length) % all.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu-host" ref={host}>
      {props.button({
        onClick: () => (open.value = !open.value),
        'aria-haspopup': 'menu',
        'aria-expanded': open.value,
      })}
      {open.value && (
        <div class="menu" role="menu" tabIndex={-1} onKeyDown={onKeyDown}>
          {items.map((item) => (
            <button
              type="button"
              key={item.id}
              role="menuitem"
              class="menu-item"
              onClick={() => {
                close();
                item.run();
              }}
            >
              <span>{item.title}</span>
              <span class="faint">{item.about}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
