import { spawn } from 'node:child_process';

/** Opens an address in the user's browser. Where there is none, nothing happens: the address is printed anyway. */
export function openBrowser(address: string): void {
  const [command, ...args] = opener(address);
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

function opener(address: string): string[] {
  if (process.platform === 'darwin') return ['open', address];
  if (process.platform === 'win32') return ['cmd', '/c', 'start', '', address];
  const display = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'] ?? '';
  return display === '' ? [] : ['xdg-open', address];
}
