/** System calls that tell the time, and sleep: the virtual clock's. */
import { Errno, POWER_ON } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { CallResult } from '../task.ts';
import type { SystemCall } from './call.ts';
import {
  CLOCK,
  canSleepBy,
  deadlineOf,
  isRealtime,
  readClock,
  readTimespec,
  type TimeWidth,
  timespecWords,
} from './clocks.ts';

const EOPNOTSUPP = 95;
const TICK_NS = 1e7;
const TIMER_ABSTIME = 1;

export const time: SystemCall = ({ kernel, user }, _task, at) => {
  const seconds = POWER_ON + Math.floor(kernel.clock.now / 1e9);
  if (at !== 0 && !user.putWords(at, seconds)) return -Errno.EFAULT;
  return seconds;
};

export const gettimeofday: SystemCall = ({ kernel, user }, _task, at, zoneAt) => {
  const { now } = kernel.clock;
  const micros = Math.floor((now % 1e9) / 1e3);
  if (at !== 0 && !user.putWords(at, POWER_ON + Math.floor(now / 1e9), micros)) return -Errno.EFAULT;
  if (zoneAt !== 0 && !user.putWords(zoneAt, 0, 0)) return -Errno.EFAULT;
  return 0;
};

function gettime(width: TimeWidth): SystemCall {
  return (guest, task, clock, at) => {
    const ns = readClock(guest, task, clock);
    if (ns === null) return -Errno.EINVAL;
    const [seconds = 0, ...rest] = timespecWords(ns, width);
    const origin = isRealtime(clock) ? POWER_ON : 0;
    return guest.user.putWords(at, origin + seconds, ...rest) ? 0 : -Errno.EFAULT;
  };
}
export const clockGettime = gettime(4);
export const clockGettime64 = gettime(8);

/** All clocks tell nanoseconds. */
function getres(width: TimeWidth): SystemCall {
  return (guest, task, clock, at) => {
    if (readClock(guest, task, clock) === null) return -Errno.EINVAL;
    return at === 0 || guest.user.putWords(at, ...timespecWords(1, width)) ? 0 : -Errno.EFAULT;
  };
}
export const clockGetres = getres(4);
export const clockGetres64 = getres(8);

/** In ticks of 10 ms: user and system time of the process, then of children that were waited for. */
export const times: SystemCall = ({ kernel, user }, { group }, at) => {
  kernel.cpus.charge();
  const own = group.usage();
  const { waitedFor } = group;
  const ticks = [own.user, own.system, waitedFor.user, waitedFor.system].map((ns) =>
    Math.floor(ns / TICK_NS),
  );
  if (at !== 0 && !user.putWords(at, ...ticks)) return -Errno.EFAULT;
  return kernel.clock.jiffies();
};

/** Sleeps until a time of the virtual clock, ns. @param restAt where what is left is told when a handler ends the sleep; 0: nowhere */
function sleepUntil({ kernel, user }: Guest, wakeAt: number, restAt: number, width: TimeWidth): CallResult {
  return {
    wakeAt,
    ready: () => kernel.clock.now >= wakeAt,
    finish: () => 0,
    interrupted: () => {
      const rest = timespecWords(Math.max(0, wakeAt - kernel.clock.now), width);
      return restAt === 0 || user.putWords(restAt, ...rest) ? -Errno.EINTR : -Errno.EFAULT;
    },
  };
}

export const nanosleep: SystemCall = (guest, _task, at, restAt) => {
  const time = readTimespec(guest, at, 4);
  if (typeof time === 'number') return time;
  return sleepUntil(guest, deadlineOf(guest, CLOCK.monotonic, time, false), restAt, 4);
};

/** For a time, or with flag 1 until a time of the clock. */
function clockSleep(width: TimeWidth): SystemCall {
  return (guest, task, clock, flags, at, restAt) => {
    if (clock === CLOCK.threadTime || (!canSleepBy(clock) && readClock(guest, task, clock) === null)) {
      return -Errno.EINVAL;
    }
    if (!canSleepBy(clock)) return -EOPNOTSUPP;
    const time = readTimespec(guest, at, width);
    if (typeof time === 'number') return time;
    const absolute = (flags & TIMER_ABSTIME) !== 0;
    return sleepUntil(guest, deadlineOf(guest, clock, time, absolute), absolute ? 0 : restAt, width);
  };
}
export const clockNanosleep = clockSleep(4);
export const clockNanosleep64 = clockSleep(8);
