/** System calls that tell the time: the virtual clock's. */
import { Errno } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { CallResult, GuestTask } from '../task.ts';
import type { SystemCall } from './call.ts';

/** Seconds of the epoch at which the machine is switched on: the day of 2.4.22. */
export const POWER_ON = 1_061_769_600;
const CLOCK = { realtime: 0, monotonic: 1, processTime: 2, threadTime: 3 } as const;

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

/** Seconds and nanoseconds of a clock; null: there is no such clock. */
function readClock({ kernel }: Guest, { process }: GuestTask, clock: number): [number, number] | null {
  if (clock > CLOCK.threadTime) return null;
  kernel.cpus.charge();
  const ns = clock >= CLOCK.processTime ? process.task.cpuNs : kernel.clock.now;
  const seconds = Math.floor(ns / 1e9) + (clock === CLOCK.realtime ? POWER_ON : 0);
  return [seconds, Math.floor(ns % 1e9)];
}

export const clockGettime: SystemCall = (guest, task, clock, at) => {
  const time = readClock(guest, task, clock);
  if (time === null) return -Errno.EINVAL;
  return guest.user.putWords(at, ...time) ? 0 : -Errno.EFAULT;
};
/** The same with seconds of 64 bits. */
export const clockGettime64: SystemCall = (guest, task, clock, at) => {
  const time = readClock(guest, task, clock);
  if (time === null) return -Errno.EINVAL;
  return guest.user.putWords(at, time[0], 0, time[1], 0) ? 0 : -Errno.EFAULT;
};

/** In ticks of 10 ms; all of a task's time counts as time in user mode. */
export const times: SystemCall = ({ kernel, user }, task, at) => {
  kernel.cpus.charge();
  const own = Math.floor(task.process.task.cpuNs / 1e7);
  if (at !== 0 && !user.putWords(at, own, 0, Math.floor(task.childNs / 1e7), 0)) return -Errno.EFAULT;
  return kernel.clock.jiffies();
};

/** Sleeps until a time of the virtual clock, ns. */
function sleepUntil({ kernel }: Guest, wakeAt: number): CallResult {
  return { wakeAt, ready: () => kernel.clock.now >= wakeAt, finish: () => 0 };
}

export const nanosleep: SystemCall = (guest, _task, at) => {
  const words = guest.user.words(at, 2);
  if (words === null) return -Errno.EFAULT;
  const [seconds = 0, nanos = 0] = words;
  if (nanos >= 1e9 || seconds > 0x7fffffff) return -Errno.EINVAL;
  return sleepUntil(guest, guest.kernel.clock.now + seconds * 1e9 + nanos);
};

/** Relative, or with flag 1 until a time of the clock. */
function clockSleep(guest: Guest, clock: number, flags: number, seconds: number, nanos: number): CallResult {
  if (clock > CLOCK.monotonic || nanos >= 1e9 || seconds > 0x7fffffff) return -Errno.EINVAL;
  const begin = (flags & 1) === 0 ? guest.kernel.clock.now : clock === CLOCK.realtime ? -POWER_ON * 1e9 : 0;
  return sleepUntil(guest, begin + seconds * 1e9 + nanos);
}
export const clockNanosleep: SystemCall = (guest, _task, clock, flags, at) => {
  const words = guest.user.words(at, 2);
  return words === null
    ? -Errno.EFAULT
    : clockSleep(guest, clock, flags, words[0] as number, words[1] as number);
};
export const clockNanosleep64: SystemCall = (guest, _task, clock, flags, at) => {
  const words = guest.user.words(at, 3);
  return words === null
    ? -Errno.EFAULT
    : clockSleep(guest, clock, flags, words[0] as number, words[2] as number);
};
