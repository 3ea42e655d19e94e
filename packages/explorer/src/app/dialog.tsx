import { type Signal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** A box over the page. The browser keeps the keyboard in it, closes it by Escape, and gives the focus back. */
export function Dialog(props: {
  open: Signal<boolean>;
  title: string;
  kind: string;
  children: ComponentChildren;
}) {
  const { open } = props;
  const element = useRef<HTMLDialogElement>(null);
  // Closings of ours that the browser has yet to tell of.
  const told = useRef(0);
  useSignalEffect(() => {
    const dialog = element.current;
    if (open.value && dialog && !dialog.open) dialog.showModal();
    if (!open.value && dialog?.open) {
      told.current++;
      dialog.close();
    }
  });
  useEffect(() => {
    const dialog = element.current;
    // A click beside the box is one on the dialog itself.
    const beside = (event: Event) => {
      if (event.target === dialog) open.value = false;
    };
    dialog?.addEventListener('click', beside);
    return () => dialog?.removeEventListener('click', beside);
  }, [open]);
  return (
    <dialog
      ref={element}
      class={`dialog ${props.kind}`}
      aria-label={props.title}
      onClose={() => {
        // The browser tells late: by then it may be asked for again, and must not be taken back.
        if (told.current > 0) told.current--;
        else open.value = false;
      }}
    >
      {open.value && (
        <div class="dialog-box">
          <header class="dialog-head">
            <h2>{props.title}</h2>
            <button
              type="button"
              class="button plain tool"
              aria-label="Close"
              title="Close (Esc)"
              onClick={() => (open.value = false)}
            >
              <Icon name="close" />
            </button>
          </header>
          {props.children}
        </div>
      )}
    </dialog>
  );
}
