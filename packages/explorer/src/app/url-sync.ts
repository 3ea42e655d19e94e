import { effect } from '@preact/signals';
import { layout } from './dock.tsx';
import { breakpoints, inputLog, machineChoice, refusal, status } from './machine-signals.ts';
import { selection } from './selection.ts';
import { openState, page, presentState, scenarioAt, waitingForFile } from './session.ts';
import { decodeState, encodeState } from './url-state.ts';

/** Keeps the address bar and the page the same. */

const SETTLE_MS = 200;
const RUNNING_MS = 1000;

/** The hash that the page wrote or read last: other ones come from the reader. */
let known = '';

/** The present state as a hash without `#`; empty: there is nothing to link to. */
export async function presentHash(): Promise<string> {
  const state = waitingForFile.value ?? presentState(layout.value, selection.value);
  return page.value === 'start' || state === null ? '' : encodeState(state);
}

/** The whole address. */
export async function presentLink(): Promise<string> {
  const { origin, pathname, search } = location;
  return `${origin === 'null' ? 'file://' : origin}${pathname}${search}#${await presentHash()}`;
}

/** Opens what the address says, if it says something new. */
export async function openFromAddress(): Promise<void> {
  const hash = location.hash.replace(/^#/, '');
  if (hash === known) return;
  known = hash;
  try {
    const state = await decodeState(hash);
    if (state) openState(state);
    else page.value = 'start';
  } catch (error) {
    page.value = 'start';
    refusal.value = error instanceof Error ? error.message : String(error);
  }
}

/** From now on the address follows the page, and the page the address. */
export function syncAddress(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown = page.value;
  effect(() => {
    // Everything that the hash is made of.
    const { phase, turn } = status.value;
    void [
      layout.value,
      selection.value,
      breakpoints.value,
      inputLog.value,
      machineChoice.value,
      scenarioAt.value,
    ];
    const current = page.value;
    void turn;
    if (timer !== undefined && (phase === 'running' || phase === 'seeking') && current === shown) return;
    clearTimeout(timer);
    timer = setTimeout(
      async () => {
        timer = undefined;
        await write(current !== shown);
        shown = current;
      },
      phase === 'running' ? RUNNING_MS : SETTLE_MS,
    );
  });
  addEventListener('popstate', () => void openFromAddress());
  addEventListener('hashchange', () => void openFromAddress());
}

/** A new page is a new entry of the history; all else replaces the present one. */
async function write(newEntry: boolean): Promise<void> {
  // Before the machine is where the link wants it, the link says more than the machine.
  if (status.value.phase === 'booting' || status.value.phase === 'seeking') return;
  // A link that was refused stays, so that it can be mended.
  if (page.value === 'start' && refusal.value !== '') return;
  const hash = await presentHash();
  if (hash === known) return;
  known = hash;
  const address = hash === '' ? location.pathname + location.search : `#${hash}`;
  if (newEntry) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
}
