import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { droppedFile, takeFile } from '../../src/app/dropped-files.ts';
import { sha256 } from '../../src/app/sha256.ts';

const shipped = (path: string) => new Uint8Array(readFileSync(new URL(`../../../${path}`, import.meta.url)));
const HELLO = shipped('guest/programs/hello');

/** `hello` with one byte of its headers changed. */
function changed(at: number, byte: number): Uint8Array<ArrayBuffer> {
  const bytes = HELLO.slice();
  bytes[at] = byte;
  return bytes;
}

afterEach(() => vi.unstubAllGlobals());

describe('a file of the reader', () => {
  it.each(['by the browser', 'by the page'])('is known by its SHA-256, made %s', async (by) => {
    if (by === 'by the page') vi.stubGlobal('crypto', {});
    const taken = await takeFile(new File([HELLO], 'hello'));
    expect(taken).toEqual({ name: 'hello', sha256: sha256(HELLO), bytes: HELLO.length, kind: 'elf' });
    expect(droppedFile(taken.sha256)).toEqual(HELLO);
  });

  it('may be a recording', async () => {
    const file = new File([shipped('lab/recordings/pipeline.pwt')], 'pipeline.pwt');
    expect((await takeFile(file)).kind).toBe('recording');
  });

  it.each([
    [
      Uint8Array.of(0x89, 80, 78, 71, 13, 10, 26, 10),
      'x: neither a static 32-bit Linux program (ELF) nor a recording (pwt)',
    ],
    [new Uint8Array(), 'x: an empty file, neither a static 32-bit Linux program (ELF) nor a recording (pwt)'],
    [HELLO.slice(0, 30), 'x: not an ELF program'],
    [HELLO.slice(0, 200), /^x: broken: it ends at byte 200, its segments at byte \d+: was it cut short\?$/],
    [changed(4, 2), 'x: a 64-bit program; the CPU runs 32-bit ones: compile with -m32 -static'],
    [changed(18, 8), 'x: a program for another processor (e_machine 8)'],
  ])('%# is refused in one line', async (bytes, line) => {
    const said = await takeFile(new File([bytes], 'x')).then(
      () => 'taken',
      (error: Error) => error.message,
    );
    if (typeof line === 'string') expect(said).toBe(line);
    else expect(said).toMatch(line);
  });

  it('is refused before it is read if it is too large', async () => {
    const file = { name: 'x', size: 300 * 2 ** 20 } as File;
    await expect(takeFile(file)).rejects.toThrow('x: 314572800 bytes; at most 268435456 fit');
  });

  it('is forgotten if others need the room, unless it was used since', async () => {
    const recording = shipped('lab/recordings/pipeline.pwt');
    const large = (byte: number) => {
      const bytes = new Uint8Array(200 * 2 ** 20);
      bytes.set(recording);
      bytes[bytes.length - 1] = byte;
      return new File([bytes], `${byte}.pwt`);
    };
    const first = await takeFile(large(1));
    const second = await takeFile(large(2));
    expect(droppedFile(first.sha256)?.at(-1)).toBe(1);
    const third = await takeFile(large(3));
    expect(droppedFile(second.sha256)).toBeUndefined();
    expect(droppedFile(first.sha256)?.at(-1)).toBe(1);
    expect(droppedFile(third.sha256)?.at(-1)).toBe(3);
  });
});
