/** System calls that tell the time: the virtual clock's. */
import { Errno } from '@pagewalk/mm';
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

export const clockGettime: SystemCall = ({ kernel, user }, { process }, clock, at) => {
  if (clock > CLOCK.threadTime) return -Errno.EINVAL;
  kernel.cpus.charge();
  const ns = clock >= CLOCK.processTime ? process.task.cpuNs : kernel.clock.now;
  const seconds = Math.floor(ns / 1e9) + (clock === CLOCK.realtime ? POWER_ON : 0);
  return user.putWords(at, seconds, Math.floor(ns % 1e9)) ? 0 : -Errno.EFAULT;
};

/** In ticks of 10 ms; all of a task's time counts as time in user mode. */
export const times: SystemCall = ({ kernel, user }, task, at) => {
  kernel.cpus.charge();
  const own = Math.floor(task.process.task.cpuNs / 1e7);
  if (at !== 0 && !user.putWords(at, own, 0, Math.floor(task.childNs / 1e7), 0)) return -Errno.EFAULT;
  return kernel.clock.jiffies();
};

export const nanosleep: SystemCall = ({ kernel, user }, _task, at) => {
  const words = user.words(at, 2);
  if (words === null) return -Errno.EFAULT;
  const [seconds = 0, nanos = 0] = words;
  if (nanos >= 1e9 || seconds > 0x7fffffff) return -Errno.EINVAL;
  const wakeAt = kernel.clock.now + seconds * 1e9 + nanos;
  return { wakeAt, ready: () => kernel.clock.now >= wakeAt, finish: () => 0 };
};
