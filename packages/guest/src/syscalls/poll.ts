/** Waiting for several descriptors at once. */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { POLL } from '../streams.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

/** Descriptors that one call may name. */
const MOST = 1024;
/** Milliseconds from here on, as unsigned numbers, are negative: no limit. */
const NO_LIMIT = 0x80000000;

/** What a descriptor is ready for, of what was asked; errors are told in any case. */
function eventsOf(guest: Guest, task: GuestTask, fd: number, wanted: number): number {
  if (fd < 0) return 0;
  const file = task.process.task.files[fd] ?? null;
  if (file === null) return POLL.invalid;
  // A file is always ready.
  const events = guest.streamOf(file)?.poll(file) ?? POLL.in | POLL.out;
  return events & (wanted | POLL.error | POLL.hangup);
}

/**
 * ```
 *   pollfd: descriptor (32 bits) | events (16) | what happened (16)
 * ```
 * @linux sys_poll()
 */
export const poll: SystemCall = (guest, task, at, count, milliseconds) => {
  if (count > MOST) return -Errno.EINVAL;
  const words = guest.user.words(at, 2 * count);
  if (words === null) return -Errno.EFAULT;
  const events = () => {
    const found: number[] = [];
    for (let i = 0; i < count; i++) {
      found.push(eventsOf(guest, task, (words[2 * i] as number) | 0, (words[2 * i + 1] as number) & 0xffff));
    }
    return found;
  };
  const finish = (): number => {
    const found = events();
    found.forEach((happened, i) => {
      words[2 * i + 1] = ((words[2 * i + 1] as number) & 0xffff) | (happened << 16);
    });
    if (!guest.user.putWords(at, ...words)) return -Errno.EFAULT;
    return found.filter((happened) => happened !== 0).length;
  };
  const ready = () => events().some((happened) => happened !== 0);
  if (milliseconds === 0 || ready()) return finish();
  const sleep: CallResult = { ready, finish };
  if (milliseconds >= NO_LIMIT) return sleep;
  const wakeAt = guest.kernel.clock.now + milliseconds * 1e6;
  return { ...sleep, wakeAt };
};
