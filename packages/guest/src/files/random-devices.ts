/** /dev/random and /dev/urandom: the machine's own fixed sequence. Equal machines read equal bytes. */
import { type CharDriver, Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';

/** Bytes that are made at a time. */
const PIECE = 4096;

/**
 * Makes both devices. They are the same here: /dev/random never waits for more disorder. What is written is thrown away.
 *
 * @linux 2.4.22 drivers/char/random.c random_fops, urandom_fops
 */
export function installRandomDevices(guest: Guest): void {
  const driver: CharDriver = {
    readUser: (_file, addr, count) => putRandom(guest, addr, count),
    write: (_file, _position, count) => count,
  };
  guest.kernel.registerDevice('/dev/random', driver, { rdev: 0x108 });
  guest.kernel.registerDevice('/dev/urandom', driver, { rdev: 0x109 });
}

/** Fills memory of the running program with random bytes. Returns how many, or -EFAULT if there is no room for the first. */
export function putRandom(guest: Guest, addr: number, count: number): number {
  for (let done = 0; done < count; ) {
    const bytes = Uint8Array.from({ length: Math.min(PIECE, count - done) }, () => guest.randomWord() & 255);
    if (!guest.user.put(addr + done, bytes)) return done > 0 ? done : -Errno.EFAULT;
    done += bytes.length;
  }
  return count;
}
