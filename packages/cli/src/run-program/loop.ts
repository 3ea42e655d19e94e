import type { Guest, GuestTask } from '@pagewalk/guest';
import { SIG, sendSignal } from '@pagewalk/guest';
import { PlainInput } from './input.ts';
import { takeKeyboard } from './terminal.ts';

/** How long the machine runs before it looks whether a key was pressed, ms. */
const LOOK_AROUND_MS = 20;
/** A second Ctrl-C within this time, from outside a terminal, switches the machine off, ms. */
const TWICE_MS = 3000;

/**
 * Runs the machine until a program has ended: slice by slice, with this computer's events between. Ctrl-C goes to the program.
 *
 * @param keyboard descriptor 0 is a terminal, and the programs' own
 */
export async function runToEnd(guest: Guest, task: GuestTask, keyboard: boolean): Promise<void> {
  let wake: () => void = () => {};
  const woken = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  const switchOff = () => {
    for (const each of [...guest.tasks]) sendSignal(guest, each, SIG.kill);
    guest.console.signal(SIG.kill);
  };
  const release = takeSignals(guest, switchOff, () => wake());
  const input = keyboard ? null : new PlainInput();
  const giveBack = keyboard
    ? takeKeyboard({
        typed: (bytes) => {
          guest.console.push(bytes);
          wake();
        },
        resized: (rows, columns) => {
          guest.console.resize(rows, columns);
          wake();
        },
        switchedOff: () => {
          process.stderr.write('\r\npagewalk: the machine was switched off (Ctrl-])\r\n');
          switchOff();
          wake();
        },
        hungUp: () => {
          guest.console.hangUp();
          wake();
        },
      })
    : () => input?.close();
  try {
    while (task.status === null) {
      const until = Date.now() + LOOK_AROUND_MS;
      do guest.step();
      while (task.status === null && guest.waitsFor === null && Date.now() < until);
      if (task.status === null) await betweenSlices(guest, input, woken());
    }
  } finally {
    giveBack();
    release();
  }
}

/** Lets this computer's events happen; while the machine waits, until one comes or its time. */
async function betweenSlices(guest: Guest, input: PlainInput | null, woken: Promise<void>): Promise<void> {
  const { waitsFor } = guest;
  if (waitsFor === null) {
    await new Promise((resolve) => setImmediate(resolve));
    return;
  }
  if (guest.console.starving && input !== null) {
    const bytes = await input.next(woken);
    if (bytes === null) guest.console.hangUp();
    else guest.console.push(bytes);
    return;
  }
  const start = performance.now();
  const timeout = Math.min(2 ** 31 - 1, guest.wakesInNs / 1e6);
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((resolve) => {
    if (waitsFor === 'time') timer = setTimeout(resolve, timeout);
  });
  await Promise.race([woken, expired]);
  clearTimeout(timer);
  guest.elapse((performance.now() - start) * 1e6);
}

/** Signals to this command go to the programs; a second one soon after switches the machine off. */
function takeSignals(guest: Guest, switchOff: () => void, wake: () => void): () => void {
  let before = -Infinity;
  const handlers = new Map<NodeJS.Signals, () => void>();
  for (const [name, number] of [
    ['SIGINT', SIG.int],
    ['SIGTERM', SIG.term],
    ['SIGHUP', SIG.hup],
  ] as const) {
    handlers.set(name, () => {
      const now = Date.now();
      if (now - before < TWICE_MS) switchOff();
      else guest.console.signal(number);
      before = now;
      wake();
    });
  }
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}
