/** System calls on timers that send signals. @linux 2.4.22 kernel/itimer.c */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import { ITIMER } from '../interval-timers.ts';
import type { GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';
import { readTimeval } from './clocks.ts';

/** Reading of a timer's clock, ns. */
function nowOf({ kernel }: Guest, { group }: GuestTask, which: number): number {
  if (which === ITIMER.real) return kernel.clock.now;
  kernel.cpus.charge();
  const { user, system } = group.usage();
  return which === ITIMER.virtual ? user : user + system;
}

/** period | rest, a timeval each */
function tell(
  guest: Guest,
  at: number,
  { left, every }: { readonly left: number; readonly every: number },
): boolean {
  // Of less than a microsecond one is left: 0 would mean that it does not run.
  const timeval = (ns: number) => [Math.floor(ns / 1e9), Math.ceil((ns % 1e9) / 1e3) % 1e6];
  return guest.user.putWords(at, ...timeval(every), ...timeval(left));
}

export const getitimer: SystemCall = (guest, task, which, at) => {
  if (which > ITIMER.prof) return -Errno.EINVAL;
  return tell(guest, at, task.group.timers.get(which, nowOf(guest, task, which))) ? 0 : -Errno.EFAULT;
};

/** Without a new value the timer is stopped. */
export const setitimer: SystemCall = (guest, task, which, newAt, oldAt) => {
  if (which > ITIMER.prof) return -Errno.EINVAL;
  const every = newAt === 0 ? { ns: 0 } : readTimeval(guest, newAt);
  if (typeof every === 'number') return every;
  const left = newAt === 0 ? { ns: 0 } : readTimeval(guest, newAt + 8);
  if (typeof left === 'number') return left;
  const { timers } = task.group;
  const now = nowOf(guest, task, which);
  const old = timers.get(which, now);
  timers.start(which, now, left.ns, every.ns);
  return oldAt === 0 || tell(guest, oldAt, old) ? 0 : -Errno.EFAULT;
};

/** Seconds that were left of the alarm before. It is the same timer. */
export const alarm: SystemCall = ({ kernel }, { group }, seconds) => {
  const { now } = kernel.clock;
  const { left } = group.timers.get(ITIMER.real, now);
  group.timers.start(ITIMER.real, now, seconds * 1e9, 0);
  // Rounded, but never to 0 if there was one.
  return left === 0 ? 0 : Math.max(1, Math.round(left / 1e9));
};
