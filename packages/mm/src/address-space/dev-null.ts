import { Errno } from '../errno.ts';
import type { CharDriver } from './char-device.ts';

/** /dev/null: at its end at once, and swallows what is written. It cannot be mapped. @linux 2.4.22 drivers/char/mem.c null_fops */
export const devNull: CharDriver = {
  read: () => 0,
  write: (_file, _position, count) => count,
};

/** /dev/full: never room. It reads like /dev/zero (`readUser`), and cannot be mapped. @linux 2.4.22 drivers/char/mem.c full_fops */
export function devFull(readUser: NonNullable<CharDriver['readUser']>): CharDriver {
  return { readUser, write: () => -Errno.ENOSPC };
}
