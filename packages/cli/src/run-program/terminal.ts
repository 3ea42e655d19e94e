import { spawnSync } from 'node:child_process';
import { isatty } from 'node:tty';
import type { TerminalConfig } from '@pagewalk/guest';

/** Ctrl-]: switches the machine off, whatever its programs do. */
const SWITCH_OFF = 0x1d;
const ROWS = 24;
const COLUMNS = 80;

/** What the terminal tells. */
export interface KeyboardEvents {
  typed(bytes: Uint8Array): void;
  /** The window has another size. */
  resized(rows: number, columns: number): void;
  /** Ctrl-] was typed. */
  switchedOff(): void;
  /** The terminal is gone. */
  hungUp(): void;
}

/** Which of this command's descriptors are a terminal; null: none is. */
export function hostTerminal(): TerminalConfig | null {
  const descriptors: [boolean, boolean, boolean] = [isatty(0), isatty(1), isatty(2)];
  return descriptors.includes(true) ? { ...windowSize(), descriptors } : null;
}

/** The descriptor at which the terminal shows what is written. */
export function screen(): number {
  return isatty(1) ? 1 : isatty(2) ? 2 : 0;
}

function windowSize(): { rows: number; columns: number } {
  const stream = process.stdout.isTTY ? process.stdout : process.stderr;
  return { rows: stream.rows || ROWS, columns: stream.columns || COLUMNS };
}

/**
 * Keys go to the program as they are typed; what they mean is for the machine's terminal to say.
 *
 * @returns what gives the terminal back as it was; it is also done when this process ends by itself
 */
export function takeKeyboard(events: KeyboardEvents): () => void {
  const { stdin, stdout } = process;
  stdin.setRawMode(true);
  // Raw mode still adds a carriage return to each newline; the machine's terminal does that itself, or leaves it.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  const restore = () => {
    stdin.setRawMode(false);
  };
  const onData = (bytes: Buffer) => {
    const at = bytes.indexOf(SWITCH_OFF);
    if (at < 0) events.typed(bytes);
    else events.switchedOff();
  };
  const onResize = () => {
    const { rows, columns } = windowSize();
    events.resized(rows, columns);
  };
  const hungUp = () => events.hungUp();
  process.on('exit', restore);
  stdin.on('data', onData);
  stdin.on('end', hungUp);
  stdin.on('error', hungUp);
  stdout.on('resize', onResize);
  stdin.resume();
  return () => {
    restore();
    process.off('exit', restore);
    stdin.off('data', onData);
    stdin.off('end', hungUp);
    stdin.off('error', hungUp);
    stdout.off('resize', onResize);
    stdin.pause();
  };
}
