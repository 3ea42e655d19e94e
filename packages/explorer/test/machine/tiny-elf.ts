import type { ProgramChoice } from '../../src/protocol/choice.ts';

const BASE = 0x08048000;
const HEADERS = 52 + 32;

/** A static program of a few instructions of i386, with `zeros` bytes behind its image. */
export function tinyElf(code: readonly number[], zeros = 0): Uint8Array {
  const bytes = new Uint8Array(HEADERS + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  // Executable, i386, version, entry, program headers behind this one.
  view.setUint16(16, 2, true);
  view.setUint16(18, 3, true);
  [1, BASE + HEADERS, 52].forEach((word, i) => {
    view.setUint32(20 + 4 * i, word, true);
  });
  [52, 32, 1].forEach((half, i) => {
    view.setUint16(40 + 2 * i, half, true);
  });
  // One segment, all of the file, readable, writable, executable.
  [1, 0, BASE, BASE, bytes.length, bytes.length + zeros, 7, 4096].forEach((word, i) => {
    view.setUint32(52 + 4 * i, word, true);
  });
  bytes.set(code, HEADERS);
  return bytes;
}

/** The choice of a program of the reader's own. */
export const OWN_ELF: ProgramChoice = { kind: 'elf', name: 'own', args: [], sha256: '00'.repeat(32) };

/** `for (;;);` */
export const ENDLESS = tinyElf([0xeb, 0xfe]);

const word = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

/** Writes so many bytes to its terminal, again and again. */
export function printer(count: number): Uint8Array {
  const call = [0xb8, ...word(4), 0xbb, ...word(1), 0xb9, ...word(BASE), 0xba, ...word(count), 0xcd, 0x80];
  return tinyElf([...call, 0xeb, 256 - call.length - 2], count);
}

/** `for (;;) fork();` */
export const FORK_BOMB = tinyElf([0xb8, ...word(2), 0xcd, 0x80, 0xeb, 256 - 9]);
