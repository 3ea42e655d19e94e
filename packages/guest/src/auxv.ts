/**
 * What a C library of today looks for on the stack of a new program, and no kernel of 2.4 put there: 16 random bytes, to which
 * AT_RANDOM points.
 *
 * ```
 *   before   argc | argv 0 | envp 0 | auxv | AT_NULL
 *   after    argc | argv 0 | envp 0 | auxv | AT_RANDOM | AT_NULL | 16 bytes | (the old AT_NULL)
 * ```
 */
import { REG } from './cpu/registers.ts';
import type { Guest } from './guest.ts';
import type { GuestTask } from './task.ts';

const AT_NULL = 0;
const AT_RANDOM = 25;
/** The pair and the bytes, as much as keeps the stack pointer's alignment. */
const ROOM = 32;
const RANDOM_WORDS = 4;

/** Adds them to the stack of a program that was just loaded; nothing if its stack is not as exec leaves it. */
export function addRandomBytes(guest: Guest, task: GuestTask): void {
  const { general } = task.registers;
  const stack = general[REG.esp] as number;
  const end = endOfAuxv(guest, stack);
  if (end === 0) return;
  const table = guest.user.get(stack, end - stack);
  if (table === null || !guest.user.put(stack - ROOM, table)) return;
  const bytesAt = end - 4 * RANDOM_WORDS;
  const words = Array.from({ length: RANDOM_WORDS }, () => guest.randomWord());
  if (!guest.user.putWords(end - ROOM, AT_RANDOM, bytesAt, AT_NULL, 0, ...words)) return;
  general[REG.esp] = stack - ROOM;
}

/** Address of the pair that ends the auxiliary vector; 0: it cannot be read. */
function endOfAuxv(guest: Guest, stack: number): number {
  const argc = guest.user.words(stack, 1)?.[0];
  if (argc === undefined) return 0;
  let at = stack + 4 * (argc + 2);
  for (let word = at; ; word += 4) {
    const pointer = guest.user.words(word, 1)?.[0];
    if (pointer === undefined) return 0;
    at = word + 4;
    if (pointer === 0) break;
  }
  for (; ; at += 8) {
    const key = guest.user.words(at, 1)?.[0];
    if (key === undefined) return 0;
    if (key === AT_NULL) return at;
  }
}
