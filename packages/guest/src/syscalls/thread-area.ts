/** System calls on thread-local storage and on what identifies a thread. */
import { Errno } from '@pagewalk/mm';
import { type GuestTask, TLS_ENTRIES } from '../task.ts';
import { TLS_FIRST } from '../tls.ts';
import type { SystemCall } from './call.ts';

export const gettid: SystemCall = (_guest, task) => task.tid;

/** Where the tid is cleared when the thread ends: who waits there for its end is woken. */
export const setTidAddress: SystemCall = (_guest, task, at) => {
  task.clearTidAt = at;
  return task.tid;
};

/**
 * Sets one of a task's descriptors.
 *
 * ```
 *   user_desc: entry number | base | limit | 1: 32 bit, 2-4: contents, 8: read only, 16: in pages, 32: not present, 64: usable
 * ```
 * @returns 0, or -EINVAL: there is no such entry
 */
export function setTlsDescriptor(
  task: GuestTask,
  [entry = 0, base = 0, limit = 0, flags = 0]: Uint32Array,
): number {
  const index = entry - TLS_FIRST;
  if (index < 0 || index >= TLS_ENTRIES) return -Errno.EINVAL;
  const empty = base === 0 && limit === 0 && (flags & 0x28) === 0x28;
  const low = ((base & 0xffff) << 16) | (limit & 0xffff);
  const high =
    (base & 0xff000000) |
    ((base >>> 16) & 0xff) |
    (limit & 0xf0000) |
    (((flags >>> 3) & 1) === 0 ? 0x200 : 0) |
    0xf100 |
    ((flags & 6) << 9) |
    ((flags & 32) !== 0 ? 0 : 0x8000) |
    ((flags & 1) << 22) |
    ((flags & 16) << 19) |
    ((flags & 64) << 14);
  task.tls[2 * index] = empty ? 0 : low;
  task.tls[2 * index + 1] = empty ? 0 : (flags & 32) !== 0 ? high & ~0x8000 : high;
  return 0;
}

/** Entry -1: a free one, whose number is told. @linux 2.6 arch/i386/kernel/process.c sys_set_thread_area() */
export const setThreadArea: SystemCall = (guest, task, at) => {
  const words = guest.user.words(at, 4);
  if (words === null) return -Errno.EFAULT;
  if (words[0] === 0xffffffff) {
    let free = 0;
    while (free < TLS_ENTRIES && task.tls[2 * free + 1] !== 0) free++;
    if (free === TLS_ENTRIES) return -Errno.ESRCH;
    words[0] = TLS_FIRST + free;
    if (!guest.user.putWords(at, words[0])) return -Errno.EFAULT;
  }
  const result = setTlsDescriptor(task, words);
  if (result !== 0) return result;
  guest.registersOf(task);
  guest.loadTlsSegments(task);
  guest.reload(task);
  return 0;
};

/** @linux sys_get_thread_area() */
export const getThreadArea: SystemCall = (guest, task, at) => {
  const entry = guest.user.words(at, 1)?.[0];
  if (entry === undefined) return -Errno.EFAULT;
  const index = entry - TLS_FIRST;
  if (index < 0 || index >= TLS_ENTRIES) return -Errno.EINVAL;
  const low = task.tls[2 * index] as number;
  const high = task.tls[2 * index + 1] as number;
  const base = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
  const limit = (low & 0xffff) | (high & 0xf0000);
  const present = ((high >>> 15) & 1) === 1;
  const flags =
    ((high >>> 22) & 1) |
    ((high >>> 9) & 6) |
    ((high >>> 9) & 1 ? 0 : 8) |
    ((high >>> 19) & 16) |
    (present ? 0 : 32) |
    ((high >>> 14) & 64);
  return guest.user.putWords(at, entry, base, limit, flags) ? 0 : -Errno.EFAULT;
};
