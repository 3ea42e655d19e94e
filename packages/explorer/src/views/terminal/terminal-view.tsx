import { effect } from '@preact/signals';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'preact/hooks';
import { postCommand } from '../../app/machine.ts';
import { inputLog, onOutput } from '../../app/machine-signals.ts';
import { theme } from '../../app/theme.ts';
import { tokens } from '../drawing/tokens.ts';
import '@xterm/xterm/css/xterm.css';
import './terminal.css';

/** The program's terminal. What is typed reaches the machine at a turn, and is part of what makes it what it is. */
export function TerminalView() {
  const host = useRef<HTMLDivElement | null>(null);
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
    const encoder = new TextEncoder();
    const endTheme = effect(() => {
      void theme.value;
      terminal.options.theme = colours();
      terminal.options.fontFamily = tokens().mono;
    });
    const input = terminal.onData((text) => postCommand({ type: 'input', bytes: encoder.encode(text) }));
    // The size is part of what makes the machine what it is: it is sent when the reader uses the terminal, not when he looks on.
    const tellSize = () => {
      const { cols: columns, rows } = terminal;
      const known = inputLog.value.findLast(({ window }) => window !== undefined)?.window;
      if (!element.contains(document.activeElement)) return;
      if (known?.columns !== columns || known.rows !== rows)
        postCommand({ type: 'window-size', columns, rows });
    };
    element.addEventListener('focusin', tellSize);
    const resized = terminal.onResize(tellSize);
    const endOutput = onOutput((bytes, reset) => {
      if (reset) terminal.reset();
      terminal.write(bytes);
    });
    const sizes = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientHeight > 0) fit.fit();
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      element.removeEventListener('focusin', tellSize);
      endOutput();
      resized.dispose();
      input.dispose();
      endTheme();
      terminal.dispose();
    };
  }, []);
  return <div class="view terminal-view" ref={host} data-test="terminal" />;
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
