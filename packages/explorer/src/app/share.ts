import { refusal } from './machine-signals.ts';
import { say } from './overlays.ts';
import { presentLink } from './url-sync.ts';

/** Puts a link to what is shown into the clipboard. */
export async function copyLink(): Promise<void> {
  const link = await presentLink();
  try {
    await navigator.clipboard.writeText(link);
    say('link copied');
  } catch {
    refusal.value =
      'The browser does not let the page write to the clipboard: the address bar has the same link.';
  }
}

/** Gives the reader a file. */
export function download(name: string, bytes: Uint8Array | Blob): void {
  const blob = bytes instanceof Blob ? bytes : new Blob([bytes as BlobPart]);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
