import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { matchingActions } from './actions.ts';
import { Dialog } from './dialog.tsx';
import { paletteOpen } from './overlays.ts';

/** All that can be done, found by typing. */
export function Palette() {
  return (
    <Dialog open={paletteOpen} title="Commands" kind="palette">
      <PaletteBody />
    </Dialog>
  );
}

function PaletteBody() {
  const text = useSignal('');
  const at = useSignal(0);
  const found = useComputed(() => matchingActions(text.value));
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => input.current?.focus(), []);
  const choose = (index: number) => {
    const action = found.value[index];
    if (!action) return;
    paletteOpen.value = false;
    // After the dialog has given the focus back.
    setTimeout(action.run);
  };
  const move = (by: number) => {
    const many = found.value.length;
    if (many === 0) return;
    at.value = (at.value + by + many) % many;
    list.current?.children[at.value]?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter') choose(at.value);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        ref={input}
        class="palette-input"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.value.length > 0 ? `palette-${at.value}` : undefined}
        aria-label="Command"
        placeholder="A command, a panel, a scenario; frame 1f3, address 8048000, turn 1000, event 42"
        autocomplete="off"
        spellcheck={false}
        onInput={(e) => {
          text.value = e.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
        data-test="palette"
      />
      <div id="palette-list" class="palette-list" role="listbox" tabIndex={-1} ref={list}>
        {found.value.map((action, i) => (
          <button
            type="button"
            key={action.id}
            id={`palette-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at.value}
            onClick={() => choose(i)}
            onPointerMove={() => (at.value = i)}
          >
            <span>{action.title}</span>
            <span class="palette-group">{action.group}</span>
            {action.keys !== '' && <kbd>{action.keys}</kbd>}
          </button>
        ))}
        {found.value.length === 0 && <p class="faint">Nothing is called so.</p>}
      </div>
    </>
  );
}
