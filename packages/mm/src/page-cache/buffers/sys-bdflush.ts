import { Errno } from '../../errno.ts';
import type { BdflushParameters } from './bdflush-parameters.ts';

/**
 * The old way to the numbers of /proc/sys/vm/bdflush: for number i, `func` 2i + 2 reads it and 2i + 3 sets it.
 *
 * @param func 2 and above; 0 and 1, with which update(8) used to become the flusher, are the caller's business
 * @param data the new value
 * @param store stores what is read into the program's memory: 0 or -EFAULT
 * @returns 0, -EINVAL (no such number, or out of range), -EFAULT
 * @linux 2.4.22 fs/buffer.c sys_bdflush()
 */
export function sysBdflush(
  parameters: BdflushParameters,
  func: number,
  data: number,
  store: (value: number) => number,
): number {
  const place = (func - 2) >> 1;
  const value = parameters.values[place];
  if (value === undefined) return -Errno.EINVAL;
  if ((func & 1) === 0) return store(value);
  return parameters.set(place, data) ? 0 : -Errno.EINVAL;
}
