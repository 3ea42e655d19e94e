import { effect, useSignal } from '@preact/signals';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'preact/hooks';
import { postCommand } from '../../app/machine.ts';
import { inputLog, machineChoice, onOutput } from '../../app/machine-signals.ts';
import { theme } from '../../app/theme.ts';
import type { ProgramChoice } from '../../protocol/choice.ts';
import { tokens } from '../drawing/tokens.ts';
import '@xterm/xterm/css/xterm.css';
import './terminal.css';

/** The program's terminal. What is typed reaches the machine at a turn, and is part of what makes it what it is. */
export function TerminalView() {
  const host = useRef<HTMLDivElement | null>(null);
  const silent = useSignal(true);
  const typing = useSignal(false);
  const keyboard = useRef<Terminal | null>(null);
  const kind = machineChoice.value?.program.kind;
  const takesInput = canType();
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const terminal = new Terminal({
      fontSize: 13,
      scrollback: 10_000,
      screenReaderMode: true,
      theme: colours(),
      fontFamily: tokens().mono,
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    keyboard.current = terminal;
    // Nobody comes into it by Tab, which it would keep; the keys that lead out of it are the page's.
    if (terminal.textarea) terminal.textarea.tabIndex = -1;
    terminal.attachCustomKeyEventHandler((event) => !leadsOut(event));
    const encoder = new TextEncoder();
    const endTheme = effect(() => {
      void theme.value;
      terminal.options.theme = colours();
      terminal.options.fontFamily = tokens().mono;
    });
    const input = terminal.onData((text) => {
      if (canType()) postCommand({ type: 'input', bytes: encoder.encode(text) });
    });
    // The size is part of what makes the machine what it is: it is sent when the reader uses the terminal, not when he looks on.
    const tellSize = () => {
      const { cols: columns, rows } = terminal;
      const known = inputLog.value.findLast(({ window }) => window !== undefined)?.window;
      if (document.activeElement !== terminal.textarea || !canType()) return;
      if (known?.columns !== columns || known.rows !== rows)
        postCommand({ type: 'window-size', columns, rows });
    };
    const focusMoved = () => {
      typing.value = document.activeElement === terminal.textarea;
      tellSize();
    };
    element.addEventListener('focusin', focusMoved);
    element.addEventListener('focusout', focusMoved);
    const resized = terminal.onResize(tellSize);
    const endOutput = onOutput((bytes, reset) => {
      if (reset) terminal.reset();
      if (reset || bytes.length > 0) silent.value = bytes.length === 0;
      terminal.write(bytes);
    });
    const sizes = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientHeight > 0) fit.fit();
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      element.removeEventListener('focusin', focusMoved);
      element.removeEventListener('focusout', focusMoved);
      keyboard.current = null;
      endOutput();
      resized.dispose();
      input.dispose();
      endTheme();
      terminal.dispose();
    };
  }, []);
  return (
    <div class="view terminal-view">
      <section
        class="terminal-host"
        ref={host}
        tabIndex={takesInput ? 0 : -1}
        aria-label="Terminal: Enter to type, F6 to leave it"
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.target !== host.current || !takesInput) return;
          event.preventDefault();
          keyboard.current?.focus();
        }}
        data-test="terminal"
      />
      {silent.value && <p class="terminal-silent">{whySilent(kind)}</p>}
      {takesInput && (
        <p class="terminal-hint" aria-hidden="true">
          {typing.value ? 'F6 leaves the terminal' : 'Enter: type here'}
        </p>
      )}
    </div>
  );
}

/** What a program of a recording or a pattern would read is not known: nothing can be typed to it. */
function canType(): boolean {
  const kind = machineChoice.value?.program.kind;
  return kind === 'program' || kind === 'elf';
}

/** Keys by which the page goes to another panel, and Ctrl-K. */
function leadsOut(event: KeyboardEvent): boolean {
  if (event.key === 'F6') return true;
  if (event.shiftKey && event.key.startsWith('Arrow')) return event.ctrlKey !== event.altKey;
  return event.ctrlKey && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k';
}

/** Why nothing stands in the terminal. */
function whySilent(kind: ProgramChoice['kind'] | undefined): string {
  if (kind === 'recording') return 'A recording replays what a program did with memory: it has no output.';
  if (kind === 'workload') return 'A pattern of accesses prints nothing.';
  return 'The program has printed nothing yet. Click here to type.';
}

function colours() {
  const { surface, text, accent } = tokens();
  return {
    background: surface,
    foreground: text,
    cursor: accent,
    cursorAccent: surface,
    selectionBackground: `${accent}44`,
  };
}
