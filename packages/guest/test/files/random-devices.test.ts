import { Errno } from '@pagewalk/mm';
import { expect, it } from 'vitest';
import { bootGuest, loadCpuModule } from '../../src/index.ts';
import { elfOf } from '../run-guest.ts';

const INT80 = [0xcd, 0x80];

/** Reads 32 bytes of a device twice, and writes them to the console; ends with what read of a bad address gave, negated. */
function reader(path: string): Uint8Array {
  const name = [...new TextEncoder().encode(`${path}\0`)];
  const again = [
    ...[0x89, 0xfb, 0x89, 0xe1, 0xba, 32, 0, 0, 0, 0xb8, 3, 0, 0, 0, ...INT80], // read(edi, esp, 32)
    ...[0x89, 0xc2, 0xbb, 1, 0, 0, 0, 0xb8, 4, 0, 0, 0, ...INT80], // write(1, esp, eax)
  ];
  return elfOf([
    ...[0xe8, name.length, 0, 0, 0, ...name, 0x5b], // call over the name; pop ebx
    ...[0x31, 0xc9, 0xb8, 5, 0, 0, 0, ...INT80, 0x89, 0xc7, 0x83, 0xec, 32], // edi = open(name, 0)
    ...again,
    ...again,
    ...[0x89, 0xfb, 0x31, 0xc9, 0xba, 4, 0, 0, 0, 0xb8, 3, 0, 0, 0, ...INT80], // read(edi, 0, 4)
    ...[0xf7, 0xd8, 0x89, 0xc3, 0xb8, 1, 0, 0, 0, ...INT80], // exit(-eax)
  ]);
}

function run(path: string) {
  const pieces: Uint8Array[] = [];
  const console = { write: (_fd: number, bytes: Uint8Array) => void pieces.push(bytes.slice()) };
  const guest = bootGuest({ cpu: loadCpuModule(), memory: 16 * 2 ** 20, console });
  guest.console.hangUp();
  const task = guest.start(reader(path), ['reader']);
  if (typeof task === 'number') throw new Error(`${task}`);
  const ending = guest.runUntilEnd(task);
  return { ending, reads: pieces.map((piece) => Buffer.from(piece).toString('hex')) };
}

it.each(['/dev/urandom', '/dev/random'])('%s: other bytes at each read, the same in each machine', (path) => {
  const first = run(path);
  expect(first.ending).toEqual({ code: Errno.EFAULT, signal: 0 });
  const [one, two] = first.reads;
  expect(first.reads).toHaveLength(2);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(two).not.toBe(one);
  expect(new Set(one?.match(/../g)).size).toBeGreaterThan(20);
  expect(run(path)).toEqual(first);
});
