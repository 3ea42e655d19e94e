/** Files one after the other, each under a line with its path: what `head -n -0 /proc/…` prints. */
export function procSetText(files: readonly { readonly path: string; readonly text: string }[]): Uint8Array {
  return new TextEncoder().encode(files.map(({ path, text }) => `==> /proc/${path} <==\n${text}\n`).join(''));
}
