/** ELF programs of a few bytes, and what a process finds on its stack. */
import type { Process } from '../../src/process.ts';

/** An i386 program of one page at 0x08048000; with `interpreter`, its PT_INTERP names that path. */
export function elfProgram(interpreter = ''): Uint8Array {
  const bytes = new Uint8Array(0x1000);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const segments =
    interpreter === '' ? [] : [[3, 0x400, 0, 0, interpreter.length + 1, interpreter.length + 1, 4, 1]];
  segments.push([1, 0, 0x08048000, 0x08048000, 0x1000, 0x1000, 5, 4096]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 3, true);
  view.setUint32(24, 0x08048100, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, segments.length, true);
  segments.forEach((values, i) => {
    values.forEach((value, k) => {
      view.setUint32(52 + i * 32 + k * 4, value, true);
    });
  });
  bytes.set(new TextEncoder().encode(interpreter), 0x400);
  return bytes;
}

export const text = (contents: string): Uint8Array => new TextEncoder().encode(contents);

function load32(process: Process, addr: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = value * 256 + process.load8(addr + i);
  return value;
}

/** The arguments of a program that was just started, from its stack. */
export function argumentsOf(process: Process): string[] {
  const { esp } = process.task;
  const argc = load32(process, esp);
  return Array.from({ length: argc }, (_, i) => {
    const bytes: number[] = [];
    for (let at = load32(process, esp + 4 + 4 * i); process.load8(at) !== 0; at++)
      bytes.push(process.load8(at));
    return new TextDecoder().decode(Uint8Array.from(bytes));
  });
}
